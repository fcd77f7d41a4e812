// One run as a drawing: a lane per CPU and time downwards, as the picture of `lockstep show`, with
// what waits as a dashed line, handlers as bars, and the words of the locks beside it. One SVG
// without scripts or fonts of its own; its colours follow the reader's light or dark scheme.
#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "tools/describe.h"
#include "tools/exporter.h"
#include "tools/picture.h"
#include "tools/text_columns.h"
#include "tools/xml_text.h"

namespace lockstep {

namespace {

constexpr unsigned kRowHeight = 22, kTop = 62, kTimeWidth = 88, kCharWidth = 7;
constexpr unsigned kLaneMin = 120, kBarStep = 12, kCellPadding = 14, kRowsMax = 300;

constexpr const char* kStyle =
    "<style>\n"
    "svg{font:12px ui-monospace,'DejaVu Sans Mono',Menlo,monospace;--ink:#1d1f23;--quiet:#5b5f68;"
    "--ground:#fbfbf9;--lane:#f1f0ec;--line:#a9a79f;--bad:#b3121d;--now:#ffe9a8;"
    "--task:#0b57d0;--softirq:#007a5e;--hardirq:#a86400;--nmi:#c01864}\n"
    "@media(prefers-color-scheme:dark){svg{--ink:#e8e9ec;--quiet:#a5abb8;--ground:#14161a;"
    "--lane:#242830;--line:#5f6676;--bad:#ff9a92;--now:#5a4a12;"
    "--task:#8ab6ff;--softirq:#5fdcb8;--hardirq:#ffbe5c;--nmi:#ff7ab0}}\n"
    "text{fill:var(--ink)}.quiet{fill:var(--quiet)}.bad{fill:var(--bad);font-weight:bold}\n"
    ".head{font-weight:bold}.ground{fill:var(--ground)}.lane{fill:var(--lane)}\n"
    ".cell{fill:none;stroke:var(--line)}.new{fill:var(--now);stroke:var(--line)}\n"
    ".wait{stroke-dasharray:3 3;stroke-width:2}.run{stroke-width:5}\n"
    ".break{fill:none;stroke:var(--line);stroke-dasharray:1 4}\n"
    ".link{stroke:var(--line);stroke-dasharray:1 3}.dot{fill:var(--quiet)}\n"
    ".task{stroke:var(--task)}.softirq{stroke:var(--softirq)}.hardirq{stroke:var(--hardirq)}"
    ".nmi{stroke:var(--nmi)}\n</style>\n";

std::string number(std::uint64_t value) {
    return std::to_string(value);
}

// What stands beside a row: the fields of one lock's word behind a store to it.
struct WordShown {
    LockId lock = kNoLock;
    CpuId cpu = 0;
    std::vector<std::string> fields;
    std::vector<bool> changed;
};

struct DrawnRow {
    PictureRow row;  // its text may be empty: only a word changes
    std::vector<WordShown> words;
};

// Row `from` to row `to` of one context: it waits, or it is there.
struct ContextSpan {
    CpuId cpu = 0;
    std::uint8_t depth = 0;
    Context context = Context::task;
    std::size_t from = 0, to = 0;
    bool waits = false;
};

class SvgDrawing {
  public:
    explicit SvgDrawing(const ExportedRun& run)
        : run_(run), recording_(run.recording), words_(recording_) {}
    std::string write();

  private:
    void collect_rows();
    void add_words(const std::vector<PictureRow>& rows);
    WordShown word_after(const Event& event);
    void place_lanes();
    void collect_spans();
    std::size_t row_of(std::size_t event) const;
    unsigned y_of(std::size_t row) const { return kTop + static_cast<unsigned>(row) * kRowHeight; }
    unsigned lane_x(CpuId cpu) const { return lane_x_.at(cpu); }
    std::vector<const char*> field_labels(LockId lock) const;
    unsigned cell_width(LockId lock, std::size_t field) const {
        const std::size_t columns = std::max<std::size_t>(4, field_width_.at(lock)[field]);
        return static_cast<unsigned>(columns) * kCharWidth + kCellPadding;
    }
    void text(unsigned x, unsigned y, const std::string& words, const char* kind = "");
    void draw_header();
    void draw_span(const ContextSpan& span);
    void draw_row(std::size_t index);
    void draw_word(std::size_t index, const WordShown& word);
    void draw_left_out();

    const ExportedRun& run_;
    const Recording& recording_;
    LockWords words_;
    std::vector<DrawnRow> rows_;
    std::vector<ContextSpan> spans_;
    std::size_t left_out_ = 0;
    std::map<CpuId, unsigned> lane_x_, lane_width_;
    std::map<LockId, std::vector<std::string>> known_;        // fields of each word, as shown last
    std::map<LockId, std::vector<std::size_t>> field_width_;  // characters of the widest
    std::map<LockId, unsigned> word_x_;
    std::map<CpuId, std::string> programs_;  // " (owner)"
    unsigned width_ = 0;
    std::string out_;
};

std::vector<std::string> parts_of(const std::string& word) {
    if (!word.starts_with("(")) return {word};
    std::vector<std::string> parts(1);
    for (const char c : word.substr(1, word.size() - 2)) {
        if (c == ',')
            parts.emplace_back();
        else
            parts.back() += c;
    }
    return parts;
}

WordShown SvgDrawing::word_after(const Event& event) {
    const WordLayout& layout = recording_.facts[event.lock].word;
    std::string now;
    if (layout.shape == WordLayout::Shape::opaque) {
        now = value_text(recording_, event, event.value);
    } else {
        words_.take(event);
        now = word_text(layout, words_.word(event.lock));
    }
    WordShown shown;
    shown.lock = event.lock;
    shown.cpu = event.cpu;
    shown.fields = parts_of(now);
    std::vector<std::string>& before = known_[event.lock];
    if (before.empty() && layout.shape != WordLayout::Shape::opaque)
        before = parts_of(word_text(layout, 0));
    for (std::size_t i = 0; i < shown.fields.size(); ++i)
        shown.changed.push_back(i >= before.size() || before[i] != shown.fields[i]);
    before = shown.fields;
    std::vector<std::size_t>& widths = field_width_[event.lock];
    widths.resize(std::max(widths.size(), shown.fields.size()));
    for (std::size_t i = 0; i < shown.fields.size(); ++i)
        widths[i] = std::max(widths[i], shown.fields[i].size());
    return shown;
}

// A change of a word stands beside the row of its CPU that is just above it, else in a row of its
// own.
void SvgDrawing::add_words(const std::vector<PictureRow>& rows) {
    std::size_t next = 0;
    for (std::size_t i = 0; i < recording_.events.size(); ++i) {
        const Event& event = recording_.events[i];
        for (; next < rows.size() && rows[next].event <= i; ++next)
            rows_.push_back({rows[next], {}});
        if (!is_word_store(recording_, event)) continue;
        const WordShown shown = word_after(event);
        if (std::count(shown.changed.begin(), shown.changed.end(), true) == 0) continue;
        const bool beside = !rows_.empty() && !rows_.back().row.everybody &&
                            rows_.back().row.cpu == event.cpu && rows_.back().words.empty();
        if (!beside) {
            DrawnRow own;
            own.row.time = event.time;
            own.row.cpu = event.cpu;
            own.row.event = i;
            own.row.indent = 2U * event.depth;
            rows_.push_back(own);
        }
        rows_.back().words.push_back(shown);
    }
    for (; next < rows.size(); ++next) rows_.push_back({rows[next], {}});
}

void SvgDrawing::collect_rows() {
    add_words(picture_rows(recording_, run_.waits, {}));
    if (rows_.size() <= kRowsMax) return;
    left_out_ = rows_.size() - kRowsMax;
    rows_.resize(kRowsMax);
}

void SvgDrawing::place_lanes() {
    std::map<CpuId, std::size_t> longest;
    for (const DrawnRow& drawn : rows_) {
        if (drawn.row.everybody) continue;
        const std::size_t columns = drawn.row.text.size() + drawn.row.indent + 1;
        longest[drawn.row.cpu] = std::max(longest[drawn.row.cpu], columns);
    }
    unsigned x = kTimeWidth;
    for (const auto& [cpu, columns] : longest) {
        lane_x_[cpu] = x;
        lane_width_[cpu] =
            std::max(kLaneMin, static_cast<unsigned>(columns) * kCharWidth + 2 * kBarStep + 14);
        x += lane_width_[cpu] + 6;
    }
    x += 10;
    for (const auto& [lock, widths] : field_width_) {
        word_x_[lock] = x;
        for (std::size_t i = 0; i < widths.size(); ++i) x += cell_width(lock, i);
        x += 16;
    }
    width_ = std::max(x, static_cast<unsigned>(run_.title.size()) * 8 + 20);
}

std::size_t SvgDrawing::row_of(std::size_t event) const {
    std::size_t row = 0;
    while (row + 1 < rows_.size() && rows_[row + 1].row.event <= event) ++row;
    return row;
}

void SvgDrawing::collect_spans() {
    std::map<std::pair<CpuId, std::uint8_t>, ContextSpan> open;
    for (std::size_t i = 0; i < recording_.events.size(); ++i) {
        const Event& event = recording_.events[i];
        if (event.cpu >= kCpusMax || lane_x_.count(event.cpu) == 0) continue;
        const std::pair<CpuId, std::uint8_t> key = {event.cpu, event.depth};
        const bool begins =
            event.kind == EventKind::task_start || event.kind == EventKind::context_enter;
        const bool ends =
            event.kind == EventKind::task_end || event.kind == EventKind::context_exit;
        if (event.kind == EventKind::task_start && event.value < recording_.tasks.size())
            programs_[event.cpu] += " (" + recording_.tasks[event.value] + ")";
        if (begins)
            open.try_emplace(
                key, ContextSpan{event.cpu, event.depth, event.context, row_of(i), 0, false});
        const auto found = open.find(key);
        if (found == open.end()) continue;
        found->second.to = row_of(i);
        if (!ends) continue;
        spans_.push_back(found->second);
        open.erase(found);
    }
    for (const auto& [key, span] : open) {
        spans_.push_back(span);
        spans_.back().to = rows_.size() - 1;
    }
    for (const Attempt& attempt : run_.waits.attempts) {
        const std::size_t from = row_of(attempt.begin);
        const std::size_t to = attempt.ended ? row_of(attempt.end) : rows_.size() - 1;
        if (to > from + 1 && lane_x_.count(attempt.who.cpu) > 0)
            spans_.push_back(
                {attempt.who.cpu, attempt.who.depth, attempt.who.context, from, to, true});
    }
}

void SvgDrawing::text(unsigned x, unsigned y, const std::string& words, const char* kind) {
    out_ += "<text x=\"" + number(x) + "\" y=\"" + number(y) + "\"" +
            (*kind == '\0' ? "" : " class=\"" + std::string(kind) + "\"") +
            " xml:space=\"preserve\">" + xml_text(words) + "</text>\n";
}

// As short as the narrowest cell.
std::vector<const char*> SvgDrawing::field_labels(LockId lock) const {
    switch (recording_.facts[lock].word.shape) {
        case WordLayout::Shape::queued:
            return {"tail", "pend", "lock"};
        case WordLayout::Shape::ticket:
            return {"next", "now"};
        case WordLayout::Shape::opaque:
            return {"tail"};
        default:
            return {"word"};
    }
}

void SvgDrawing::draw_header() {
    text(10, 20, run_.title, "head");
    const unsigned height = static_cast<unsigned>(rows_.size()) * kRowHeight + 8;
    for (const auto& [cpu, x] : lane_x_) {
        out_ += "<rect class=\"lane\" x=\"" + number(x) + "\" y=\"" + number(kTop - 4) +
                "\" width=\"" + number(lane_width_[cpu]) + "\" height=\"" + number(height) +
                "\" rx=\"4\"/>\n";
        text(x + 6, kTop - 12, "CPU" + number(cpu) + programs_[cpu], "head");
    }
    for (const auto& [lock, x] : word_x_) {
        text(x, kTop - 26, recording_.lock_name(lock), "head");
        unsigned at = x;
        const std::vector<const char*> labels = field_labels(lock);
        for (std::size_t i = 0; i < field_width_[lock].size(); ++i) {
            text(at + 2, kTop - 12, i < labels.size() ? labels[i] : "", "quiet");
            at += cell_width(lock, i);
        }
    }
}

void SvgDrawing::draw_span(const ContextSpan& span) {
    static constexpr std::array<const char*, 4> kKinds = {"task", "softirq", "hardirq", "nmi"};
    const unsigned x = lane_x(span.cpu) + 6 + kBarStep / 2 * span.depth;
    // A wait is drawn over the bar of who waits: the bar is cut out there.
    if (span.waits)
        out_ += "<line stroke=\"var(--lane)\" stroke-width=\"5\" x1=\"" + number(x) + "\" y1=\"" +
                number(y_of(span.from) + 12) + "\" x2=\"" + number(x) + "\" y2=\"" +
                number(y_of(span.to) + 8) + "\"/>\n";
    const unsigned top = y_of(span.from) + (span.waits ? 12 : 2);
    const unsigned bottom = y_of(span.to) + (span.waits ? 8 : kRowHeight - 2);
    out_ += "<line class=\"" + std::string(span.waits ? "wait " : "run ") +
            kKinds[static_cast<std::size_t>(span.context)] + "\" x1=\"" + number(x) + "\" y1=\"" +
            number(top) + "\" x2=\"" + number(x) + "\" y2=\"" + number(bottom) + "\"/>\n";
}

void SvgDrawing::draw_word(std::size_t index, const WordShown& word) {
    const unsigned y = y_of(index);
    unsigned x = word_x_[word.lock];
    const unsigned from = lane_x(word.cpu) + lane_width_[word.cpu];
    if (rows_[index].row.text.empty())
        out_ += "<circle class=\"dot\" cx=\"" +
                number(lane_x(word.cpu) + 2 * kBarStep + 4 + rows_[index].row.indent * kCharWidth) +
                "\" cy=\"" + number(y + 10) + "\" r=\"3\"/>\n";
    out_ += "<line class=\"link\" x1=\"" + number(from) + "\" y1=\"" + number(y + 10) + "\" x2=\"" +
            number(x) + "\" y2=\"" + number(y + 10) + "\"/>\n";
    for (std::size_t i = 0; i < word.fields.size(); ++i) {
        const unsigned wide = cell_width(word.lock, i);
        out_ += "<rect class=\"" + std::string(word.changed[i] ? "new" : "cell") + "\" x=\"" +
                number(x) + "\" y=\"" + number(y + 1) + "\" width=\"" + number(wide) +
                "\" height=\"18\"/>\n";
        text(x + kCellPadding / 2, y + 14, word.fields[i]);
        x += wide;
    }
}

void SvgDrawing::draw_row(std::size_t index) {
    const PictureRow& row = rows_[index].row;
    const unsigned y = y_of(index);
    const bool pause = row.everybody && row.text.starts_with("~");
    if (!pause && (index == 0 || rows_[index - 1].row.time != row.time))
        text(8, y + 14, time_text(row.time), "quiet");
    if (pause)
        out_ += "<rect class=\"break\" x=\"" + number(kTimeWidth) + "\" y=\"" + number(y + 2) +
                "\" width=\"" + number(width_ - kTimeWidth - 10) + "\" height=\"17\"/>\n";
    if (row.everybody && !pause)  // readable above the bars of all lanes
        out_ += "<rect class=\"ground\" x=\"" + number(kTimeWidth + kBarStep) + "\" y=\"" +
                number(y + 2) + "\" width=\"" + number(row.text.size() * kCharWidth + 24) +
                "\" height=\"17\" rx=\"4\"/>\n";
    const bool bad = row.text.find("-E") != std::string::npos || row.text.starts_with("***") ||
                     row.text.find("never returns") != std::string::npos;
    const unsigned x = row.everybody ? kTimeWidth + 2 * kBarStep
                                     : lane_x(row.cpu) + 2 * kBarStep + row.indent * kCharWidth;
    if (!row.text.empty()) text(x, y + 14, row.text, bad ? "bad" : pause ? "quiet" : "");
    for (const WordShown& word : rows_[index].words) draw_word(index, word);
}

void SvgDrawing::draw_left_out() {
    if (left_out_ > 0)
        text(kTimeWidth, y_of(rows_.size()) + 14, "[ " + counted(left_out_, "row") + " left out ]");
}

std::string SvgDrawing::write() {
    collect_rows();
    place_lanes();
    collect_spans();
    std::size_t across = 0;
    for (const DrawnRow& drawn : rows_)
        if (drawn.row.everybody) across = std::max(across, drawn.row.text.size());
    width_ = std::max(width_, kTimeWidth + static_cast<unsigned>(across) * kCharWidth + 24);
    draw_header();
    for (const ContextSpan& span : spans_) draw_span(span);
    for (std::size_t i = 0; i < rows_.size(); ++i) draw_row(i);
    draw_left_out();
    const unsigned height = y_of(rows_.size() + (left_out_ > 0 ? 1 : 0)) + 12;
    const std::string size = number(width_) + "\" height=\"" + number(height);
    return "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"" + size + "\" viewBox=\"0 0 " +
           number(width_) + " " + number(height) + "\" role=\"img\">\n<title>" +
           xml_text(run_.title) + "</title>\n" + kStyle + "<rect class=\"ground\" width=\"" + size +
           "\"/>\n" + out_ + "</svg>\n";
}

}  // namespace

std::string write_svg(const ExportedRun& run) {
    return SvgDrawing(run).write();
}

}  // namespace lockstep
