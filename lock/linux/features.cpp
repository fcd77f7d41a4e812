// One function per feature: yes, no, or "cannot tell". A pattern says yes only to the form the
// fix gave the code, and no only to the form it had before.
#include "lock/linux/features.h"

#include <optional>

#include "lock/linux/pattern.h"

namespace lockstep {

namespace {

using Answer = std::optional<bool>;  // nothing: undecided

const char* const kSlowPath = "resilient_queued_spin_lock_slowpath";

bool has(const std::string& text, const char* pattern) {
    return boost::regex_search(text, kernel_regex(pattern));
}

std::size_t position(const std::string& text, const char* pattern) {
    Match match;
    if (!boost::regex_search(text, match, kernel_regex(pattern))) return std::string::npos;
    return static_cast<std::size_t>(match.position());
}

// True if `first` comes before `second`; undecided unless each occurs.
Answer in_order(const std::string& text, const char* first, const char* second) {
    const std::size_t one = position(text, first);
    const std::size_t two = position(text, second);
    if (one == std::string::npos || two == std::string::npos) return std::nullopt;
    return one < two;
}

// The first deadlock/timeout check looks for AA; before, it only armed the timer.
Answer aa_immediate(const LockSource& source) {
    const auto check = source.lock.function("check_timeout");
    if (!check) return std::nullopt;
    const auto first = block_after(*check, R"(if\s*\(\s*!\s*ts->timeout_end\s*\))");
    if (!first || !has(*first, R"(timeout_end\s*=)")) return std::nullopt;
    return has(*first, R"(\bcheck_deadlock_AA\s*\()");
}

// The held-table entry is recorded before the fast path takes the lock ...
Answer entry_before_lock(const LockSource& source) {
    const auto acquire = source.header.function("res_spin_lock");
    if (!acquire) return std::nullopt;
    return in_order(*acquire, R"(grab_held_lock_entry\()", R"(atomic_try_cmpxchg_acquire\()");
}

// ... and cleared after the release.
Answer entry_after_unlock(const LockSource& source) {
    const auto unlock = source.header.function("res_spin_unlock");
    if (!unlock) return std::nullopt;
    return in_order(*unlock, R"((smp_store_release\(&lock->locked|queued_spin_unlock\(lock\)))",
                    R"(rqh->locks\[rqh->cnt - 1\])");
}

// Both. Without the queue there is no fast path; what remains is the order at unlock.
Answer entry_enclosed(const LockSource& source, const Flavour& flavour) {
    const Answer after = entry_after_unlock(source);
    if (!flavour.queued) return after;
    const Answer before = entry_before_lock(source);
    if (!before || !after) return std::nullopt;
    return *before && *after;
}

// The entry of a failed attempt is cleared before the count goes down, for remote CPUs too.
Answer error_entry_ordered(const LockSource& source) {
    const auto release = source.header.function("release_held_lock_entry");
    if (!release) return std::nullopt;
    const std::size_t dec = position(*release, R"(this_cpu_dec\()");
    if (dec == std::string::npos || !has(*release, R"(rqh->locks\[rqh->cnt - 1\])"))
        return std::nullopt;
    return has(release->substr(0, dec), R"(smp_w?mb\(\))");
}

// Interrupts are restored before preemption is enabled, when locking fails and when unlocking.
// Macros made of those without irqs enable preemption in there, before they restore anything.
Answer irqs_before_preempt(const LockSource& source) {
    bool first = true;
    for (const char* name : {"raw_res_spin_lock_irqsave", "raw_res_spin_unlock_irqrestore"}) {
        const auto macro = source.header.macro(name);
        if (!macro || !has(*macro, R"(local_irq_restore\()")) return std::nullopt;
        if (has(*macro, R"(\braw_res_spin_(un)?lock\()")) {
            first = false;
            continue;
        }
        const Answer order = in_order(*macro, R"(local_irq_restore\()", R"(preempt_enable\()");
        if (!order) return std::nullopt;
        first = first && *order;
    }
    return first;
}

// A wait looks at the clock whatever others store. Spinning does; arm64 needs a wait of its own
// instead of a WFE that only a store ends.
Answer timed_wait(const LockSource& source, const Flavour& flavour) {
    if (flavour.arch != "arm64") return true;
    if (has(source.arm64.text(), R"(#\s*define\s+res_smp_cond_load_acquire\w*\b)")) return true;
    return has(source.lock.text(), R"(_acquire_timeout\()");  // the generic kind of wait
}

// Waits count their turns in 16 bits, and look around whenever that count wraps.
Answer u16_turns(const LockSource& source) {
    return has(source.lock.text(), R"(\bu16\s+spin;)") &&
           has(source.lock.text(), R"(if\s*\(\s*!\s*\(ts\)\.spin\+\+\s*\))");
}

// A queue head that sees a deadlock leaves alone; before, it destroyed the queue.
Answer keep_queue(const LockSource& source) {
    const auto slow = source.lock.function(kSlowPath);
    if (!slow || !has(*slow, "waitq_timeout:")) return std::nullopt;
    const auto alone = block_after(*slow, R"(if\s*\(\s*\w+ == -EDEADLK\s*\))");
    if (!alone) return false;
    if (has(*alone, "RES_TIMEOUT_VAL")) return std::nullopt;
    return has(*alone, R"(arch_mcs_spin_unlock_contended)");
}

// An NMI queues, unless it interrupted a waiter.
Answer nmi_idx(const LockSource& source) {
    const auto slow = source.lock.function(kSlowPath);
    if (!slow) return std::nullopt;
    if (has(*slow, R"(in_nmi\(\)\s*&&\s*idx > 0)")) return true;
    if (has(*slow, R"(idx >= _Q_MAX_NODES)")) return false;
    return std::nullopt;
}

// The condition under which a waiter gets no node of the queue.
std::optional<std::string> no_node_condition(const LockSource& source) {
    const auto slow = source.lock.function(kSlowPath);
    if (!slow) return std::nullopt;
    Match match;
    if (!boost::regex_search(*slow, match, kernel_regex(R"(if\s*\([^{};]*_Q_MAX_NODES[^{};]*\{)")))
        return std::nullopt;
    return match[0];
}

// An NMI does not queue behind the waiter it interrupted.
Answer nmi_aside(const LockSource& source) {
    const auto condition = no_node_condition(source);
    if (!condition) return std::nullopt;
    return has(*condition, R"(\bin_nmi\(\))");
}

// An NMI that interrupted no waiter queues.
Answer nmi_queues(const LockSource& source) {
    const auto condition = no_node_condition(source);
    if (!condition) return std::nullopt;
    return !has(*condition, R"(\bin_nmi\(\))") || has(*condition, R"(in_nmi\(\)\s*&&\s*idx > 0)");
}

// What is between the decision to queue and taking a node.
std::optional<std::string> way_to_node(const LockSource& source) {
    const auto slow = source.lock.function(kSlowPath);
    if (!slow) return std::nullopt;
    const std::size_t label = position(*slow, R"(\bqueue:)");
    const std::size_t node = position(*slow, R"(node->count\+\+)");
    if (label == std::string::npos || node == std::string::npos || node < label)
        return std::nullopt;
    return slow->substr(label, node - label);
}

// No queueing behind a waiter or owner on one's own CPU.
Answer aa_before_queue(const LockSource& source) {
    const auto way = way_to_node(source);
    if (!way) return std::nullopt;
    return has(*way, R"(\bcheck_deadlock_AA\()");
}

// An exit before queueing releases the entry of the attempt, if there is such an exit.
Answer aa_exit_releases(const LockSource& source) {
    const auto way = way_to_node(source);
    if (!way) return std::nullopt;
    if (!has(*way, R"(\bcheck_deadlock_AA\()")) return true;
    if (has(*way, R"(goto err_release_entry;|release_held_lock_entry\(\))")) return true;
    if (has(*way, R"(\breturn\b)")) return false;
    return std::nullopt;
}

// A head that leaves on a deadlock with nobody behind it resets the tail.
Answer tail_reset(const LockSource& source) {
    const auto slow = source.lock.function(kSlowPath);
    if (!slow) return std::nullopt;
    const auto alone = block_after(*slow, R"(if\s*\(\s*\w+ == -EDEADLK\s*\))");
    if (alone) return has(*alone, R"(try_cmpxchg_tail\()");
    // Without a way of its own it takes that of a timeout.
    const std::size_t label = position(*slow, "waitq_timeout:");
    if (label == std::string::npos) return std::nullopt;
    return has(slow->substr(label), R"(try_cmpxchg_tail\()");
}

// Waiters sent away by a timed-out head return -ETIMEDOUT.
Answer destroy_etimedout(const LockSource& source) {
    const auto slow = source.lock.function(kSlowPath);
    if (!slow) return std::nullopt;
    const auto flushed = block_after(*slow, R"(if\s*\(\s*val == RES_TIMEOUT_VAL\s*\))");
    if (!flushed) return std::nullopt;
    if (has(*flushed, R"(ret = -ETIMEDOUT;)")) return true;
    if (has(*flushed, R"(ret = -EDEADLK;)")) return false;
    return std::nullopt;
}

// An attempt that ends in the test-and-set loop is recorded once. What the caller records where
// the fast path took the lock does not count.
Answer tas_single_entry(const LockSource& source, const Flavour& flavour) {
    auto loop = source.lock.function("resilient_tas_spin_lock");
    // Postings had the loop for guests only.
    if (!loop) loop = source.lock.function("resilient_virt_spin_lock");
    const auto caller = flavour.queued ? source.header.function("res_spin_lock")
                                       : source.header.macro("res_spin_lock");
    if (!loop || !caller) return std::nullopt;
    static const boost::regex kTaken =
        kernel_regex(R"(if\s*\([^{};]*cmpxchg[^{};]*\{[^{}]*return 0;[^{}]*\})");
    const std::string otherwise = boost::regex_replace(*caller, kTaken, "");
    const char* const grab = R"(grab_held_lock_entry\()";
    const int grabs = (has(*loop, grab) ? 1 : 0) + (has(otherwise, grab) ? 1 : 0);
    if (grabs == 0) return std::nullopt;
    return grabs == 1;
}

}  // namespace

Features read_features(const LockSource& source, const Flavour& flavour) {
    Features features;
    const auto add = [&](const char* name, const Answer& answer) {
        if (!answer) {
            features.undecided.push_back(name);
        } else if (*answer) {
            features.present.push_back(name);
        }
    };
    const bool queue = flavour.queued && !flavour.test_and_set;
    const bool arm64 = flavour.arch == "arm64";
    add("queued", queue);
    add("pending-byte", queue && flavour.config != "nopending");
    add("tas", flavour.test_and_set);
    add("paravirt", !flavour.static_keys.empty());
    add("event-stream", arm64 && flavour.event_stream);
    add("aa-immediate", aa_immediate(source));
    add("entry-enclosed", entry_enclosed(source, flavour));
    if (flavour.queued) add("entry-before-lock", entry_before_lock(source));
    add("entry-after-unlock", entry_after_unlock(source));
    add("error-entry-ordered", error_entry_ordered(source));
    add("irqs-before-preempt", irqs_before_preempt(source));
    add("timed-wait", timed_wait(source, flavour));
    add("u16-turns", u16_turns(source));
    if (queue) {
        add("keep-queue", keep_queue(source));
        add("nmi-aside", nmi_aside(source));
        add("nmi-queues", nmi_queues(source));
        add("nmi-idx", nmi_idx(source));
        add("aa-before-queue", aa_before_queue(source));
        add("aa-exit-releases", aa_exit_releases(source));
        add("tail-reset", tail_reset(source));
        add("destroy-etimedout", destroy_etimedout(source));
    }
    if (flavour.test_and_set) add("tas-single-entry", tas_single_entry(source, flavour));
    return features;
}

std::vector<std::string> plain_features(const Flavour& flavour) {
    std::vector<std::string> features;
    const bool generic_queue = flavour.lock == KernelLock::qspinlock;
    if (flavour.queued) features.push_back("queued");
    if (generic_queue) features.push_back("pending-byte");
    if (defines(flavour, "CONFIG_PARAVIRT_SPINLOCKS")) features.push_back("pv");
    if (flavour.fifo) features.push_back("fifo");
    if (flavour.arch == "arm64" && flavour.event_stream) features.push_back("event-stream");
    return features;
}

}  // namespace lockstep
