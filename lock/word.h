// What a lock is written with: words that other CPUs may read and write at any moment.
//
// Atomic<T> is a thin typed wrapper over the kernel ABI (sim/kernel.h). The macros carry the names
// a kernel developer knows and exist for one reason: each use becomes a *site* (file, line,
// function, text), which is how a trace can say `READ_ONCE(node->next)`. Every access made here is
// one step of the machine, and anything else may happen just before it.
#pragma once

#include <cstdint>
#include <cstring>
#include <type_traits>

#include "sim/kernel.h"

namespace lockstep {

// REQUIRES: T is a trivially copyable value of 1, 2, 4 or 8 bytes. All zeroes is T's zero.
template <class T>
class Atomic {
    static_assert(std::is_trivially_copyable_v<T>);
    static_assert(sizeof(T) == 1 || sizeof(T) == 2 || sizeof(T) == 4 || sizeof(T) == 8);

  public:
    // While the machine lets this CPU spin on this very word, nobody can be writing it, and looking
    // at it again costs a compare instead of a step.
    [[gnu::always_inline]] T load(sim_order order, sim_site* site) const {
        if (order == SIM_RELAXED && sim_spinning_on(&value_)) return value_;
        return from_bits(sim_load(&value_, sizeof(T), order, site));
    }
    void store(T value, sim_order order, sim_site* site) {
        sim_store(&value_, to_bits(value), sizeof(T), order, site);
    }
    // Returns what was there before, as the other read-modify-write operations do.
    T exchange(T value, sim_order order, sim_site* site) {
        return from_bits(sim_rmw(&value_, SIM_XCHG, to_bits(value), sizeof(T), order, site));
    }
    T fetch_add(T value, sim_order order, sim_site* site) {
        return from_bits(sim_rmw(&value_, SIM_ADD, to_bits(value), sizeof(T), order, site));
    }
    T fetch_or(T value, sim_order order, sim_site* site) {
        return from_bits(sim_rmw(&value_, SIM_OR, to_bits(value), sizeof(T), order, site));
    }
    // On failure *expected becomes what was there instead.
    bool try_cmpxchg(T* expected, T desired, sim_order order, sim_site* site) {
        std::uint64_t bits = to_bits(*expected);
        const int done = sim_cmpxchg(&value_, &bits, to_bits(desired), sizeof(T), order, site);
        *expected = from_bits(bits);
        return done != 0;
    }
    // The next two are for members of a PerCpu template: they act on this CPU's own copy, in one
    // step that an interrupt cannot split.
    T this_cpu_add_return(T value, sim_site* site) {
        const T old =
            from_bits(sim_this_cpu_rmw(&value_, SIM_ADD, to_bits(value), sizeof(T), site));
        return static_cast<T>(old + value);
    }
    void this_cpu_store(T value, sim_site* site) {
        sim_this_cpu_write(&value_, to_bits(value), sizeof(T), site);
    }

    // What a compiler makes of `word = value`: no order, and instrumentation sees it as plain.
    [[gnu::noinline]] void plain_store(T value) {
        sim_plain_write(&value_, sizeof(T),
                        reinterpret_cast<std::uintptr_t>(__builtin_return_address(0)));
        value_ = value;
    }

  private:
    static T from_bits(std::uint64_t bits) {
        T value;
        std::memcpy(&value, &bits, sizeof(T));  // the machine is little-endian
        return value;
    }
    static std::uint64_t to_bits(T value) {
        std::uint64_t bits = 0;
        std::memcpy(&bits, &value, sizeof(T));
        return bits;
    }

    volatile T value_;
};

// What a waiter does between two looks at a word in which it saw `value`.
struct Relaxing {
    template <class T>
    [[gnu::always_inline]] static void rest(Atomic<T>*, T /*value*/, sim_site* pause) {
        sim_relax(pause);
    }
};

// Looks at *word again and again until `done` likes what it sees; returns that value. A bounded
// wait is one whose condition counts its looks and gives up; when it does is a matter of luck. The
// condition of an unbounded wait that rests by Relaxing depends on the value alone.
template <bool kBounded, class Resting, class T, class Condition>
[[gnu::always_inline]] inline T cond_load(Atomic<T>* word, Condition done, sim_site* look,
                                          sim_site* pause) {
    constexpr bool kOnlyLooks = !kBounded && std::is_same_v<Resting, Relaxing>;
    sim_wait_begin();
    T value = word->load(SIM_RELAXED, look);
    while (!done(value)) {
        if (kBounded && !sim_spinning_on(word)) sim_wait_bounded();
        if (kOnlyLooks) sim_spin_ahead(INT64_MAX);  // no turn changes anything
        Resting::rest(word, value, pause);
        value = word->load(SIM_RELAXED, look);
    }
    sim_wait_end();
    return value;
}

}  // namespace lockstep

// --- accesses: `word` is an Atomic<T>, `pointer` an Atomic<T>* -----------------------------------
#define READ_ONCE(word) (word).load(SIM_RELAXED, SIM_SITE("READ_ONCE(" #word ")"))
#define WRITE_ONCE(word, value) \
    (word).store((value), SIM_RELAXED, SIM_SITE("WRITE_ONCE(" #word ", " #value ")"))
#define smp_load_acquire(pointer) \
    (pointer)->load(SIM_ACQUIRE, SIM_SITE("smp_load_acquire(" #pointer ")"))
#define smp_store_release(pointer, value) \
    (pointer)->store((value), SIM_RELEASE, SIM_SITE("smp_store_release(" #pointer ", " #value ")"))
#define LOCK_CMPXCHG(name, pointer, expected, desired, order) \
    (pointer)->try_cmpxchg((expected), (desired), order,      \
                           SIM_SITE(name "(" #pointer ", " #expected ", " #desired ")"))
#define atomic_try_cmpxchg(pointer, expected, desired) \
    LOCK_CMPXCHG("atomic_try_cmpxchg", pointer, expected, desired, SIM_FULL)
#define atomic_try_cmpxchg_acquire(pointer, expected, desired) \
    LOCK_CMPXCHG("atomic_try_cmpxchg_acquire", pointer, expected, desired, SIM_ACQUIRE)
#define atomic_try_cmpxchg_relaxed(pointer, expected, desired) \
    LOCK_CMPXCHG("atomic_try_cmpxchg_relaxed", pointer, expected, desired, SIM_RELAXED)
#define atomic_try_cmpxchg_release(pointer, expected, desired) \
    LOCK_CMPXCHG("atomic_try_cmpxchg_release", pointer, expected, desired, SIM_RELEASE)
#define xchg(pointer, value) \
    (pointer)->exchange((value), SIM_FULL, SIM_SITE("xchg(" #pointer ", " #value ")"))
#define xchg_acquire(pointer, value) \
    (pointer)->exchange((value), SIM_ACQUIRE, SIM_SITE("xchg_acquire(" #pointer ", " #value ")"))
#define xchg_relaxed(pointer, value) \
    (pointer)->exchange((value), SIM_RELAXED, SIM_SITE("xchg_relaxed(" #pointer ", " #value ")"))
#define atomic_fetch_add(value, pointer) \
    (pointer)->fetch_add((value), SIM_FULL, SIM_SITE("atomic_fetch_add(" #value ", " #pointer ")"))
#define atomic_fetch_or(value, pointer) \
    (pointer)->fetch_or((value), SIM_FULL, SIM_SITE("atomic_fetch_or(" #value ", " #pointer ")"))
#define smp_wmb() sim_fence(SIM_WMB, SIM_SITE("smp_wmb()"))

// --- per-CPU: `word` is a member of a PerCpu template, as in `held_locks->count` ---------------
#define this_cpu_inc_return(word) \
    (word).this_cpu_add_return(1, SIM_SITE("this_cpu_inc_return(" #word ")"))
#define this_cpu_dec(word) (word).this_cpu_add_return(-1, SIM_SITE("this_cpu_dec(" #word ")"))
#define this_cpu_write(word, value) \
    (word).this_cpu_store((value), SIM_SITE("this_cpu_write(" #word ", " #value ")"))

// --- waiting: `condition` speaks of the value last seen as VAL, and of nothing that changes while
// --- it is looked at: a native spin skips looks. Only the bounded one may count them ------------
#define cpu_relax() sim_relax(SIM_SITE("cpu_relax()"))
#define LOCK_COND_LOAD(bounded, resting, site, pointer, condition)                 \
    ::lockstep::cond_load<bounded, resting>(                                       \
        (pointer), [&]([[maybe_unused]] auto VAL) -> bool { return (condition); }, \
        site("wait for (" #condition ") at " #pointer), SIM_SITE("cpu_relax()"))
#define smp_cond_load_relaxed(pointer, condition) \
    LOCK_COND_LOAD(false, ::lockstep::Relaxing, SIM_SITE, pointer, condition)
#define smp_cond_load_relaxed_bounded(pointer, condition) \
    LOCK_COND_LOAD(true, ::lockstep::Relaxing, SIM_SITE, pointer, condition)
// The acquire comes from the control dependency: a fence after the last look.
#define smp_acquire__after_ctrl_dep() \
    sim_fence(SIM_CTRL_ACQUIRE, SIM_SITE("smp_acquire__after_ctrl_dep()"))
#define LOCK_COND_ACQUIRE_BY(resting, site, pointer, condition)                                \
    __extension__({                                                                            \
        const auto value_seen_last = LOCK_COND_LOAD(false, resting, site, pointer, condition); \
        smp_acquire__after_ctrl_dep();                                                         \
        value_seen_last;                                                                       \
    })
#define LOCK_COND_ACQUIRE(site, pointer, condition) \
    LOCK_COND_ACQUIRE_BY(::lockstep::Relaxing, site, pointer, condition)
#define smp_cond_load_acquire(pointer, condition) LOCK_COND_ACQUIRE(SIM_SITE, pointer, condition)
