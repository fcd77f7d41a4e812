// Folds the events up to the finding. It explains what an oracle has judged and judges nothing.
#include "tools/finding_text.h"

#include <algorithm>
#include <map>

#include "sim/points.h"
#include "tools/describe.h"
#include "tools/held_tables.h"
#include "tools/text_columns.h"

namespace lockstep {

namespace {

class Moment {
  public:
    Moment(const Recording& recording, const Waits& waits, const Finding& finding);
    std::vector<std::string> lines() const;

  private:
    std::string held_text() const;
    std::string tables_text() const;
    std::string wait_text(const Attempt& attempt) const;
    std::string checks_text(const Attempt& attempt) const;
    bool open_at_the_end(const Attempt& attempt) const {
        return attempt.begin < end_ && (!attempt.ended || attempt.end >= end_);
    }

    const Recording& recording_;
    const Waits& waits_;
    const Finding& finding_;
    std::size_t end_ = 0;                          // the first event behind the finding
    std::map<LockId, std::vector<Actor>> owners_;  // one each, if the lock is sound
    HeldTables tables_;
};

Moment::Moment(const Recording& recording, const Waits& waits, const Finding& finding)
    : recording_(recording), waits_(waits), finding_(finding), tables_(recording) {
    const std::vector<Event>& events = recording.events;
    for (; end_ < events.size() && events[end_].step <= finding.step; ++end_) {
        const Event& event = events[end_];
        tables_.on_event(event);
        const bool taken = event.kind == EventKind::acquire_end && event.value == 0;
        const std::int32_t attempt = waits.attempt_at[end_];
        std::vector<Actor>& owners = owners_[event.lock];
        if (taken && attempt >= 0)
            owners.push_back(waits.attempts[static_cast<std::size_t>(attempt)].who);
        if (event.kind == EventKind::release_begin)
            std::erase_if(owners, [&](const Actor& owner) {
                return owner.cpu == event.cpu && owner.depth == event.depth;
            });
    }
}

std::string Moment::held_text() const {
    std::string text;
    for (std::size_t lock = 0; lock < recording_.locks.size(); ++lock) {
        std::string holders;
        const auto owners = owners_.find(static_cast<LockId>(lock));
        if (owners != owners_.end())
            for (const Actor& owner : owners->second)
                holders += (holders.empty() ? "" : " and ") + actor_text(owner);
        text += (text.empty() ? "" : "; ") + recording_.locks[lock] + " is held by " +
                (holders.empty() ? "nobody" : holders);
    }
    return text;
}

std::string Moment::tables_text() const {
    const bool known =
        std::any_of(recording_.places.begin(), recording_.places.end(),
                    [](const Place& place) { return place.kind == ObjectKind::held_table; });
    std::string text;
    for (unsigned cpu = 0; known && cpu < recording_.cpus; ++cpu)
        text += (text.empty() ? "" : ", ") + ("CPU" + std::to_string(cpu)) + " " +
                tables_.text(static_cast<CpuId>(cpu));
    return text;
}

std::string Moment::wait_text(const Attempt& attempt) const {
    const bool open = open_at_the_end(attempt);
    std::string text = actor_text(attempt.who) + (open ? " wants " : " wanted ") +
                       recording_.lock_name(attempt.lock);
    if (attempt.role != WaitRole::fast) text += std::string(", ") + wait_role_text(attempt.role);
    const TimeNs waited =
        finding_.time > attempt.begin_time ? finding_.time - attempt.begin_time : 0;
    return text + ", for " + time_text(waited) + "; " + checks_text(attempt);
}

std::string Moment::checks_text(const Attempt& attempt) const {
    static constexpr PointId kCheck = point_by_name("rq.check");
    unsigned checks = 0;
    TimeNs last = 0;
    const std::size_t end = std::min(attempt.ended ? attempt.end : end_, end_);
    for (std::size_t i = attempt.begin; i < end; ++i) {
        const Event& event = recording_.events[i];
        const bool its_own = event.kind == EventKind::point && event.aux == kCheck &&
                             event.cpu == attempt.who.cpu && event.depth == attempt.who.depth;
        if (!its_own) continue;
        ++checks;
        last = event.time;
    }
    // A waiter that a timed-out head sends away has its error from there, not from a check.
    const bool answered = attempt.ended && attempt.end < end_;
    const std::string then = answered ? "; it was given " + return_text(attempt.ret) : "";
    if (checks == 0) return "no deadlock or timeout check so far" + then;
    return counted(checks, "check") + ", the last at " + time_text(last) + then;
}

std::vector<std::string> Moment::lines() const {
    std::vector<std::string> lines;
    lines.push_back("When " + std::string(finding_.oracle) + " spoke, at step " +
                    std::to_string(finding_.step) + " (" + time_text(finding_.time) + "), on " +
                    context_text(finding_.cpu, finding_.context) + ":");
    if (!recording_.locks.empty()) lines.push_back("  " + held_text());
    const std::string tables = tables_text();
    if (!tables.empty()) lines.push_back("  tables of held locks: " + tables);
    for (const Attempt& attempt : waits_.attempts) {
        const bool just_failed = attempt.ended && attempt.ret != 0 && attempt.end < end_ &&
                                 recording_.events[attempt.end].step == finding_.step;
        if (!open_at_the_end(attempt) && !just_failed) continue;
        const std::string line = "  " + wait_text(attempt);
        if (std::find(lines.begin(), lines.end(), line) == lines.end()) lines.push_back(line);
    }
    return lines;
}

}  // namespace

std::vector<std::string> finding_lines(const Recording& recording, const Waits& waits) {
    if (recording.findings.empty() || recording.events.empty()) return {};
    return Moment(recording, waits, recording.findings.at(recording.told)).lines();
}

}  // namespace lockstep
