// Words for events. Every switch is over an enum without a default, so a new kind is a warning.
#include "tools/describe.h"

#include <cstdio>
#include <cstring>

#include "sim/kernel.h"
#include "sim/points.h"

namespace lockstep {

namespace {

std::string format_decimal(double number, const char* unit) {
    char text[48];
    std::snprintf(text, sizeof text, "%.3f", number);
    std::string digits = text;
    // 250.000 reads as 250, but 2.750 stays: all times of a column then look alike.
    if (digits.size() > 4 && digits.compare(digits.size() - 4, 4, ".000") == 0)
        digits.resize(digits.size() - 4);
    return digits + " " + unit;
}

std::string hex(std::uint64_t value) {
    char text[24];
    std::snprintf(text, sizeof text, "0x%llx", static_cast<unsigned long long>(value));
    return text;
}

std::uint32_t field(std::uint32_t word, std::uint32_t mask) {
    return mask == 0 ? 0 : (word & mask) >> __builtin_ctz(mask);
}

std::string tail_text(const WordLayout& layout, std::uint32_t word) {
    if ((word & layout.tail_mask) == 0) return "-";
    std::uint32_t cpu = (word & layout.tail_mask) >> layout.tail_cpu_shift;
    std::uint32_t index = (word >> layout.tail_index_shift) & 3;
    return "cpu" + std::to_string(static_cast<int>(cpu) - 1) + "." + std::to_string(index);
}

const char* base_name(const char* path) {
    const char* slash = std::strrchr(path, '/');
    return slash == nullptr ? path : slash + 1;
}

// Which part of a lock word an access of that size and offset means.
std::string word_part(const WordLayout& layout, const Event& event) {
    if (layout.shape != WordLayout::Shape::queued || event.size >= 4) return "";
    std::uint64_t bits = ((std::uint64_t{1} << (event.size * 8)) - 1) << (event.offset * 8);
    std::string part;
    if ((bits & layout.locked_mask) != 0) part += ".locked";
    if ((bits & layout.pending_mask) != 0) part += part.empty() ? ".pending" : "_pending";
    if ((bits & layout.tail_mask) != 0) part += part.empty() ? ".tail" : "_tail";
    return part;
}

std::string node_part(const QueueNodeLayout& nodes, const Event& event) {
    std::string cpu = "[cpu" + std::to_string(event.object_cpu) + "]";
    if (nodes.stride == 0) return cpu;
    std::uint32_t index = event.offset / nodes.stride, inside = event.offset % nodes.stride;
    std::string part = cpu + "[" + std::to_string(index) + "]";
    if (inside == nodes.next_offset) return part + ".next";
    if (inside == nodes.locked_offset) return part + ".locked";
    if (inside == nodes.count_offset) return part + ".count";
    return part + "+" + std::to_string(inside);
}

std::string table_part(const HeldTableLayout& table, const Event& event) {
    std::string cpu = "[cpu" + std::to_string(event.object_cpu) + "]";
    if (event.offset == table.count_offset) return cpu + ".count";
    if (table.entry_size == 0 || event.offset < table.entries_offset)
        return cpu + "+" + std::to_string(event.offset);
    std::uint32_t slot = (event.offset - table.entries_offset) / table.entry_size;
    return cpu + ".locks[" + std::to_string(slot) + "]";
}

// Facts of whichever lock has a table or nodes: they are the port's and the same for all.
const LockFacts* queue_facts(const Recording& recording) {
    for (const LockFacts& facts : recording.facts)
        if (facts.nodes.nodes != 0 || facts.held_table.entries != 0) return &facts;
    return recording.facts.empty() ? nullptr : &recording.facts.front();
}

const char* wait_kind_text(std::uint32_t kind) {
    switch (static_cast<WaitKind>(kind)) {
        case WaitKind::none:
            return "waits";
        case WaitKind::spin:
            return "spins";
        case WaitKind::wfe:
            return "waits in WFE";
        case WaitKind::delay:
            return "is busy";
        case WaitKind::sleep:
            return "sleeps";
        case WaitKind::predicate:
            return "waits for its condition";
        case WaitKind::halt:
            return "halts until it is kicked";
    }
    return "waits";
}

const char* wake_reason_text(std::uint32_t reason) {
    switch (static_cast<WakeReason>(reason)) {
        case WakeReason::store:
            return "woken by a store";
        case WakeReason::time:
            return "woken by the clock";
        case WakeReason::interrupt:
            return "woken by an interrupt";
        case WakeReason::event_stream:
            return "woken by the event stream";
        case WakeReason::gave_up:
            return "gives up its bounded spin";
        case WakeReason::kick:
            return "woken by a kick";
    }
    return "woken";
}

std::string fence_text(std::uint64_t kind) {
    switch (kind) {
        case SIM_MB:
            return "smp_mb()";
        case SIM_RMB:
            return "smp_rmb()";
        case SIM_WMB:
            return "smp_wmb()";
        default:
            return "smp_acquire__after_ctrl_dep()";
    }
}

std::string store_text(const Recording& recording, const Event& event) {
    std::string where = place_text(recording, event);
    const LockFacts* facts = recording.facts_of(event.lock);
    bool word = event.object_kind == ObjectKind::lock_word && facts != nullptr;
    if (word && event.size == 4 && facts->word.shape == WordLayout::Shape::queued)
        return where + " " +
               word_change_text(facts->word, static_cast<std::uint32_t>(event.old),
                                static_cast<std::uint32_t>(event.value));
    return where + " = " + value_text(recording, event, event.value);
}

std::string label_text(const Recording& recording, std::uint64_t value) {
    std::size_t program = value >> 16, label = value & 0xffff;
    if (program >= recording.labels.size() || label >= recording.labels[program].size())
        return "label";
    return recording.labels[program][label] + ": (" + recording.programs[program] + ")";
}

std::string task_text(const Recording& recording, std::uint64_t task) {
    std::string text = "task " + std::to_string(task);
    return task < recording.tasks.size() ? text + " (" + recording.tasks[task] + ")" : text;
}

std::string context_event_text(const Recording& recording, const Event& event) {
    switch (event.kind) {
        case EventKind::context_enter:
            return std::string("enters ") + context_name(event.context);
        case EventKind::context_exit:
            return std::string("leaves ") + context_name(event.context);
        case EventKind::task_start:
            return "starts " + task_text(recording, event.value);
        case EventKind::task_end:
            return "task ends";
        case EventKind::task_switch:
            return "switches to " + task_text(recording, event.value);
        case EventKind::irq_off:
            return "irqs off";
        case EventKind::irq_on:
            return "irqs on";
        case EventKind::preempt_off:
            return "preempt off";
        case EventKind::preempt_on:
            return "preempt count " + std::to_string(event.value);
        case EventKind::inject_fired: {
            bool known = event.value < recording.injections.size();
            return "injected: " + (known ? recording.injections[event.value] : "?");
        }
        default:
            return event_kind_name(event.kind);
    }
}

std::string note_text(const Recording& recording, const Event& event) {
    std::string text = event.text == nullptr ? "" : event.text;
    switch (event.kind) {
        case EventKind::point: {
            std::string name = event.aux < kPointCount ? std::string(kPoints[event.aux].name) : "?";
            bool lock = event.lock != kNoLock;
            return "point " + name + (lock ? " of " + recording.lock_name(event.lock) : "");
        }
        case EventKind::label:
            return label_text(recording, event.value);
        case EventKind::lock_event:
            return "lock event " + text;
        case EventKind::contention_begin:
            return "contention begins";
        case EventKind::contention_end:
            return "contention ends: " + return_text(static_cast<std::int64_t>(event.value));
        case EventKind::printk:
            return "printk: " + text;
        case EventKind::warn:
            return "WARN " + source_text(recording, event);
        case EventKind::bug:
            return "BUG " + (text.empty() ? source_text(recording, event) : text);
        case EventKind::execution_end:
            return std::string("the end: ") + end_reason_text(static_cast<EndReason>(event.value));
        default:
            return event_kind_name(event.kind);
    }
}

std::string wait_text(const Recording& recording, const Event& event) {
    switch (event.kind) {
        case EventKind::park: {
            std::string text = wait_kind_text(event.aux);
            bool named = event.object_kind != ObjectKind::other || event.object != kNoObject;
            return named ? text + " on " + place_text(recording, event) : text;
        }
        case EventKind::wake:
            return wake_reason_text(event.aux);
        case EventKind::clock_read:
            return "reads the clock: " + time_text(event.value);
        case EventKind::time_leap:
            return "time leaps to " + time_text(event.value);
        case EventKind::stall_begin:
            return "vCPU taken away for " + time_text(event.value);
        case EventKind::stall_end:
            return "vCPU is back";
        default:
            return event_kind_name(event.kind);
    }
}

}  // namespace

std::string time_text(TimeNs ns) {
    if (ns == kNever) return "never";
    if (ns < 10 * kNsPerUs) return std::to_string(ns) + " ns";
    double value = static_cast<double>(ns);
    if (ns < kNsPerMs) return format_decimal(value / 1e3, "us");
    if (ns < kNsPerSec) return format_decimal(value / 1e6, "ms");
    return format_decimal(value / 1e9, "s");
}

std::string return_text(std::int64_t value) {
    switch (value) {
        case -kEdeadlk:
            return "-EDEADLK";
        case -kEtimedout:
            return "-ETIMEDOUT";
        case -16:
            return "-EBUSY";
        default:
            return std::to_string(value);
    }
}

std::string hash_text(std::uint64_t hash) {
    char text[20];
    std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(hash));
    return text;
}

std::string site_text(const sim_site* site) {
    if (site == nullptr) return "";
    std::string text = std::string(base_name(site->file)) + ":" + std::to_string(site->line);
    return site->expression == nullptr ? text : text + " " + site->expression;
}

const char* event_kind_name(EventKind kind) {
    static constexpr const char* kNames[] = {"load",           "store",
                                             "fence",          "acquire_begin",
                                             "acquire_end",    "release_begin",
                                             "release_end",    "context_enter",
                                             "context_exit",   "task_start",
                                             "task_end",       "task_switch",
                                             "irq_off",        "irq_on",
                                             "preempt_off",    "preempt_on",
                                             "park",           "wake",
                                             "clock_read",     "time_leap",
                                             "stall_begin",    "stall_end",
                                             "point",          "label",
                                             "lock_event",     "contention_begin",
                                             "contention_end", "printk",
                                             "warn",           "bug",
                                             "inject_fired",   "execution_end"};
    static_assert(sizeof kNames / sizeof kNames[0] ==
                  static_cast<unsigned>(EventKind::execution_end) + 1);
    return kNames[static_cast<unsigned>(kind)];
}

const char* end_reason_text(EndReason reason) {
    switch (reason) {
        case EndReason::finished:
            return "every task ran to its end";
        case EndReason::stuck:
            return "somebody is unfinished and nothing can happen any more";
        case EndReason::step_limit:
            return "the step limit was reached";
        case EndReason::time_limit:
            return "the limit of virtual time was reached";
        case EndReason::bug:
            return "the code under test crashed";
    }
    return "?";
}

std::string context_text(CpuId cpu, Context context) {
    return "CPU" + std::to_string(cpu) + " " + context_name(context);
}

// "free", "CPU0", "CPU0, tail CPU2"; with other bits set the word itself too.
static std::string owned_text(const WordLayout& layout, std::uint32_t word) {
    std::string text = "free";
    if ((word & layout.locked_mask) != 0)
        text = "CPU" + std::to_string(((word & layout.owner_mask) >> layout.owner_shift) -
                                      layout.owner_bias);
    if (std::uint32_t tail = word & layout.tail_mask; tail != 0)
        text += ", tail CPU" + std::to_string((tail >> layout.tail_cpu_shift) - 1);
    if ((word & ~(layout.locked_mask | layout.owner_mask | layout.tail_mask)) != 0)
        text += " [" + hex(word) + "]";
    return text;
}

std::string word_text(const WordLayout& layout, std::uint32_t word) {
    switch (layout.shape) {
        case WordLayout::Shape::queued:
            return "(" + tail_text(layout, word) + "," +
                   std::to_string(field(word, layout.pending_mask)) + "," +
                   std::to_string(field(word, layout.locked_mask)) + ")";
        case WordLayout::Shape::test_and_set:
            return word == 0 ? "free" : (word == 1 ? "taken" : hex(word));
        case WordLayout::Shape::owned:
            return owned_text(layout, word);
        case WordLayout::Shape::ticket:
            return "(" + std::to_string(field(word, layout.tail_mask)) + "," +
                   std::to_string(field(word, layout.locked_mask)) + ")";
        case WordLayout::Shape::opaque:
            return hex(word);
    }
    return hex(word);
}

std::string word_change_text(const WordLayout& layout, std::uint32_t from, std::uint32_t to) {
    std::string before = word_text(layout, from) + " -> ";
    if (layout.shape != WordLayout::Shape::queued) return before + word_text(layout, to);
    auto star = [&](std::uint32_t mask) { return ((from ^ to) & mask) != 0 ? "*" : ""; };
    return before + "(" + star(layout.tail_mask) + tail_text(layout, to) + "," +
           star(layout.pending_mask) + std::to_string(field(to, layout.pending_mask)) + "," +
           star(layout.locked_mask) + std::to_string(field(to, layout.locked_mask)) + ")";
}

std::string place_text(const Recording& recording, const Event& event) {
    const LockFacts* facts = recording.facts_of(event.lock);
    const LockFacts* queue = queue_facts(recording);
    switch (event.object_kind) {
        case ObjectKind::lock_word: {
            std::string part = facts == nullptr ? "" : word_part(facts->word, event);
            return recording.lock_name(event.lock) + part;
        }
        case ObjectKind::held_table:
            return "held" + (queue == nullptr ? "" : table_part(queue->held_table, event));
        case ObjectKind::queue_node:
            return "node" + (queue == nullptr ? "" : node_part(queue->nodes, event));
        case ObjectKind::variable:
        case ObjectKind::other:
            break;
    }
    if (event.object >= recording.places.size()) return "unnamed memory";
    std::string name = recording.places[event.object].name;
    return event.offset == 0 ? name : name + "+" + std::to_string(event.offset);
}

std::string value_text(const Recording& recording, const Event& event, std::uint64_t value) {
    bool pointer = event.size == 8 && value != 0;
    const Place* place = pointer ? recording.place_at(value) : nullptr;
    if (place != nullptr) {
        Event there;
        there.object_kind = place->kind;
        there.object_cpu = place->cpu;
        there.lock = place->lock;
        there.size = 8;
        there.offset = static_cast<std::uint32_t>(value - place->address);
        if (place->kind == ObjectKind::queue_node) {
            const LockFacts* facts = queue_facts(recording);
            std::uint32_t stride = facts == nullptr ? 0 : facts->nodes.stride;
            std::string index = stride == 0 ? "?" : std::to_string(there.offset / stride);
            return "&node[cpu" + std::to_string(place->cpu) + "][" + index + "]";
        }
        if (place->kind == ObjectKind::lock_word) return "&" + recording.lock_name(place->lock);
        return "&" + place->name;
    }
    const bool counts = event.object_kind == ObjectKind::variable;
    if (event.size == 8 && value == 0 && !counts) return "NULL";
    const LockFacts* facts = recording.facts_of(event.lock);
    if (event.object_kind == ObjectKind::lock_word && event.size == 4 && facts != nullptr)
        return word_text(facts->word, static_cast<std::uint32_t>(value));
    return value < 10'000 ? std::to_string(value) : hex(value);
}

std::string acquire_text(const Recording& recording, LockId lock, bool trylock) {
    const LockFacts* facts = recording.facts_of(lock);
    bool resilient = facts != nullptr && facts->resilient;
    std::string call =
        std::string(resilient ? "res_" : "") + (trylock ? "spin_trylock" : "spin_lock");
    return call + "(" + recording.lock_name(lock) + ")";
}

std::string release_text(const Recording& recording, LockId lock) {
    const LockFacts* facts = recording.facts_of(lock);
    bool resilient = facts != nullptr && facts->resilient;
    return std::string(resilient ? "res_" : "") + "spin_unlock(" + recording.lock_name(lock) + ")";
}

std::string source_text(const Recording& recording, const Event& event) {
    if (event.pc != 0 && recording.describe_pc) {
        std::string where = recording.describe_pc(event.pc);
        // "kernel/bpf/rqspinlock.c:103 name": other sites are shown without their folder as well.
        std::size_t slash = where.rfind('/', where.find(':'));
        if (!where.empty()) return slash == std::string::npos ? where : where.substr(slash + 1);
    }
    if (event.site == nullptr || event.site->line == 0) return "";
    return site_text(event.site);
}

std::string event_text(const Recording& recording, const Event& event) {
    switch (event.kind) {
        case EventKind::load:
            return place_text(recording, event) + " is " +
                   value_text(recording, event, event.value);
        case EventKind::store:
            return store_text(recording, event);
        case EventKind::fence:
            return fence_text(event.order);
        case EventKind::acquire_begin:
            return acquire_text(recording, event.lock, event.value == 1) + " begins";
        case EventKind::acquire_end:
            return acquire_text(recording, event.lock, false) + " = " +
                   return_text(static_cast<std::int64_t>(event.value));
        case EventKind::release_begin:
            return release_text(recording, event.lock) + " begins";
        case EventKind::release_end:
            return release_text(recording, event.lock) + " is done";
        case EventKind::context_enter:
        case EventKind::context_exit:
        case EventKind::task_start:
        case EventKind::task_end:
        case EventKind::task_switch:
        case EventKind::irq_off:
        case EventKind::irq_on:
        case EventKind::preempt_off:
        case EventKind::preempt_on:
        case EventKind::inject_fired:
            return context_event_text(recording, event);
        case EventKind::park:
        case EventKind::wake:
        case EventKind::clock_read:
        case EventKind::time_leap:
        case EventKind::stall_begin:
        case EventKind::stall_end:
            return wait_text(recording, event);
        case EventKind::point:
        case EventKind::label:
        case EventKind::lock_event:
        case EventKind::contention_begin:
        case EventKind::contention_end:
        case EventKind::printk:
        case EventKind::warn:
        case EventKind::bug:
        case EventKind::execution_end:
            return note_text(recording, event);
    }
    return "";
}

std::uint32_t merge_word(std::uint32_t word, const Event& event, std::uint64_t value) {
    if (event.offset >= 4) return word;
    std::uint64_t bits =
        event.size >= 8 ? ~std::uint64_t{0} : (std::uint64_t{1} << (event.size * 8)) - 1;
    std::uint64_t mask = bits << (event.offset * 8);
    return static_cast<std::uint32_t>((word & ~mask) | ((value << (event.offset * 8)) & mask));
}

}  // namespace lockstep
