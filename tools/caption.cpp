// Sentences for events. What a store means is read off the fields it changes, not off the site.
#include "tools/caption.h"

#include "sim/points.h"
#include "tools/describe.h"

namespace lockstep {

namespace {

std::string who_text(const Event& event) {
    const std::string cpu = "CPU" + std::to_string(event.cpu);
    if (event.context == Context::task) return cpu;
    return "The " + std::string(context_name(event.context)) + " on " + cpu;
}

std::string cpu_word(unsigned cpu) {
    return "CPU" + std::to_string(cpu);
}

std::string queued_deed(const WordLayout& layout, std::uint32_t from, std::uint32_t to,
                        const std::string& lock) {
    const bool took = (from & layout.locked_mask) == 0 && (to & layout.locked_mask) != 0;
    const bool freed = (from & layout.locked_mask) != 0 && (to & layout.locked_mask) == 0;
    const bool pends = (from & layout.pending_mask) == 0 && (to & layout.pending_mask) != 0;
    const bool unpends = (from & layout.pending_mask) != 0 && (to & layout.pending_mask) == 0;
    const bool tail = ((from ^ to) & layout.tail_mask) != 0;
    const bool no_tail = tail && (to & layout.tail_mask) == 0;
    if (took && unpends) return "turns pending into locked: it owns " + lock + " now";
    if (took && no_tail) return "takes " + lock + " and, as nobody is behind it, ends the queue";
    if (took) return "takes " + lock + ": locked is set";
    if (freed) return "frees " + lock + ": locked is cleared";
    if (pends) return "sets pending: it is first in line for " + lock + " and needs no queue";
    if (unpends) return "clears pending: it no longer waits in front of the queue of " + lock;
    if (no_tail) return "takes the tail away: nobody queues for " + lock + " any more";
    if (tail) return "puts its node at the tail of the queue of " + lock;
    return "writes to " + lock + " and changes nothing";
}

std::string word_deed(const Recording& recording, const Event& event, std::uint32_t word) {
    const std::string lock = recording.lock_name(event.lock);
    const LockFacts* facts = recording.facts_of(event.lock);
    const std::uint32_t to = merge_word(word, event, event.value);
    if (facts == nullptr) return "writes to " + lock;
    if (facts->word.shape == WordLayout::Shape::queued)
        return queued_deed(facts->word, word, to, lock);
    return "changes " + lock + " from " + word_text(facts->word, word) + " to " +
           word_text(facts->word, to);
}

std::string held_deed(const Recording& recording, const Event& event) {
    const std::string place = place_text(recording, event);
    const std::string value = value_text(recording, event, event.value);
    const bool own = event.cpu == event.object_cpu;
    const std::string table =
        own ? "its table of held locks" : "the table of " + cpu_word(event.object_cpu);
    if (place.ends_with(".count"))
        return event.value > event.old ? "makes room for one more entry in " + table
                                       : "has one entry fewer in " + table;
    if (value == "NULL") return "strikes out an entry of " + table;
    return "notes " + value.substr(value.starts_with("&") ? 1 : 0) + " in " + table +
           ", before it has the lock";
}

std::string node_deed(const Recording& recording, const Event& event) {
    const std::string place = place_text(recording, event);
    const std::string value = value_text(recording, event, event.value);
    const bool own = event.cpu == event.object_cpu;
    if (place.ends_with(".count"))
        return event.value > event.old ? "takes one of its queue nodes" : "gives its node back";
    if (place.ends_with(".next"))
        return value == "NULL" ? "prepares its node: nobody is behind it"
                               : "links itself in behind " + cpu_word(event.object_cpu);
    if (place.ends_with(".locked") && event.value == 0) return "prepares its node: it must wait";
    if (place.ends_with(".locked") && event.value == 1)
        return own ? "marks its own node as head"
                   : "makes " + cpu_word(event.object_cpu) + " the head of the queue";
    if (place.ends_with(".locked")) return "tells " + cpu_word(event.object_cpu) + " to give up";
    return "writes " + value + " to " + place;
}

std::string store_deed(const Recording& recording, const Event& event, std::uint32_t word) {
    switch (event.object_kind) {
        case ObjectKind::lock_word:
            return word_deed(recording, event, word);
        case ObjectKind::held_table:
            return held_deed(recording, event);
        case ObjectKind::queue_node:
            return node_deed(recording, event);
        case ObjectKind::variable:
        case ObjectKind::other:
            break;
    }
    return "writes: " + event_text(recording, event);
}

// "A is locked, a waiter is pending and others queue"
std::string seen_word(const WordLayout& layout, std::uint32_t word, const std::string& lock) {
    if (word == 0) return lock + " is free and nobody waits";
    std::string text = (word & layout.locked_mask) != 0 ? " is locked" : " is not locked";
    if ((word & layout.pending_mask) != 0) text += ", a waiter is pending";
    if ((word & layout.tail_mask) != 0) text += ", there is a queue";
    return lock + text;
}

std::string load_deed(const Recording& recording, const Event& event) {
    const std::string seen =
        place_text(recording, event) + " is " + value_text(recording, event, event.value);
    const LockFacts* facts = recording.facts_of(event.lock);
    const bool word = event.object_kind == ObjectKind::lock_word && event.size == 4;
    if (word && facts != nullptr && facts->word.shape == WordLayout::Shape::queued)
        return "sees that " + seen_word(facts->word, static_cast<std::uint32_t>(event.value),
                                        recording.lock_name(event.lock));
    if (event.object_kind == ObjectKind::held_table && event.object_cpu != event.cpu)
        return "looks at what " + cpu_word(event.object_cpu) + " holds or wants: " + seen;
    if (event.object_kind == ObjectKind::held_table) return "looks at its own table: " + seen;
    return "sees that " + seen;
}

std::string call_deed(const Recording& recording, const Event& event) {
    const std::string lock = recording.lock_name(event.lock);
    switch (event.kind) {
        case EventKind::acquire_begin:
            return "asks for " + lock + (event.value == 1 ? ", without waiting" : "");
        case EventKind::acquire_end: {
            const auto value = static_cast<std::int64_t>(event.value);
            if (value == 0) return "has " + lock;
            return "is refused " + lock + ": " + return_text(value);
        }
        case EventKind::release_begin:
            return "gives " + lock + " back";
        default:
            return "is done with giving " + lock + " back";
    }
}

std::string enter_text(const Event& event) {
    const std::string what = context_name(event.context);
    return (what == "nmi" ? "An " : "A ") + what + " strikes " + cpu_word(event.cpu) +
           ": what ran there stands still until it returns.";
}

}  // namespace

std::string caption_text(const Recording& recording, const Event& event, std::uint32_t word) {
    const std::string who = who_text(event) + " ";
    switch (event.kind) {
        case EventKind::store:
            return who + store_deed(recording, event, word) + ".";
        case EventKind::load:
            return who + load_deed(recording, event) + ".";
        case EventKind::acquire_begin:
        case EventKind::acquire_end:
        case EventKind::release_begin:
        case EventKind::release_end:
            return who + call_deed(recording, event) + ".";
        case EventKind::context_enter:
            return enter_text(event);
        case EventKind::context_exit:
            return who + "returns; what it interrupted goes on.";
        case EventKind::park:
            return who + event_text(recording, event) + ", and nothing it sees changes until " +
                   "somebody stores there or time passes.";
        case EventKind::time_leap:
            return "Nobody has anything to do before " + time_text(event.value) +
                   ": time leaps there.";
        case EventKind::fence:
            return who +
                   "orders what it did before it and after it: " + event_text(recording, event) +
                   ".";
        case EventKind::point:
            return who + "is at the point " +
                   (event.aux < kPointCount ? std::string(kPoints[event.aux].name) + ": " +
                                                  std::string(kPoints[event.aux].meaning)
                                            : "?") +
                   ".";
        case EventKind::execution_end:
            return "The end: " + std::string(end_reason_text(static_cast<EndReason>(event.value))) +
                   ".";
        default:
            return who + event_text(recording, event) + ".";
    }
}

}  // namespace lockstep
