// One function per feature: yes, no, or "cannot tell". A pattern says yes only to the form the
// fix gave the code, and no only to the form it had before.
#include "lock/linux/features.h"

#include <optional>
#include <regex>

namespace lockstep {

namespace {

using Answer = std::optional<bool>;  // nothing: undecided

const char* const kSlowPath = "resilient_queued_spin_lock_slowpath";

bool has(const std::string& text, const char* pattern) {
    return std::regex_search(text, std::regex(pattern));
}

std::size_t position(const std::string& text, const char* pattern) {
    std::smatch match;
    if (!std::regex_search(text, match, std::regex(pattern))) return std::string::npos;
    return static_cast<std::size_t>(match.position(0));
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

// The held-table entry is there from before the lock is taken until after it is released.
Answer entry_enclosed(const LockSource& source) {
    const auto unlock = source.header.function("res_spin_unlock");
    if (!unlock) return std::nullopt;
    const Answer released_first =
        in_order(*unlock, R"(smp_store_release\(&lock->locked)", R"(rqh->locks\[rqh->cnt - 1\])");
    const auto acquire = source.header.function("res_spin_lock");
    if (!acquire || !released_first) return std::nullopt;
    const Answer grabbed_first =
        in_order(*acquire, R"(grab_held_lock_entry\()", R"(atomic_try_cmpxchg_acquire\()");
    if (!grabbed_first) return std::nullopt;
    return *released_first && *grabbed_first;
}

// A queue head that sees a deadlock leaves alone; before, it destroyed the queue.
Answer keep_queue(const LockSource& source) {
    const auto slow = source.lock.function(kSlowPath);
    if (!slow || !has(*slow, "waitq_timeout:")) return std::nullopt;
    const auto alone = block_after(*slow, R"(if\s*\(\s*ret == -EDEADLK\s*\))");
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

// No queueing behind a waiter or owner on one's own CPU.
Answer aa_before_queue(const LockSource& source) {
    const auto slow = source.lock.function(kSlowPath);
    if (!slow) return std::nullopt;
    const std::size_t label = position(*slow, R"(\bqueue:)");
    const std::size_t node = position(*slow, R"(node->count\+\+)");
    if (label == std::string::npos || node == std::string::npos || node < label)
        return std::nullopt;
    return has(slow->substr(label, node - label), R"(\bcheck_deadlock_AA\()");
}

// A head that leaves on a deadlock with nobody behind it resets the tail.
Answer tail_reset(const LockSource& source) {
    const auto slow = source.lock.function(kSlowPath);
    if (!slow) return std::nullopt;
    const auto alone = block_after(*slow, R"(if\s*\(\s*ret == -EDEADLK\s*\))");
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

// An attempt that ends in the test-and-set loop is recorded once.
Answer tas_single_entry(const LockSource& source, const Flavour& flavour) {
    const auto loop = source.lock.function("resilient_tas_spin_lock");
    const auto caller = flavour.queued ? source.header.function("res_spin_lock")
                                       : source.header.macro("res_spin_lock");
    if (!loop || !caller) return std::nullopt;
    const char* const grab = R"(grab_held_lock_entry\()";
    const int grabs = (has(*loop, grab) ? 1 : 0) + (has(*caller, grab) ? 1 : 0);
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
    // Without the queue there is no fast path to enclose; what remains is the order at unlock.
    if (flavour.queued) add("entry-enclosed", entry_enclosed(source));
    if (!flavour.queued) {
        const auto unlock = source.header.function("res_spin_unlock");
        add("entry-enclosed", unlock ? in_order(*unlock, R"(smp_store_release\(&lock->locked)",
                                                R"(rqh->locks\[rqh->cnt - 1\])")
                                     : std::nullopt);
    }
    if (queue) {
        add("keep-queue", keep_queue(source));
        add("nmi-idx", nmi_idx(source));
        add("aa-before-queue", aa_before_queue(source));
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
