// Drawing the picture: events become rows of one CPU or of all, rows become lines.
#include "tools/picture.h"

#include <algorithm>
#include <array>
#include <map>

#include "sim/points.h"
#include "tools/describe.h"
#include "tools/text_columns.h"

namespace lockstep {

namespace {

constexpr unsigned kTimeColumn = 12;
constexpr unsigned kCellMin = 24;

struct Drawing {
    Drawing(const Recording& from, const Waits& with, const PictureOptions& how)
        : recording(from), waits(with), options(how) {}

    const Recording& recording;
    const Waits& waits;
    const PictureOptions& options;
    std::vector<PictureRow> rows;
    std::array<int, kCpusMax> column{};  // -1 = this CPU did nothing
    std::vector<CpuId> cpus;
    std::array<std::string, kCpusMax> programs;
    TimeNs leap_from = kNever;   // a break not drawn yet
    std::size_t leap_event = 0;  // the last leap of it
    std::array<WaitRole, kCpusMax * kContextsMax> roles{};
    std::array<bool, kCpusMax * kContextsMax> in_one_row{};  // the call that is being made
    std::size_t next_finding = 0;

    static std::size_t slot_of(const Event& event) {
        return event.cpu * kContextsMax + event.depth % kContextsMax;
    }

    bool wanted(const Event& event) const {
        return event.step >= options.step_from && event.step <= options.step_to;
    }

    void add(const Event& event, std::string text, unsigned extra_indent = 0) {
        flush_break(event.time);
        rows.push_back(
            {event.time, false, event.cpu, 2U * event.depth + extra_indent, std::move(text), 0});
    }

    void add_everybody(TimeNs time, std::string text) {
        rows.push_back({time, true, 0, 0, std::move(text), 0});
    }

    void flush_break(TimeNs until) {
        if (leap_from == kNever) return;
        if (until > leap_from)
            add_everybody(leap_from, "~ " + time_text(until - leap_from) + " pass ~");
        leap_from = kNever;
    }

    const Attempt* attempt_at(std::size_t index) const {
        std::int32_t attempt = waits.attempt_at[index];
        return attempt < 0 ? nullptr : &waits.attempts[static_cast<std::size_t>(attempt)];
    }

    // Nothing that is drawn lies between the two events: one row is enough for both.
    bool quiet_between(std::size_t from, std::size_t to) const {
        for (std::size_t i = from + 1; i < to; ++i)
            if (draws(recording.events[i]) || recording.events[i].kind == EventKind::time_leap ||
                others_role(recording.events[from], recording.events[i]))
                return false;
        return true;
    }

    // Another waiter of that lock takes its place meanwhile: the order of the two is worth rows.
    static bool others_role(const Event& begin, const Event& event) {
        static const PointId kPending = point_by_name("rq.pending.set");
        static const PointId kTail = point_by_name("rq.queue.tail");
        static const PointId kHead = point_by_name("rq.head.wait");
        if (event.kind != EventKind::point || event.lock != begin.lock) return false;
        if (event.cpu == begin.cpu && event.depth == begin.depth) return false;
        return event.aux == kPending || event.aux == kTail || event.aux == kHead;
    }

    bool draws(const Event& event) const {
        switch (event.kind) {
            case EventKind::acquire_begin:
            case EventKind::acquire_end:
            case EventKind::release_begin:
            case EventKind::context_enter:
            case EventKind::context_exit:
            case EventKind::stall_begin:
            case EventKind::printk:
            case EventKind::warn:
            case EventKind::bug:
                return true;
            default:
                return false;
        }
    }

    void draw_acquire_begin(const Event& event, std::size_t index) {
        const Attempt* attempt = attempt_at(index);
        std::string call = acquire_text(recording, event.lock, event.value == 1);
        if (attempt == nullptr) return add(event, call);
        in_one_row[slot_of(event)] = attempt->ended && quiet_between(index, attempt->end);
        if (in_one_row[slot_of(event)]) return add(event, call + " = " + return_text(attempt->ret));
        add(event, call + attempt_note(*attempt, index));
        if (!attempt->ended) add(event, "  (never returns)");
    }

    // Who has the lock at this moment, if it is somebody else: that is what it will wait for.
    std::string attempt_note(const Attempt& attempt, std::size_t index) const {
        for (std::size_t i = index; i-- > 0;) {
            const Event& event = recording.events[i];
            if (event.lock != attempt.lock) continue;
            if (event.kind == EventKind::release_begin) return " ...";
            if (event.kind != EventKind::acquire_end || event.value != 0) continue;
            if (event.cpu == attempt.who.cpu && event.depth == attempt.who.depth)
                return " ... held by itself";
            return " ... held by " + context_text(event.cpu, event.context);
        }
        return " ...";
    }

    void draw_acquire_end(const Event& event, std::size_t index) {
        const Attempt* attempt = attempt_at(index);
        std::string ret = return_text(static_cast<std::int64_t>(event.value));
        if (attempt == nullptr)
            return add(event, acquire_text(recording, event.lock, false) + " = " + ret);
        if (quiet_between(attempt->begin, index)) return;
        TimeNs took = event.time - attempt->begin_time;
        std::string after = took == 0 ? "" : " after " + time_text(took);
        add(event, "... (" + recording.lock_name(event.lock) + ") = " + ret + after);
    }

    void draw_release(const Event& event) { add(event, release_text(recording, event.lock)); }

    // The first time a waiter takes a role in the slow path.
    void draw_role(const Event& event, std::size_t index) {
        static const PointId kPending = point_by_name("rq.pending.set");
        static const PointId kTail = point_by_name("rq.queue.tail");
        static const PointId kHead = point_by_name("rq.head.wait");
        static const PointId kDestroy = point_by_name("rq.queue.destroy");
        WaitRole& role = roles[slot_of(event)];
        PointId point = static_cast<PointId>(event.aux);
        if (in_one_row[slot_of(event)]) return;  // its result is drawn already
        if (point == kDestroy) return add(event, "tells its queue to leave", 2);
        if (found_pending_set(recording, index)) return add(event, "finds pending set", 2);
        WaitRole now = point == kPending ? WaitRole::pending
                       : point == kTail  ? WaitRole::queued
                       : point == kHead  ? WaitRole::head
                                         : role;
        if (now == role) return;
        role = now;
        if (now == WaitRole::pending) add(event, "sets pending", 2);
        if (now == WaitRole::queued) add(event, "joins the queue", 2);
        if (now == WaitRole::head) add(event, "is queue head", 2);
    }

    void forget_role(const Event& event) { roles[slot_of(event)] = WaitRole::fast; }

    void draw_findings_before(std::uint64_t step) {
        const std::vector<Finding>& findings = recording.findings;
        for (; next_finding < findings.size() && findings[next_finding].step < step;
             ++next_finding) {
            const Finding& finding = findings[next_finding];
            if (finding.step < options.step_from || finding.step > options.step_to) continue;
            add_everybody(finding.time,
                          "*** " + std::string(finding.oracle) + ": " + finding.text + " ***");
        }
    }

    std::string handler_name(const Event& event) const {
        switch (event.context) {
            case Context::nmi:
                return "NMI";
            case Context::hardirq:
                return "hardirq";
            case Context::softirq:
                return "softirq";
            case Context::task:
                break;
        }
        return "task";
    }

    void take(const Event& event, std::size_t index) {
        switch (event.kind) {
            case EventKind::time_leap:
                if (leap_from == kNever) leap_from = event.old;
                break;
            case EventKind::acquire_begin:
                forget_role(event);
                draw_acquire_begin(event, index);
                break;
            case EventKind::acquire_end:
                draw_acquire_end(event, index);
                break;
            case EventKind::release_begin:
                draw_release(event);
                break;
            case EventKind::context_enter:
                add(event, "<" + handler_name(event) + ">");
                rows.back().indent = event.depth == 0 ? 0 : 2U * event.depth - 2;
                break;
            case EventKind::context_exit:
                add(event, "</" + handler_name(event) + ">");
                rows.back().indent = event.depth == 0 ? 0 : 2U * event.depth - 2;
                break;
            case EventKind::stall_begin:
                add(event, "<vCPU taken away for " + time_text(event.value) + ">");
                break;
            case EventKind::point:
                draw_role(event, index);
                break;
            case EventKind::printk:
            case EventKind::warn:
            case EventKind::bug:
                add(event, event_text(recording, event));
                break;
            case EventKind::execution_end:
                flush_break(event.time);
                if (static_cast<EndReason>(event.value) != EndReason::finished)
                    add_everybody(event.time, event_text(recording, event));
                break;
            default:
                break;
        }
    }

    void collect() {
        column.fill(-1);
        for (std::size_t i = 0; i < recording.events.size(); ++i) {
            const Event& event = recording.events[i];
            if (event.cpu >= kCpusMax || !wanted(event)) continue;
            const std::size_t known = rows.size();
            draw_findings_before(event.step);
            if (event.kind == EventKind::task_start) name_program(event);
            take(event, i);
            for (std::size_t row = known; row < rows.size(); ++row)
                rows[row].event = rows[row].text.starts_with("~") ? leap_event : i;
            if (event.kind == EventKind::time_leap) leap_event = i;
        }
        draw_findings_before(~std::uint64_t{0});
        for (const PictureRow& row : rows)
            if (!row.everybody) column[row.cpu] = 0;
        for (unsigned cpu = 0; cpu < kCpusMax; ++cpu) {
            if (column[cpu] < 0) continue;
            column[cpu] = static_cast<int>(cpus.size());
            cpus.push_back(static_cast<CpuId>(cpu));
        }
    }

    void name_program(const Event& event) {
        if (event.value >= recording.tasks.size()) return;
        std::string& names = programs[event.cpu];
        names += (names.empty() ? "" : ", ") + recording.tasks[event.value];
    }

    unsigned cell_width() const {
        if (cpus.empty() || options.width <= kTimeColumn) return 0;
        return (options.width - kTimeColumn) / static_cast<unsigned>(cpus.size());
    }

    std::vector<std::string> lines_of(const PictureRow& row, unsigned width,
                                      const std::string& time) {
        if (row.everybody) {
            std::vector<std::string> across;
            for (const std::string& part : wrap(row.text, options.width - kTimeColumn))
                across.push_back(pad_left(across.empty() ? time : "", kTimeColumn - 2) +
                                 (across.empty() ? "  " : "    ") + part);
            return across;
        }
        // Too many CPUs for columns: one column, each row says who.
        bool narrow = width < kCellMin;
        unsigned left = narrow ? 0 : width * static_cast<unsigned>(column[row.cpu]);
        std::string who = narrow ? pad_right("CPU" + std::to_string(row.cpu), 6) : "";
        unsigned room = narrow ? options.width - kTimeColumn - 6 : width - 2;
        unsigned indent = std::min(row.indent, room / 2);
        std::vector<std::string> lines;
        for (const std::string& part : wrap(row.text, room - indent)) {
            std::string clock = lines.empty() ? time : "";
            std::string hang(lines.empty() ? indent : indent + 2, ' ');
            lines.push_back(pad_left(clock, kTimeColumn - 2) + "  " + std::string(left, ' ') + who +
                            hang + part);
        }
        return lines;
    }

    std::vector<std::string> header(unsigned width) {
        if (width < kCellMin) return {};
        std::string names(kTimeColumn, ' '), under(kTimeColumn, ' ');
        for (CpuId cpu : cpus) {
            std::string name = "CPU" + std::to_string(cpu);
            if (!programs[cpu].empty()) name += " (" + programs[cpu] + ")";
            if (name.size() > width - 2) name.resize(width - 2);
            names += pad_right(name, width);
            under += pad_right(std::string(name.size(), '-'), width);
        }
        return {trim_right(names), trim_right(under)};
    }

    std::vector<std::string> lines() {
        unsigned width = cell_width();
        std::vector<std::string> out = header(width);
        std::size_t skip_from = rows.size(), skip_to = rows.size();
        if (options.rows_max != 0 && rows.size() > options.rows_max) {
            skip_from = options.rows_max / 3;
            skip_to = rows.size() - (options.rows_max - skip_from);
        }
        TimeNs shown = kNever;
        for (std::size_t i = 0; i < rows.size(); ++i) {
            if (i == skip_from && skip_from != skip_to)
                out.push_back(std::string(kTimeColumn, ' ') + "[ " +
                              std::to_string(skip_to - skip_from) + " rows left out ]");
            if (i >= skip_from && i < skip_to) continue;
            bool break_row = rows[i].everybody && rows[i].text.starts_with("~");
            std::string time = break_row || rows[i].time == shown ? "" : time_text(rows[i].time);
            if (!break_row) shown = rows[i].time;
            for (std::string& line : lines_of(rows[i], width, time)) out.push_back(std::move(line));
        }
        return out;
    }
};

}  // namespace

std::vector<PictureRow> picture_rows(const Recording& recording, const Waits& waits,
                                     const PictureOptions& options) {
    Drawing drawing(recording, waits, options);
    drawing.collect();
    return drawing.rows;
}

std::vector<std::string> draw_picture(const Recording& recording, const Waits& waits,
                                      const PictureOptions& options) {
    Drawing drawing(recording, waits, options);
    drawing.collect();
    return drawing.lines();
}

}  // namespace lockstep
