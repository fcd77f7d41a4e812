// The table of rules, one row per place. A rule names the function, a pattern for the statement
// in the kernel's source, and one for the access the shim headers made of it.
#include "lock/linux/point_rules.h"

#include "lock/linux/pattern.h"
#include "sim/points.h"

namespace lockstep {

namespace {

// Which flavours can reach a place. The first four are rqspinlock's.
enum class Where { always, queue, fast_path, test_and_set, plain, native, guest, powerpc, s390 };

struct Rule {
    const char* point;
    bool before;
    Where where;
    const char* function;  // or several, as a pattern
    const char* statement;
    const char* expression;
};

const char* const kAny = "";
const char* const kSlow = "resilient_queued_spin_lock_slowpath";
const char* const kPlainSlow = "(native_|__pv_)?queued_spin_lock_slowpath";
const char* const kPowerpcQueue = "queued_spin_lock_mcs_queue";
const char* const kS390Queue = "arch_spin_lock_queued";
const char* const kLoads =
    R"(^(READ_ONCE|smp_load_acquire|smp_cond_load_\w+|atomic_cond_read_\w+)\()";
constexpr bool kBefore = true, kAfter = false;

const Rule kRules[] = {
    {"rq.entry.grab", kBefore, Where::always, "grab_held_lock_entry", kAny,
     R"(^this_cpu_inc_return\()"},
    {"rq.entry.held", kAfter, Where::always, "grab_held_lock_entry", kAny, R"(^this_cpu_write\()"},
    {"rq.fast.taken", kAfter, Where::fast_path, "res_spin_lock", kAny,
     R"(^atomic_try_cmpxchg_acquire\()"},
    {"rq.pending.set", kAfter, Where::queue, "queued_fetch_set_pending_acquire", kAny,
     R"(^(lock btsl|atomic_fetch_or_acquire)\()"},
    {"rq.pending.wait", kBefore, Where::queue, kSlow, R"(cond_load_acquire\(&lock->locked)",
     kLoads},
    {"rq.pending.claim", kBefore, Where::queue, "clear_pending_set_locked", kAny,
     R"(^(WRITE_ONCE|atomic_add)\()"},
    {"rq.queue.node", kAfter, Where::queue, kSlow, R"(encode_tail\()", R"(^smp_processor_id\()"},
    {"rq.queue.trylock", kBefore, Where::queue, kSlow, R"(!\s*queued_spin_trylock\()",
     R"(^queued_spin_trylock\()"},
    {"rq.queue.tail", kAfter, Where::queue, kSlow, kAny, R"(^xchg_tail\()"},
    {"rq.queue.link", kAfter, Where::queue, kSlow, R"(prev->next, node)", R"(^WRITE_ONCE\()"},
    {"rq.queue.wait", kBefore, Where::queue, kSlow, R"(arch_mcs_spin_lock_contended\()", kLoads},
    {"rq.head.wait", kBefore, Where::queue, kSlow, R"(atomic_cond_read_acquire\(&lock->val)",
     kLoads},
    {"rq.head.claim", kBefore, Where::queue, kSlow, R"(&val, _Q_LOCKED_VAL\))",
     R"(^atomic_try_cmpxchg_relaxed\()"},
    {"rq.head.claim", kBefore, Where::queue, "set_locked", kAny, R"(^WRITE_ONCE\()"},
    {"rq.head.handover", kBefore, Where::queue, kSlow, R"(arch_mcs_spin_unlock_contended\()",
     R"(^smp_store_release\()"},
    {"rq.queue.destroy", kBefore, Where::queue, kSlow, R"(next->locked, RES_TIMEOUT_VAL)",
     R"(^WRITE_ONCE\()"},
    {"rq.error.entry", kBefore, Where::always, "release_held_lock_entry", R"(NULL\))",
     R"(^(WRITE_ONCE|smp_store_release)\()"},
    {"rq.unlock.clear", kAfter, Where::always, "res_spin_unlock", R"(&lock->locked, 0)",
     R"(^smp_store_release\()"},
    // In postings.
    {"rq.unlock.clear", kAfter, Where::fast_path, "queued_spin_unlock", kAny,
     R"(^smp_store_release\(&lock->locked, 0)"},
    {"rq.unlock.entry", kAfter, Where::always, "res_spin_unlock", R"(NULL\))", R"(^WRITE_ONCE\()"},
    {"rq.tas.wait", kBefore, Where::test_and_set, "resilient_(tas|virt)_spin_lock", kAny,
     R"(^atomic_read\()"},
    // The first check looks for AA, the later ones at the clock.
    {"rq.check", kBefore, Where::always, "check_deadlock_AA", kAny, R"(^this_cpu_ptr\()"},
    {"rq.check", kBefore, Where::always, "check_timeout", R"(\btime = )",
     R"(^ktime_get_mono_fast_ns\()"},
    // The plain queued spin lock: the same places under the same names.
    {"rq.fast.taken", kAfter, Where::plain, "queued_spin_lock", kAny,
     R"(^atomic_try_cmpxchg_acquire\()"},
    {"rq.pending.set", kAfter, Where::native, "queued_fetch_set_pending_acquire", kAny,
     R"(^(lock btsl|atomic_fetch_or_acquire)\()"},
    {"rq.pending.wait", kBefore, Where::native, kPlainSlow, R"(cond_load_acquire\(&lock->locked)",
     kLoads},
    {"rq.pending.claim", kBefore, Where::native, "clear_pending_set_locked", kAny,
     R"(^(WRITE_ONCE|atomic_add)\()"},
    {"rq.queue.node", kAfter, Where::plain, kPlainSlow, R"(encode_tail\()",
     R"(^smp_processor_id\()"},
    {"rq.queue.tail", kAfter, Where::plain, kPlainSlow, kAny, R"(^xchg_tail\()"},
    {"rq.queue.link", kAfter, Where::plain, kPlainSlow, R"(prev->next, node)", R"(^WRITE_ONCE\()"},
    {"rq.queue.wait", kBefore, Where::plain, kPlainSlow, R"(arch_mcs_spin_lock_contended\()",
     kLoads},
    {"rq.head.wait", kBefore, Where::native, kPlainSlow, R"(atomic_cond_read_acquire\(&lock->val)",
     kLoads},
    {"rq.head.claim", kBefore, Where::plain, kPlainSlow, R"(&val, _Q_LOCKED_VAL\))",
     R"(^atomic_try_cmpxchg_relaxed\()"},
    {"rq.head.claim", kBefore, Where::plain, "set_locked", kAny, R"(^WRITE_ONCE\()"},
    {"rq.head.handover", kBefore, Where::plain, kPlainSlow, R"(arch_mcs_spin_unlock_contended\()",
     R"(^smp_store_release\()"},
    {"rq.unlock.clear", kAfter, Where::native, "queued_spin_unlock", kAny,
     R"(^smp_store_release\(&lock->locked, 0)"},
    // In a guest.
    {"rq.queue.wait", kBefore, Where::guest, "pv_wait_node",
     R"(if\s*\(READ_ONCE\(node->locked\)\))", kLoads},
    {"rq.head.wait", kBefore, Where::guest, "trylock_clear_pending", kAny,
     R"(^READ_ONCE\(lock->locked)"},
    {"rq.unlock.clear", kAfter, Where::guest, "__pv_queued_spin_unlock", kAny,
     R"(^try_cmpxchg_release\()"},
    {"rq.unlock.clear", kAfter, Where::guest, "__pv_queued_spin_unlock_slowpath", kAny,
     R"(^smp_store_release\(&lock->locked, 0)"},
    {"pv.wait", kBefore, Where::guest, "pv_wait", kAny, R"(^wait\()"},
    {"pv.kick", kBefore, Where::guest, "pv_kick", kAny, R"(^kick\()"},
    // powerpc.
    {"rq.queue.node", kAfter, Where::powerpc, kPowerpcQueue, R"(node->cpu = )",
     R"(^smp_processor_id\()"},
    {"rq.queue.tail", kAfter, Where::powerpc, "publish_tail_cpu", kAny, R"(^stwcx)"},
    {"rq.queue.link", kAfter, Where::powerpc, kPowerpcQueue, R"(prev->next, node)",
     R"(^WRITE_ONCE\()"},
    {"rq.queue.wait", kBefore, Where::powerpc, kPowerpcQueue, R"(while.*READ_ONCE\(node->locked)",
     kLoads},
    {"rq.head.wait", kBefore, Where::powerpc, kPowerpcQueue, R"(val = READ_ONCE\(lock->val)",
     kLoads},
    {"rq.head.claim", kBefore, Where::powerpc, "trylock_clean_tail", kAny, R"(^lwarx)"},
    {"rq.head.handover", kBefore, Where::powerpc, kPowerpcQueue, R"(next->locked, 1)",
     R"(^WRITE_ONCE\()"},
    {"rq.unlock.clear", kAfter, Where::powerpc, "queued_spin_unlock", kAny,
     R"(^smp_store_release\()"},
    // s390. The head looks at the word with the words of somebody who comes to queue: no point
    // there.
    {"rq.queue.node", kAfter, Where::s390, kS390Queue, R"(node = this_cpu_ptr)",
     R"(^this_cpu_ptr\()"},
    {"rq.queue.link", kAfter, Where::s390, kS390Queue, R"(prev->next, node)", R"(^WRITE_ONCE\()"},
    {"rq.queue.wait", kBefore, Where::s390, kS390Queue, R"(while.*READ_ONCE\(node->prev\))",
     kLoads},
    {"rq.unlock.clear", kAfter, Where::s390, "arch_spin_unlock", kAny, R"(^mvhhi)"},
};

bool reachable(const Rule& rule, const Flavour& flavour) {
    const bool for_resilient = rule.where <= Where::test_and_set;
    if (resilient(flavour) != for_resilient) return false;
    const bool generic = rule.where >= Where::plain && rule.where <= Where::guest;
    if (generic && flavour.lock != KernelLock::qspinlock) return false;
    const bool guest = defines(flavour, "CONFIG_PARAVIRT_SPINLOCKS");
    switch (rule.where) {
        case Where::always:
            return true;
        case Where::fast_path:
            return flavour.queued;
        case Where::queue:
            return flavour.queued && !flavour.test_and_set;
        case Where::test_and_set:
            return flavour.test_and_set;
        case Where::plain:
            return true;
        case Where::native:
            return !guest;
        case Where::guest:
            return guest;
        case Where::powerpc:
            return flavour.lock == KernelLock::powerpc;
        case Where::s390:
            return flavour.lock == KernelLock::s390 && flavour.queued;
    }
    return false;
}

bool matches(const Rule& rule, const sim_site& site,
             const std::map<std::string, SourceText>& sources) {
    if (!boost::regex_match(site.function, kernel_regex(rule.function))) return false;
    if (!boost::regex_search(site.expression, kernel_regex(rule.expression))) return false;
    if (*rule.statement == '\0') return true;
    const auto source = sources.find(site.file);
    if (source == sources.end()) return false;
    return boost::regex_search(source->second.statement_at(site.line),
                               kernel_regex(rule.statement));
}

}  // namespace

std::vector<PointPlace> resolve_points(const Flavour& flavour,
                                       const std::vector<const sim_site*>& sites,
                                       const std::map<std::string, SourceText>& sources) {
    std::vector<PointPlace> places;
    for (const Rule& rule : kRules) {
        if (!reachable(rule, flavour)) continue;
        for (const sim_site* site : sites)
            if (matches(rule, *site, sources))
                places.push_back({rule.point, rule.before, site->file, site->line, site->function,
                                  site->expression});
    }
    return places;
}

std::vector<std::string> expected_points(const Flavour& flavour) {
    std::vector<std::string> names;
    for (PointId id = 1; id < kPointCount; ++id) {
        bool expected = false;
        for (const Rule& rule : kRules)
            expected = expected || (kPoints[id].name == rule.point && reachable(rule, flavour));
        if (expected) names.emplace_back(kPoints[id].name);
    }
    return names;
}

}  // namespace lockstep
