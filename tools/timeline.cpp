// Drawing the timeline: events become rows, equal rounds between two leaps of time are folded.
//
//    step       time  CPU0  CPU1  what                              source
//      14      0 ns  *t     t     A (-,0,1) -> (-,*1,1)             rqspinlock.c:388 ...
//      15      0 ns   t    *tn    node[cpu1][0].count = 1           rqspinlock.c:457
//
// A lane lists the contexts of a CPU from the bottom: t task, s softirq, h hardirq, n nmi. A star
// marks who acts, a minus who is parked.
#include "tools/timeline.h"

#include <algorithm>
#include <array>

#include "tools/describe.h"
#include "tools/held_tables.h"
#include "tools/text_columns.h"

namespace lockstep {

namespace {

constexpr unsigned kStepColumn = 8;
constexpr unsigned kClockColumn = 11;
constexpr unsigned kLane = 6;
constexpr unsigned kRoundsMax = 8;  // of waiters that take turns

struct TimelineRow {
    std::uint64_t step = 0;
    TimeNs time = 0;
    bool across = false;  // a break or a finding
    bool idle = false;    // a waiter goes on waiting
    std::string lanes;
    std::string text;
    std::string source;
    std::string key;  // equal for rows that say the same at another time
    std::uint64_t times = 1;
};

class Lanes {
  public:
    explicit Lanes(const Recording& recording) {
        std::array<bool, kCpusMax> seen{};
        for (const Event& event : recording.events)
            if (event.cpu < kCpusMax) seen[event.cpu] = true;
        for (unsigned cpu = 0; cpu < kCpusMax; ++cpu)
            if (seen[cpu]) cpus_.push_back(static_cast<CpuId>(cpu));
        stacks_.fill("");
    }

    void before(const Event& event) {
        std::string& stack = stacks_[event.cpu];
        if (event.kind == EventKind::task_start && stack.empty()) stack = "t";
        if (event.kind == EventKind::context_enter) stack += letter(event.context);
        if (event.kind == EventKind::wake || event.kind == EventKind::context_enter)
            parked_[event.cpu] = false;
    }

    void after(const Event& event) {
        std::string& stack = stacks_[event.cpu];
        if (event.kind == EventKind::park) parked_[event.cpu] = true;
        if (event.kind == EventKind::context_exit && stack.size() > 1) stack.pop_back();
        if (event.kind == EventKind::task_end) stack.clear();
    }

    bool fits(unsigned width) const { return cpus_.size() * kLane <= width; }

    std::string header(bool wide) const {
        if (!wide) return "CPU       ";
        std::string text;
        for (CpuId cpu : cpus_) text += pad_right("CPU" + std::to_string(cpu), kLane);
        return text;
    }

    std::string text(CpuId actor, bool wide) const {
        if (!wide) return pad_right("CPU" + std::to_string(actor) + " " + stacks_[actor], 10);
        std::string text;
        for (CpuId cpu : cpus_) {
            std::string mark = cpu == actor ? "*" : (parked_[cpu] ? "-" : " ");
            text += pad_right(mark + stacks_[cpu], kLane);
        }
        return text;
    }

  private:
    static char letter(Context context) { return context_name(context)[0]; }

    std::vector<CpuId> cpus_;
    std::array<std::string, kCpusMax> stacks_;
    std::array<bool, kCpusMax> parked_{};
};

struct Timeline {
    Timeline(const Recording& from, const TimelineOptions& how)
        : recording(from),
          options(how),
          lanes(from),
          tables(from),
          wide(lanes.fits(how.width / 3)) {}

    const Recording& recording;
    const TimelineOptions& options;
    Lanes lanes;
    HeldTables tables;
    bool wide;
    std::vector<TimelineRow> rows;
    std::size_t next_finding = 0;

    static bool shown(EventKind kind) {
        // The wait-begin and wait-end notes of the lock itself say nothing that park does not.
        return kind != EventKind::contention_begin && kind != EventKind::contention_end;
    }

    void add(const Event& event) {
        TimelineRow row;
        row.step = event.step;
        row.time = event.time;
        row.across = event.kind == EventKind::time_leap || event.kind == EventKind::execution_end;
        row.text = event_text(recording, event);
        if (event.kind == EventKind::store && event.object_kind == ObjectKind::held_table)
            row.text += "   " + tables.text(event.object_cpu);
        bool noted = event.kind == EventKind::warn || event.kind == EventKind::bug;
        row.source = noted ? "" : source_text(recording, event);
        row.idle = event.kind == EventKind::park || event.kind == EventKind::wake;
        row.lanes = lanes.text(event.cpu, wide);
        bool clock = event.kind == EventKind::clock_read || event.kind == EventKind::time_leap;
        row.key = row.lanes + (clock ? event_kind_name(event.kind) : row.text) + row.source;
        bool repeat = !rows.empty() && !row.across && rows.back().key == row.key;
        if (repeat)
            ++rows.back().times;
        else
            rows.push_back(std::move(row));
    }

    void add_findings_before(std::uint64_t step) {
        for (; next_finding < recording.findings.size(); ++next_finding) {
            const Finding& finding = recording.findings[next_finding];
            if (finding.step >= step) return;
            if (finding.step < options.step_from || finding.step > options.step_to) continue;
            TimelineRow row;
            row.step = finding.step;
            row.time = finding.time;
            row.across = true;
            row.text = "*** " + std::string(finding.oracle) + ": " + finding.text + " ***";
            row.key = row.text;
            rows.push_back(row);
        }
    }

    void collect() {
        for (const Event& event : recording.events) {
            if (event.cpu >= kCpusMax) continue;
            tables.on_event(event);
            lanes.before(event);
            bool wanted = event.step >= options.step_from && event.step <= options.step_to;
            if (wanted) add_findings_before(event.step);
            if (wanted && shown(event.kind)) add(event);
            lanes.after(event);
        }
        add_findings_before(~std::uint64_t{0});
    }

    static bool is_leap(const TimelineRow& row) {
        return row.across && row.key.ends_with("time_leap");
    }

    // The rows of `rounds` rounds from `begin` on; a round is a leap of time and what follows it.
    static std::size_t rounds_end(const std::vector<TimelineRow>& all, std::size_t begin,
                                  unsigned rounds) {
        std::size_t end = begin;
        for (unsigned i = 0; i < rounds && end < all.size(); ++i) {
            ++end;
            while (end < all.size() && !is_leap(all[end])) ++end;
        }
        return end;
    }

    // How many times the rows [begin, begin + length) come again right behind themselves.
    static std::uint64_t repeats_of(const std::vector<TimelineRow>& all, std::size_t begin,
                                    std::size_t length) {
        std::size_t at = begin + length;
        while (at < all.size() && all[at].key == all[at - length].key) ++at;
        return (at - begin) / length - 1;
    }

    // Leaps between which waiters only look once more and wait on are one leap.
    void join_idle_leaps() {
        std::vector<TimelineRow> kept;
        for (std::size_t i = 0; i < rows.size();) {
            std::size_t end = i, leaps = 0;
            while (end < rows.size() && (is_leap(rows[end]) || rows[end].idle))
                leaps += is_leap(rows[end++]) ? 1 : 0;
            if (!is_leap(rows[i]) || leaps < 2) {
                kept.push_back(rows[i++]);
                continue;
            }
            TimelineRow row = rows[i];
            row.time = rows[end - 1].time;
            row.text = "time leaps to " + time_text(row.time) + ", in " + std::to_string(leaps) +
                       " leaps; the waiters wait on";
            kept.push_back(row);
            i = end;
        }
        rows = std::move(kept);
    }

    // Waiters that look at the clock and wait on make hundreds of equal rounds, each in its turn:
    // the first of each is kept, the rest is a number.
    void fold_rounds() {
        std::vector<TimelineRow> kept;
        for (std::size_t i = 0; i < rows.size();) {
            std::size_t length = 0;
            std::uint64_t repeats = 0;
            for (unsigned rounds = 1; is_leap(rows[i]) && rounds <= kRoundsMax; ++rounds) {
                std::size_t tried = rounds_end(rows, i, rounds) - i;
                std::uint64_t found = repeats_of(rows, i, tried);
                if (found * tried <= repeats * length) continue;
                length = tried;
                repeats = found;
            }
            if (repeats == 0) {
                kept.push_back(rows[i++]);
                continue;
            }
            kept.insert(kept.end(), rows.begin() + static_cast<std::ptrdiff_t>(i),
                        rows.begin() + static_cast<std::ptrdiff_t>(i + length));
            i += length * (repeats + 1);
            TimelineRow note = rows[i - 1];
            note.across = true;
            note.text =
                "the same " + counted(repeats, "more time") + ", until " + time_text(note.time);
            kept.push_back(note);
        }
        rows = std::move(kept);
    }

    std::string line_of(const TimelineRow& row) const {
        std::string left = pad_left(std::to_string(row.step), kStepColumn) +
                           pad_left(time_text(row.time), kClockColumn) + "  ";
        if (row.across) return left + "~~ " + row.text + " ~~";
        std::string text = row.text;
        if (row.times > 1) text += "  (x" + std::to_string(row.times) + ")";
        left += row.lanes;
        unsigned room = options.width > left.size() ? options.width - unsigned(left.size()) : 20;
        // What happened gets the larger half; the source line takes what is left.
        unsigned what = std::clamp<unsigned>(room * 11 / 20, 20, 62);
        if (row.source.empty()) return left + cut(text, room);
        std::size_t used = std::max<std::size_t>(what, text.size()) + 1;
        if (used + 12 > room) used = std::min<std::size_t>(text.size() + 1, room - 12);
        return left + pad_right(cut(text, used - 1), used) + cut(row.source, room - used);
    }

    std::vector<std::string> lines() const {
        std::vector<std::string> out;
        out.push_back(pad_left("step", kStepColumn) + pad_left("time", kClockColumn) + "  " +
                      lanes.header(wide) + "what");
        std::size_t first = 0;
        if (options.rows_max != 0 && rows.size() > options.rows_max) {
            first = rows.size() - options.rows_max;
            out.push_back("[ " + std::to_string(first) + " rows before step " +
                          std::to_string(rows[first].step) + " left out; --from 0 shows them ]");
        }
        for (std::size_t i = first; i < rows.size(); ++i) out.push_back(line_of(rows[i]));
        return out;
    }
};

}  // namespace

std::vector<std::string> draw_timeline(const Recording& recording, const TimelineOptions& options) {
    Timeline timeline(recording, options);
    timeline.collect();
    timeline.join_idle_leaps();
    timeline.fold_rounds();
    return timeline.lines();
}

}  // namespace lockstep
