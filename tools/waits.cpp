// The wait-for graph of contexts at each moment, and the sentences made from it.
#include "tools/waits.h"

#include <array>
#include <optional>

#include "sim/points.h"
#include "tools/describe.h"

namespace lockstep {

namespace {

struct Fold {
    explicit Fold(const Recording& from) : recording(from) {
        waits.attempt_at.assign(from.events.size(), -1);
    }

    const Recording& recording;
    Waits waits;
    std::array<std::uint16_t, kCpusMax> task{};
    std::array<std::vector<Actor>, kCpusMax> handlers;  // on top of the task
    std::vector<std::size_t> active;                    // attempts that have not ended
    std::array<std::optional<Actor>, 256> owner;        // by LockId

    Actor actor_of(const Event& event) const {
        std::uint16_t task_id = event.depth == 0 ? task[event.cpu] : std::uint16_t{0};
        return {event.cpu, event.context, event.depth, task_id};
    }

    Actor top_of(const Actor& actor) const {
        const std::vector<Actor>& above = handlers[actor.cpu];
        return above.empty() || above.back().depth <= actor.depth ? actor : above.back();
    }

    std::optional<std::size_t> attempt_of(const Actor& actor) const {
        // A handler's attempt is newer than that of what it interrupted: look from the end.
        for (std::size_t i = active.size(); i-- > 0;)
            if (waits.attempts[active[i]].who == actor) return active[i];
        return std::nullopt;
    }

    WaitChain chain_of(const Actor& start) const {
        WaitChain chain;
        Actor waiter = start;
        while (chain.links.size() < kTasksMax) {
            std::optional<std::size_t> attempt = attempt_of(waiter);
            if (!attempt) return chain;
            LockId lock = waits.attempts[*attempt].lock;
            if (!owner[lock]) return chain;
            Actor next = top_of(*owner[lock]);
            chain.links.push_back({waiter, lock, *owner[lock], next});
            chain.cycle = next == start;
            if (chain.cycle) return chain;
            for (const WaitLink& link : chain.links)
                if (link.waiter == next) return chain;  // leads into a cycle of others
            waiter = next;
        }
        return chain;
    }

    // A cycle ends when the first of its members returns; the others then still remember it.
    void remember_cycles() {
        for (std::size_t index : active) {
            WaitChain chain = chain_of(waits.attempts[index].who);
            if (chain.cycle || !waits.attempts[index].chain.cycle)
                waits.attempts[index].chain = chain;
        }
    }

    void begin_attempt(const Event& event, std::size_t at) {
        Attempt attempt;
        attempt.who = actor_of(event);
        attempt.lock = event.lock;
        attempt.trylock = event.value == 1;
        attempt.begin = at;
        attempt.begin_time = attempt.end_time = event.time;
        waits.attempt_at[at] = static_cast<std::int32_t>(waits.attempts.size());
        active.push_back(waits.attempts.size());
        waits.attempts.push_back(attempt);
    }

    void end_attempt(const Event& event, std::size_t at) {
        Actor who = actor_of(event);
        std::optional<std::size_t> index = attempt_of(who);
        if (!index) return;
        Attempt& attempt = waits.attempts[*index];
        attempt.ret = static_cast<std::int64_t>(event.value);
        if (attempt.ret != 0) {
            remember_cycles();
            attempt.cause = cause_of(attempt);
        }
        attempt.ended = true;
        attempt.end = at;
        attempt.end_time = event.time;
        waits.attempt_at[at] = static_cast<std::int32_t>(*index);
        std::erase(active, *index);
        if (attempt.ret == 0) owner[event.lock] = who;
    }

    // No cycle: what stands in the way of `attempt`?
    std::string cause_of(const Attempt& attempt) const {
        for (std::size_t index : active) {
            const Attempt& other = waits.attempts[index];
            bool below = other.who.cpu == attempt.who.cpu && other.who.depth < attempt.who.depth;
            if (!below) continue;
            std::string who = "the " + std::string(context_name(other.who.context));
            if (other.lock == attempt.lock)
                return who + " it interrupted is itself " + wait_role_text(other.role) + " for " +
                       recording.lock_name(other.lock);
            return who + " it interrupted is in the middle of taking " +
                   recording.lock_name(other.lock);
        }
        if (!owner[attempt.lock]) return recording.lock_name(attempt.lock) + " has no owner now";
        return "";
    }

    void take(const Event& event, std::size_t at) {
        switch (event.kind) {
            case EventKind::task_start:
            case EventKind::task_switch:
                task[event.cpu] = static_cast<std::uint16_t>(event.value);
                break;
            case EventKind::context_enter:
                handlers[event.cpu].push_back(actor_of(event));
                break;
            case EventKind::context_exit:
                if (!handlers[event.cpu].empty()) handlers[event.cpu].pop_back();
                break;
            case EventKind::acquire_begin:
                begin_attempt(event, at);
                break;
            case EventKind::acquire_end:
                end_attempt(event, at);
                break;
            case EventKind::release_begin:
                owner[event.lock].reset();
                break;
            case EventKind::point:
                if (auto index = attempt_of(actor_of(event));
                    index && !found_pending_set(recording, at)) {
                    WaitRole& role = waits.attempts[*index].role;
                    role = role_after(static_cast<PointId>(event.aux), role);
                }
                break;
            case EventKind::execution_end:
                finish(event);
                break;
            default:
                break;
        }
    }

    void finish(const Event& event) {
        remember_cycles();
        for (std::size_t index : active) {
            waits.attempts[index].end_time = event.time;
            waits.attempts[index].cause = cause_of(waits.attempts[index]);
        }
    }
};

// "CPU0 task holds A and wants B, CPU1 task holds B and wants A"
std::string cycle_sentence(const Recording& recording, const WaitChain& chain) {
    std::string text;
    std::size_t count = chain.links.size();
    for (std::size_t i = 0; i < count; ++i) {
        const WaitLink& link = chain.links[i];
        const WaitLink& before = chain.links[(i + count - 1) % count];
        text += text.empty() ? "" : ", ";
        std::string held = recording.lock_name(before.lock);
        std::string wanted = recording.lock_name(link.lock);
        if (before.owner == link.waiter)
            text += actor_text(link.waiter) + " holds " + held + " and wants " + wanted;
        else
            text += actor_text(link.waiter) + " wants " + wanted + " on top of the " +
                    context_name(before.owner.context) + " that holds " + held;
    }
    return text;
}

std::string explain_cycle(const Recording& recording, const WaitChain& chain) {
    const WaitLink& first = chain.links.front();
    std::string lock = recording.lock_name(first.lock);
    if (chain.links.size() == 1 && first.owner == first.waiter)
        return "AA: " + actor_text(first.waiter) + " asks for " + lock + ", which it holds itself";
    if (chain.links.size() == 1)
        return "AA: " + actor_text(first.waiter) + " asks for " + lock + ", held by the " +
               context_name(first.owner.context) + " it interrupted";
    if (chain.links.size() == 2) return "ABBA: " + cycle_sentence(recording, chain);
    std::string kind =
        chain.links.size() == 3 ? "ABBCCA" : "a cycle of " + std::to_string(chain.links.size());
    return kind + ": " + cycle_sentence(recording, chain);
}

std::string explain_open_chain(const Recording& recording, const Attempt& attempt) {
    std::string lock = recording.lock_name(attempt.lock);
    if (attempt.chain.links.empty()) return attempt.cause;
    const WaitLink& first = attempt.chain.links.front();
    std::string text = actor_text(first.owner) + " holds " + lock;
    if (!(first.interrupted_by == first.owner))
        text += ", interrupted by " + actor_text(first.interrupted_by);
    if (attempt.chain.links.size() > 1)
        text += ", and waits for " + recording.lock_name(attempt.chain.links[1].lock);
    return attempt.cause.empty() ? text : text + "; " + attempt.cause;
}

}  // namespace

bool found_pending_set(const Recording& recording, std::size_t at) {
    static const PointId kPending = point_by_name("rq.pending.set");
    const Event& point = recording.events[at];
    if (point.kind != EventKind::point || point.aux != kPending) return false;
    for (std::size_t i = at; i-- > 0;) {
        const Event& event = recording.events[i];
        if (event.cpu != point.cpu || event.depth != point.depth) continue;
        if (event.object_kind != ObjectKind::lock_word) {
            if (event.kind == EventKind::acquire_begin) return false;
            continue;
        }
        const LockFacts* const facts = recording.facts_of(event.lock);
        const std::uint64_t before = event.kind == EventKind::store ? event.old : event.value;
        return facts != nullptr && (before << (8 * event.offset) & facts->word.pending_mask) != 0;
    }
    return false;
}

WaitRole role_after(PointId point, WaitRole now) {
    static const PointId kPending = point_by_name("rq.pending.set");
    static const PointId kNode = point_by_name("rq.queue.node");
    static const PointId kTail = point_by_name("rq.queue.tail");
    static const PointId kHead = point_by_name("rq.head.wait");
    static const PointId kTas = point_by_name("rq.tas.wait");
    if (point == kPending) return WaitRole::pending;
    if (point == kTail || point == kNode) return WaitRole::queued;
    if (point == kHead) return WaitRole::head;
    if (point == kTas) return WaitRole::test_and_set;
    return now;
}

Waits fold_waits(const Recording& recording) {
    Fold fold(recording);
    for (std::size_t i = 0; i < recording.events.size(); ++i) {
        const Event& event = recording.events[i];
        if (event.cpu < kCpusMax) fold.take(event, i);
    }
    bool ended =
        !recording.events.empty() && recording.events.back().kind == EventKind::execution_end;
    if (!ended && !recording.events.empty()) fold.finish(recording.events.back());
    return std::move(fold.waits);
}

std::string actor_text(const Actor& actor) {
    return context_text(actor.cpu, actor.context);
}

const char* wait_role_text(WaitRole role) {
    switch (role) {
        case WaitRole::fast:
            return "asking";
        case WaitRole::pending:
            return "the pending waiter";
        case WaitRole::queued:
            return "queued";
        case WaitRole::head:
            return "the queue head";
        case WaitRole::test_and_set:
            return "spinning";
    }
    return "waiting";
}

std::string explain_attempt(const Recording& recording, const Attempt& attempt) {
    if (attempt.ended && attempt.ret == 0) return "";
    if (attempt.trylock && attempt.ended) return "a trylock does not wait";
    std::string timeout;
    if (attempt.ret == -kEtimedout)
        timeout = "gave up as " + std::string(wait_role_text(attempt.role)) + " after " +
                  time_text(attempt.end_time - attempt.begin_time) + "; ";
    if (attempt.chain.cycle) return timeout + explain_cycle(recording, attempt.chain);
    std::string open = explain_open_chain(recording, attempt);
    if (attempt.ret == -kEdeadlk) return "no cycle at this moment: " + open;
    return timeout + open;
}

std::string chain_text(const Recording& recording, const WaitChain& chain) {
    std::string text;
    for (const WaitLink& link : chain.links) {
        if (text.empty()) text = actor_text(link.waiter);
        text += " --wants--> " + recording.lock_name(link.lock) + " --held by--> " +
                actor_text(link.owner);
        if (!(link.owner == link.interrupted_by))
            text += " --interrupted by--> " + actor_text(link.interrupted_by);
    }
    return text;
}

}  // namespace lockstep
