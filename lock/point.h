// Lock points: a place in a lock that scenarios can name ("strike when rq.pending.set is reached").
// LOCK_POINT stands right after or right before the access it speaks of and takes no step; a wait
// loop has its point in its site instead, so that it is reached at every look.
#pragma once

#include "lock/word.h"
#include "sim/points.h"

#define LOCK_POINT(name)                                                            \
    do {                                                                            \
        constexpr ::lockstep::PointId lock_point = ::lockstep::point_by_name(name); \
        static_assert(lock_point != 0, "sim/points.h has no such name");            \
        sim_point(lock_point);                                                      \
    } while (false)

// clang-format off
#define LOCK_SITE_AT_POINT(name, text)                                                       \
    __extension__({                                                                          \
        static_assert(::lockstep::point_by_name(name) != 0, "sim/points.h has no such name"); \
        SIM_SITE_STORAGE struct sim_site sim_site_here =                                     \
            {__FILE__, __func__, text, __LINE__, ::lockstep::point_by_name(name), 0, 0};     \
        &sim_site_here;                                                                      \
    })
// clang-format on

// The waits of the resilient lock, with the point that is reached before each look.
#define LOCK_SITE_PENDING_WAIT(text) LOCK_SITE_AT_POINT("rq.pending.wait", text)
#define LOCK_SITE_QUEUE_WAIT(text) LOCK_SITE_AT_POINT("rq.queue.wait", text)
#define LOCK_SITE_HEAD_WAIT(text) LOCK_SITE_AT_POINT("rq.head.wait", text)
#define LOCK_SITE_TAS_WAIT(text) LOCK_SITE_AT_POINT("rq.tas.wait", text)
