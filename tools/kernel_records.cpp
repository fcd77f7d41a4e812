// Folding a recording into trace events.
#include "tools/kernel_records.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include "sim/check.h"
#include "sim/points.h"
#include "tools/describe.h"

namespace lockstep {

namespace {

using Kind = RecordField::Kind;

constexpr RecordField kLock = {"lock", Kind::text};
constexpr RecordField kWhat = {"what", Kind::text};
constexpr RecordField kAddress = {"lock_addr", Kind::hexadecimal};
constexpr RecordField kReturn = {"ret", Kind::decimal};

std::vector<RecordFormat> make_formats() {
    constexpr Kind kNumber = Kind::decimal;
    std::vector<RecordFormat> formats = {
        {"lock", "contention_begin", {kAddress, kLock}},
        {"lock", "contention_end", {kAddress, kLock, kReturn}},
        {"lockstep", "lock_acquire", {kLock, {"trylock", kNumber}}},
        {"lockstep", "lock_contended", {kLock, kWhat}},
        {"lockstep", "lock_acquired", {kLock, kReturn}},
        {"lockstep", "lock_failed", {kLock, kReturn, {"error", Kind::text}, {"why", Kind::text}}},
        {"lockstep", "lock_release", {kLock}},
        {"lockstep", "lock_released", {kLock}},
        {"lockstep",
         "lock_word",
         {kLock,
          {"old", Kind::hexadecimal},
          {"new", Kind::hexadecimal},
          {"old_tail", kNumber},
          {"old_pending", kNumber},
          {"old_locked", kNumber},
          {"tail", kNumber},
          {"pending", kNumber},
          {"locked", kNumber},
          {"change", Kind::text}}},
        {"lockstep", "time_leap", {{"from", kNumber}, {"to", kNumber}}},
        {"lockstep", "point", {{"point", Kind::text}, kLock}},
        {"lockstep",
         "finding",
         {{"oracle", Kind::text}, {"word", Kind::text}, kLock, {"text", Kind::text}}},
    };
    for (const char* name :
         {"softirq_entry", "softirq_exit", "hardirq_entry", "hardirq_exit", "nmi_entry",
          "nmi_exit",      "injection",    "store",         "park",         "wake",
          "stall_begin",   "stall_end",    "task_start",    "task_switch",  "task_end",
          "irqs_off",      "irqs_on",      "preempt_off",   "preempt_on",   "label",
          "lock_event",    "printk",       "warn",          "bug",          "execution_end"})
        formats.push_back({"lockstep", name, {kWhat}});
    for (RecordFormat& format : formats) {
        format.fields.push_back({"ns", kNumber});
        format.fields.push_back({"step", kNumber});
    }
    return formats;
}

std::size_t format_called(const std::string& name) {
    const std::vector<RecordFormat>& formats = record_formats();
    for (std::size_t i = 0; i < formats.size(); ++i)
        if (name == formats[i].name) return i;
    SIM_CHECK(false);
    return 0;
}

// The name of the record of an event that only has a text; nullptr: it has none, or one of its own.
const char* plain_name(const Event& event) {
    static constexpr const char* kEntry[] = {"", "softirq_entry", "hardirq_entry", "nmi_entry"};
    static constexpr const char* kExit[] = {"", "softirq_exit", "hardirq_exit", "nmi_exit"};
    switch (event.kind) {
        case EventKind::context_enter:
            return kEntry[static_cast<unsigned>(event.context)];
        case EventKind::context_exit:
            return kExit[static_cast<unsigned>(event.context)];
        case EventKind::inject_fired:
            return "injection";
        case EventKind::irq_off:
            return "irqs_off";
        case EventKind::irq_on:
            return "irqs_on";
        case EventKind::store:
        case EventKind::park:
        case EventKind::wake:
        case EventKind::stall_begin:
        case EventKind::stall_end:
        case EventKind::task_start:
        case EventKind::task_switch:
        case EventKind::task_end:
        case EventKind::preempt_off:
        case EventKind::preempt_on:
        case EventKind::label:
        case EventKind::lock_event:
        case EventKind::printk:
        case EventKind::warn:
        case EventKind::bug:
        case EventKind::execution_end:
            return event_kind_name(event.kind);
        default:
            return nullptr;
    }
}

// What the kernel would have in the flags of a record: of one CPU, as it is now.
struct CpuNow {
    std::uint16_t task = 0;
    bool irqs_off = false;
    std::uint8_t preempt_count = 0;
    std::vector<Context> handlers;

    void take(const Event& event) {
        const auto count = static_cast<std::uint8_t>(std::min<std::uint64_t>(event.value, 255));
        switch (event.kind) {
            case EventKind::task_start:
            case EventKind::task_switch:
                task = static_cast<std::uint16_t>(event.value);
                break;
            case EventKind::irq_off:
                irqs_off = true;
                break;
            case EventKind::irq_on:
                irqs_off = false;
                break;
            case EventKind::preempt_off:
            case EventKind::preempt_on:
                preempt_count = count;
                break;
            case EventKind::context_enter:
                handlers.push_back(event.context);
                if (event.context != Context::softirq) irqs_off = true;
                break;
            case EventKind::context_exit:
                if (!handlers.empty()) handlers.pop_back();
                irqs_off = (event.aux & 2) == 0;
                break;
            default:
                break;
        }
    }

    bool in(Context context) const {
        return std::find(handlers.begin(), handlers.end(), context) != handlers.end();
    }
};

class RecordFold {
  public:
    explicit RecordFold(const ExportedRun& run)
        : run_(run), recording_(run.recording), words_(run.recording), times_(run.clock) {
        waiting_.fill(kNobody);
    }
    std::vector<KernelRecord> fold();

  private:
    static constexpr std::int32_t kNobody = -1;

    void take(const Event& event, std::size_t index);
    void take_lock_call(const Event& event, std::size_t index);
    void add(const char* name, const Event& event, std::vector<RecordValue> values);
    void add_word(const Event& event);
    void add_contended(const Event& event);
    void add_findings(const Event& event, std::uint64_t next_step);
    RecordValue lock_of(const Event& event) const { return {0, recording_.lock_name(event.lock)}; }
    RecordValue address_of(LockId lock) const;

    const ExportedRun& run_;
    const Recording& recording_;
    LockWords words_;
    ExportTimes times_;
    std::array<CpuNow, kCpusMax> cpus_{};
    // The attempt of each context that has not waited yet.
    std::array<std::int32_t, std::size_t{kCpusMax} * kContextsMax> waiting_{};
    std::size_t findings_told_ = 0;
    std::vector<KernelRecord> records_;
};

RecordValue RecordFold::address_of(LockId lock) const {
    for (const Place& place : recording_.places)
        if (place.kind == ObjectKind::lock_word && place.lock == lock) return {place.address, ""};
    return {};
}

void RecordFold::add(const char* name, const Event& event, std::vector<RecordValue> values) {
    const CpuNow& now = cpus_[event.cpu];
    KernelRecord record;
    record.format = format_called(name);
    record.time = times_.take(event.time, event.step);
    record.cpu = event.cpu;
    record.task = now.task;
    record.irqs_off = now.irqs_off;
    record.softirq = now.in(Context::softirq);
    record.hardirq = now.in(Context::hardirq);
    record.nmi = now.in(Context::nmi);
    record.preempt_count = now.preempt_count;
    record.values = std::move(values);
    record.values.push_back({event.time, ""});
    record.values.push_back({event.step, ""});
    SIM_CHECK(record.values.size() == record_formats()[record.format].fields.size());
    records_.push_back(std::move(record));
}

void RecordFold::add_word(const Event& event) {
    const WordLayout& layout = recording_.facts[event.lock].word;
    const std::uint32_t before = words_.take(event), after = words_.word(event.lock);
    const auto part = [](std::uint32_t word, std::uint32_t mask) {
        return RecordValue{mask == 0 ? 0 : WordField{"", mask}.of(word), ""};
    };
    add("lock_word", event,
        {lock_of(event),
         {before, ""},
         {after, ""},
         part(before, layout.tail_mask),
         part(before, layout.pending_mask),
         part(before, layout.locked_mask),
         part(after, layout.tail_mask),
         part(after, layout.pending_mask),
         part(after, layout.locked_mask),
         {0, word_change_text(layout, before, after)}});
}

void RecordFold::add_contended(const Event& event) {
    const std::size_t who = std::size_t{event.cpu} * kContextsMax + event.depth;
    if (event.depth >= kContextsMax || waiting_[who] == kNobody) return;
    const Attempt& attempt = run_.waits.attempts[static_cast<std::size_t>(waiting_[who])];
    waiting_[who] = kNobody;
    add("lock_contended", event,
        {{0, recording_.lock_name(attempt.lock)}, {0, event_text(recording_, event)}});
}

void RecordFold::take_lock_call(const Event& event, std::size_t index) {
    const std::int32_t attempt = run_.waits.attempt_at[index];
    const bool shallow = event.depth < kContextsMax;
    if (shallow) waiting_[std::size_t{event.cpu} * kContextsMax + event.depth] = kNobody;
    if (event.kind == EventKind::acquire_begin) {
        if (shallow) waiting_[std::size_t{event.cpu} * kContextsMax + event.depth] = attempt;
        return add("lock_acquire", event, {lock_of(event), {event.value, ""}});
    }
    if (event.value == 0) return add("lock_acquired", event, {lock_of(event), {0, ""}});
    std::string why;
    if (attempt >= 0)
        why = explain_attempt(recording_, run_.waits.attempts[static_cast<std::size_t>(attempt)]);
    add("lock_failed", event,
        {lock_of(event),
         {event.value, ""},
         {0, return_text(static_cast<std::int64_t>(event.value))},
         {0, why}});
}

void RecordFold::take(const Event& event, std::size_t index) {
    cpus_[event.cpu].take(event);
    switch (event.kind) {
        case EventKind::acquire_begin:
        case EventKind::acquire_end:
            return take_lock_call(event, index);
        case EventKind::release_begin:
            return add("lock_release", event, {lock_of(event)});
        case EventKind::release_end:
            return add("lock_released", event, {lock_of(event)});
        case EventKind::contention_begin:
            return add("contention_begin", event, {address_of(event.lock), lock_of(event)});
        case EventKind::contention_end:
            return add("contention_end", event,
                       {address_of(event.lock), lock_of(event), {event.value, ""}});
        case EventKind::time_leap:
            return add("time_leap", event, {{event.old, ""}, {event.value, ""}});
        case EventKind::point: {
            const bool known = event.aux < kPointCount;
            return add("point", event,
                       {{0, known ? std::string(kPoints[event.aux].name) : "?"}, lock_of(event)});
        }
        default:
            break;
    }
    if (is_word_store(recording_, event)) return add_word(event);
    if (event.kind == EventKind::park) add_contended(event);
    if (const char* const name = plain_name(event); name != nullptr)
        add(name, event, {{0, event_text(recording_, event)}});
}

// A finding stands behind the last event of its step.
void RecordFold::add_findings(const Event& event, std::uint64_t next_step) {
    const std::vector<Finding>& findings = recording_.findings;
    for (; findings_told_ < findings.size(); ++findings_told_) {
        const Finding& finding = findings[findings_told_];
        if (finding.step >= next_step) return;
        Event at = event;
        at.cpu = finding.cpu < kCpusMax ? finding.cpu : event.cpu;
        at.lock = finding.lock;
        add("finding", at,
            {{0, finding.oracle}, {0, finding.word}, lock_of(at), {0, finding.text}});
    }
}

std::vector<KernelRecord> RecordFold::fold() {
    const std::vector<Event>& events = recording_.events;
    for (std::size_t i = 0; i < events.size(); ++i) {
        if (events[i].cpu >= recording_.cpus) continue;
        take(events[i], i);
        const bool last = i + 1 == events.size();
        add_findings(events[i], last ? ~std::uint64_t{0} : events[i + 1].step);
    }
    return std::move(records_);
}

}  // namespace

const std::vector<RecordFormat>& record_formats() {
    static const std::vector<RecordFormat> kFormats = make_formats();
    return kFormats;
}

std::vector<KernelRecord> kernel_records(const ExportedRun& run) {
    return RecordFold(run).fold();
}

std::string record_text(const KernelRecord& record) {
    const std::vector<RecordField>& fields = record_formats()[record.format].fields;
    std::string text;
    for (std::size_t i = 0; i < fields.size(); ++i) {
        const RecordValue& value = record.values[i];
        text += (text.empty() ? "" : " ") + std::string(fields[i].name) + "=";
        char number[32];
        const char* format = fields[i].kind == Kind::hexadecimal ? "0x%llx" : "%lld";
        std::snprintf(number, sizeof number, format, static_cast<long long>(value.number));
        text += fields[i].kind == Kind::text ? value.text : number;
    }
    return text;
}

std::string comm_of(const Recording& recording, std::uint16_t task) {
    std::string name = task < recording.tasks.size() ? recording.tasks[task] : "task";
    std::replace(name.begin(), name.end(), ' ', '_');
    return name.substr(0, 15);
}

}  // namespace lockstep
