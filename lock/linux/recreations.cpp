// The table of recreations: one entry per upstream bug. The story of each is in
// scenarios/upstream; docs/upstream.md lists them.
#include "lock/linux/recreation.h"

namespace lockstep {

namespace {

const char* const kSlowWay = "resilient_queued_spin_lock_slowpath";

// The posting before the merge kept the file among the other locks.
const std::vector<std::string>& lock_file() {
    static const std::vector<std::string> kPaths = {"kernel/bpf/rqspinlock.c",
                                                    "kernel/locking/rqspinlock.c"};
    return kPaths;
}
const std::vector<std::string> kHeader = {"include/asm-generic/rqspinlock.h"};
const std::vector<std::string> kArm64Header = {"arch/arm64/include/asm/rqspinlock.h"};

Recreation wfe_without_timeout() {
    return {"R1",
            "arm64 waits in WFE and does not look at the clock (R2: for seconds)",
            "arm64 no longer defines a wait of its own with a time limit",
            {"92b90f780d05"},
            "timed-wait",
            "arm64",
            {{kArm64Header, "", R"(#\s*define\s+res_smp_cond_load_acquire\([^\n]*)", "",
              "the definition of res_smp_cond_load_acquire"}}};
}

Recreation unordered_error_entry() {
    return {"R3",
            "a failed attempt's entry may be seen as the next attempt's",
            "no write barrier between clearing the entry and lowering the count",
            {},
            "error-entry-ordered",
            "any",
            {{kHeader, "release_held_lock_entry", R"(smp_wmb\(\);)", "", "smp_wmb()"}}};
}

Recreation nmi_behind_own_waiter() {
    return {"R4",
            "an NMI queues behind the very waiter it interrupted: a hang",
            "an NMI that interrupted a waiter may queue",
            {"0d80e7f951be"},
            "nmi-aside",
            "queued",
            {{lock_file(), kSlowWay, R"(\|\|\s*\(?\s*in_nmi\(\)\s*(?:&&\s*idx\s*>\s*0\s*\))?)", "",
              "in_nmi() in the condition for waiters without a node"}}};
}

Recreation nmi_spins_on_trylock() {
    return {
        "R5",
        "an NMI spins on trylock instead of queueing, and starves",
        "every NMI that is not served at once spins on trylock for 250 ms",
        {"81d5a6a43859", "30dc2f7025fe"},
        "nmi-queues",
        "queued",
        {{lock_file(), kSlowWay, R"(in_nmi\(\)\s*&&\s*idx\s*>\s*0)", "in_nmi()",
          "in_nmi() && idx > 0"},
         {lock_file(), kSlowWay, R"(if\s*\(\s*!\s*queued_spin_trylock\(lock\)\s*\)\s*\{[^{}]*\})",
          "for (RES_RESET_TIMEOUT(ts, RES_DEF_TIMEOUT); !queued_spin_trylock(lock);\n"
          "     cpu_relax())\n"
          "\tif (RES_CHECK_TIMEOUT(ts, ret, ~0u))\n\t\tgoto err_release_node;",
          "a single trylock that fails the attempt"}}};
}

Recreation entry_after_fast_path() {
    return {"R6a",
            "an NMI between taking the lock and recording it misses AA",
            "the held-table entry is recorded after the fast path took the lock",
            {"beb7021a6003"},
            "entry-before-lock",
            "fast-path",
            {{kHeader, "res_spin_lock", R"(grab_held_lock_entry\(lock\);)", "",
              "grab_held_lock_entry(lock)"},
             {kHeader, "res_spin_lock",
              R"(if\s*\((?:likely\()?(atomic_try_cmpxchg_acquire\([^;{}()]*\))\)*\s*return 0;)",
              "int won = $1;\n\n\tgrab_held_lock_entry(lock);\n\tif (won)\n\t\treturn 0;",
              "a cmpxchg whose success returns 0"}}};
}

Recreation entry_cleared_before_release() {
    return {"R6b",
            "an NMI between clearing the entry and releasing the lock misses AA",
            "unlock clears its entry first and releases the lock after that",
            {"beb7021a6003"},
            "entry-after-unlock",
            "any",
            {{kHeader, "res_spin_unlock", R"(smp_store_release\(&lock->locked, 0\);)", "",
              "the store-release of the locked byte"},
             {kHeader, "res_spin_unlock", R"(this_cpu_dec\(rqspinlock_held_locks\.cnt\);)",
              "smp_store_release(&lock->locked, 0);\n\t$&", "the count going down"}}};
}

Recreation first_check_arms_only() {
    return {"R7",
            "an AA deadlock is found a millisecond late",
            "the first check only arms the timer; AA is looked for with ABBA",
            {"5860f5ce479f"},
            "aa-immediate",
            "any",
            {{lock_file(), "check_timeout",
              R"(if\s*\(\s*check_deadlock_AA\(lock\)\s*\)\s*return -EDEADLK;)", "",
              "a look for AA when the timer is armed"},
             {lock_file(), "check_timeout", R"(return (check_deadlock_ABBA\([^;()]*\));)",
              "return check_deadlock_AA(lock) ? -EDEADLK : $1;",
              "the return of check_deadlock_ABBA()"}}};
}

Recreation nmi_queues_on_own_lock() {
    return {"R8",
            "an NMI queues for a lock its own CPU owns, and all wait 500 ms",
            "no look for AA before queueing",
            {"087849cca31d"},
            "aa-before-queue",
            "queued",
            {{lock_file(), kSlowWay, R"(if\s*\(\s*check_deadlock_AA\(lock\)\s*\)\s*\{[^{}]*\})", "",
              "a look for AA before queueing"}}};
}

Recreation deadlock_destroys_queue() {
    return {"R9",
            "a queue head in a deadlock takes innocent waiters along",
            "a head that sees a deadlock leaves the way of a timeout",
            {"7bd6e5ce5be6"},
            "keep-queue",
            "queued",
            {{lock_file(), kSlowWay,
              R"(if\s*\(\s*\w+ == -EDEADLK\s*\)\s*\{[^{}]*(?:\{[^{}]*\}[^{}]*)?\})", "",
              "a way of its own for a head in a deadlock"}}};
}

Recreation flushed_waiter_says_deadlock() {
    return {"R10",
            "waiters flushed by a timeout are told of a deadlock",
            "a flushed waiter returns -EDEADLK",
            {},
            "destroy-etimedout",
            "queued",
            {{lock_file(), kSlowWay, R"((val == RES_TIMEOUT_VAL\s*\)\s*\{\s*ret = )-ETIMEDOUT)",
              "$1-EDEADLK", "-ETIMEDOUT for a flushed waiter"}}};
}

Recreation missing_tail_reset() {
    return {"R11",
            "a deadlocked head waits for a successor that never comes: a hang",
            "a head that leaves on a deadlock hands over without a look at the tail",
            {"7a3c0289c3c8"},
            "tail-reset",
            "queued",
            {{lock_file(), kSlowWay,
              R"((\w+ == -EDEADLK\s*\)\s*\{\s*)if\s*\(\s*!\s*try_cmpxchg_tail\([^()]*\)\s*\)\s*)"
              R"(\{([^{}]*)\})",
              "$1$2", "a reset of the tail by a head in a deadlock"}}};
}

Recreation entry_recorded_twice() {
    return {"R12",
            "the fallback takes its own attempt for a held lock and leaks entries",
            "the test-and-set function records the attempt once more",
            {"82f3b142c99c"},
            "tas-single-entry",
            "test-and-set",
            {{lock_file(), "resilient_tas_spin_lock", R"(RES_INIT_TIMEOUT\([^;]*\);)",
              "$&\n\tgrab_held_lock_entry(lock);", "the start of the wait"}}};
}

Recreation preempt_before_irqs() {
    const char* const find = R"((local_irq_restore\(flags\);)([\s\\]*)(preempt_enable\(\);))";
    const char* const expected = "interrupts restored and then preemption enabled";
    return {"R13",
            "irqrestore enables preemption first and misses a reschedule",
            "the irqrestore variants enable preemption before interrupts",
            {"b48bd16eb9fc"},
            "irqs-before-preempt",
            "any",
            {{kHeader, "raw_res_spin_lock_irqsave", find, "$3$2$1", expected},
             {kHeader, "raw_res_spin_unlock_irqrestore", find, "$3$2$1", expected}}};
}

Recreation leaking_aa_exit() {
    return {"R14",
            "the AA exit before queueing leaves its table entry behind",
            "that exit returns at once",
            {},
            "aa-exit-releases",
            "queued",
            {{lock_file(), kSlowWay,
              R"((check_deadlock_AA\(lock\)\s*\)\s*\{)\s*ret = -EDEADLK;\s*goto \w+;)",
              "$1\n\t\treturn -EDEADLK;", "an exit that releases the entry"}}};
}

}  // namespace

const std::vector<Recreation>& recreations() {
    static const std::vector<Recreation> kRecreations = {
        wfe_without_timeout(),          unordered_error_entry(),  nmi_behind_own_waiter(),
        nmi_spins_on_trylock(),         entry_after_fast_path(),  entry_cleared_before_release(),
        first_check_arms_only(),        nmi_queues_on_own_lock(), deadlock_destroys_queue(),
        flushed_waiter_says_deadlock(), missing_tail_reset(),     entry_recorded_twice(),
        preempt_before_irqs(),          leaking_aa_exit()};
    return kRecreations;
}

}  // namespace lockstep
