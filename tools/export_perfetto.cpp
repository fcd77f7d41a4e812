// A run as a Perfetto trace: protobuf, of which three wire types are enough. Field numbers are
// those of Perfetto's trace_packet.proto, track_descriptor.proto and track_event.proto.
//
//   CPU0                            lock A
//     task ab    |attempt |wait|      tail     counter
//       holds    |A          |        pending  counter
//     nmi             |handler|       locked   counter
//
// Flows: a release to the slice of the waiter that got the lock, an injection to its handler.
#include <map>
#include <tuple>

#include "tools/describe.h"
#include "tools/exporter.h"

namespace lockstep {

namespace {

class Message {
  public:
    void varint(unsigned field, std::uint64_t value) {
        raw_varint(field << 3);
        raw_varint(value);
    }
    void fixed64(unsigned field, std::uint64_t value) {
        raw_varint(field << 3 | 1);
        for (unsigned i = 0; i < 8; ++i) bytes_ += static_cast<char>(value >> (8 * i) & 0xff);
    }
    void text(unsigned field, const std::string& value) {
        raw_varint(field << 3 | 2);
        raw_varint(value.size());
        bytes_ += value;
    }
    void message(unsigned field, const Message& value) { text(field, value.bytes_); }
    std::string& bytes() { return bytes_; }

  private:
    void raw_varint(std::uint64_t value) {
        for (; value >= 0x80; value >>= 7) bytes_ += static_cast<char>(value | 0x80);
        bytes_ += static_cast<char>(value);
    }
    std::string bytes_;
};

constexpr unsigned kTracePacket = 1;
constexpr unsigned kPacketTime = 8, kPacketSequence = 10, kPacketEvent = 11, kPacketTrack = 60;
constexpr unsigned kTrackUuid = 1, kTrackName = 2, kTrackProcess = 3, kTrackParent = 5,
                   kTrackCounter = 8, kTrackOrdering = 11, kTrackRank = 12;
constexpr unsigned kProcessPid = 1, kProcessName = 6;
constexpr unsigned kEventAnnotation = 4, kEventType = 9, kEventTrack = 11, kEventName = 23,
                   kEventCounter = 30, kEventFlow = 47, kEventFlowEnd = 48;
constexpr unsigned kAnnotationString = 6, kAnnotationName = 10;
constexpr std::uint64_t kSliceBegin = 1, kSliceEnd = 2, kInstant = 3, kCounter = 4;
constexpr std::uint64_t kExplicitOrder = 3;

// Something on a track at a time.
struct TrackPoint {
    std::uint64_t type = kInstant;
    std::uint64_t track = 0;
    std::string name;
    std::vector<std::pair<std::string, std::string>> annotations;
    std::uint64_t flow = 0, flow_end = 0;  // 0: none
    std::uint64_t value = 0;               // of a counter
};

class PerfettoTrace {
  public:
    explicit PerfettoTrace(const ExportedRun& run)
        : run_(run), recording_(run.recording), words_(run.recording), times_(run.clock) {}
    std::string write();

  private:
    using ActorKey = std::tuple<CpuId, std::uint8_t, std::uint16_t>;  // cpu, depth, task
    struct ActorState {
        std::uint64_t track = 0, holds = 0;
        unsigned waits_open = 0;
    };

    std::uint64_t add_track(const std::string& name, std::uint64_t parent, unsigned rank);
    void packet(unsigned field, const Message& message, bool timed);
    void put(const TrackPoint& point);
    void instant(const Event& event, const std::string& name);
    void add_cpus();
    void add_locks();
    ActorState& actor(const Event& event);
    std::uint64_t holds_track(const Event& event);
    void close_waits(const Event& event);
    void take(const Event& event, std::size_t index);
    void take_context(const Event& event);
    void take_attempt(const Event& event, std::size_t index);
    void take_release(const Event& event, std::size_t index);
    void take_word(const Event& event);
    void tell_findings(std::uint64_t next_step);

    const ExportedRun& run_;
    const Recording& recording_;
    LockWords words_;
    ExportTimes times_;
    std::uint64_t now_ = 0;
    std::string bytes_;
    std::uint64_t tracks_ = 0, flows_ = 0, time_track_ = 0;
    std::vector<std::uint64_t> cpu_tracks_;
    std::vector<std::vector<std::pair<WordField, std::uint64_t>>> counters_;  // by lock
    std::map<ActorKey, ActorState> actors_;
    std::map<CpuId, std::uint16_t> task_;
    std::map<CpuId, std::uint64_t> injected_;  // the flow to the handler that is about to begin
    // Of a lock: the flow of its last release, and which event that was.
    std::map<LockId, std::pair<std::uint64_t, std::size_t>> released_;
    std::size_t findings_told_ = 0;
};

void PerfettoTrace::packet(unsigned field, const Message& message, bool timed) {
    Message packet, trace;
    if (timed) packet.varint(kPacketTime, now_);
    packet.varint(kPacketSequence, 1);
    packet.message(field, message);
    trace.message(kTracePacket, packet);
    bytes_ += trace.bytes();
}

std::uint64_t PerfettoTrace::add_track(const std::string& name, std::uint64_t parent,
                                       unsigned rank) {
    Message track;
    track.varint(kTrackUuid, ++tracks_);
    track.text(kTrackName, name);
    if (parent != 0) track.varint(kTrackParent, parent);
    track.varint(kTrackRank, rank);
    packet(kPacketTrack, track, false);
    return tracks_;
}

void PerfettoTrace::put(const TrackPoint& point) {
    Message event;
    event.varint(kEventType, point.type);
    event.varint(kEventTrack, point.track);
    if (!point.name.empty()) event.text(kEventName, point.name);
    if (point.type == kCounter) event.varint(kEventCounter, point.value);
    for (const auto& [name, text] : point.annotations) {
        Message annotation;
        annotation.text(kAnnotationName, name);
        annotation.text(kAnnotationString, text);
        event.message(kEventAnnotation, annotation);
    }
    if (point.flow != 0) event.fixed64(kEventFlow, point.flow);
    if (point.flow_end != 0) event.fixed64(kEventFlowEnd, point.flow_end);
    packet(kPacketEvent, event, true);
}

// A CPU is a process to Perfetto: that is what it groups tracks by.
void PerfettoTrace::add_cpus() {
    for (unsigned cpu = 0; cpu < recording_.cpus; ++cpu) {
        Message process, track;
        const std::string name = "CPU" + std::to_string(cpu);
        process.varint(kProcessPid, cpu + 1);
        process.text(kProcessName, name);
        track.varint(kTrackUuid, ++tracks_);
        track.text(kTrackName, name);
        track.message(kTrackProcess, process);
        track.varint(kTrackOrdering, kExplicitOrder);
        packet(kPacketTrack, track, false);
        cpu_tracks_.push_back(tracks_);
    }
}

void PerfettoTrace::add_locks() {
    for (std::size_t lock = 0; lock < recording_.locks.size(); ++lock) {
        const std::uint64_t group =
            add_track("lock " + recording_.locks[lock], 0, static_cast<unsigned>(lock));
        counters_.emplace_back();
        for (const WordField& field : word_fields(recording_.facts[lock].word)) {
            Message track;
            track.varint(kTrackUuid, ++tracks_);
            track.text(kTrackName, recording_.locks[lock] + "." + field.name);
            track.varint(kTrackParent, group);
            track.message(kTrackCounter, Message());
            packet(kPacketTrack, track, false);
            counters_.back().emplace_back(field, tracks_);
            TrackPoint zero;
            zero.type = kCounter;
            zero.track = tracks_;
            put(zero);
        }
    }
}

PerfettoTrace::ActorState& PerfettoTrace::actor(const Event& event) {
    const std::uint16_t task = event.depth == 0 ? task_[event.cpu] : std::uint16_t{0};
    // A handler is told from others of its depth by what it is: nmi and hardirq both strike tasks.
    const auto handler =
        static_cast<std::uint8_t>(event.depth == 0 ? Context::task : event.context);
    ActorState& state = actors_[{event.cpu, handler, task}];
    if (state.track != 0) return state;
    std::string name = context_name(event.context);
    if (event.depth == 0 && task < recording_.tasks.size()) name += " " + recording_.tasks[task];
    state.track = add_track(name, cpu_tracks_[event.cpu], handler);
    return state;
}

// Critical sections need not nest in attempts, so they have a track of their own.
std::uint64_t PerfettoTrace::holds_track(const Event& event) {
    ActorState& state = actor(event);
    if (state.holds == 0) state.holds = add_track("holds", state.track, 0);
    return state.holds;
}

void PerfettoTrace::instant(const Event& event, const std::string& name) {
    TrackPoint point;
    point.track = actor(event).track;
    point.name = name;
    const std::string source = source_text(recording_, event);
    if (!source.empty()) point.annotations.emplace_back("source", source);
    put(point);
}

void PerfettoTrace::close_waits(const Event& event) {
    ActorState& state = actor(event);
    for (; state.waits_open > 0; --state.waits_open) {
        TrackPoint end;
        end.type = kSliceEnd;
        end.track = state.track;
        put(end);
    }
}

void PerfettoTrace::take_context(const Event& event) {
    close_waits(event);
    TrackPoint point;
    point.track = actor(event).track;
    point.type = event.kind == EventKind::context_enter ? kSliceBegin : kSliceEnd;
    if (event.kind == EventKind::context_enter) {
        point.name = std::string(context_name(event.context)) + " handler";
        point.flow_end = injected_[event.cpu];
        injected_[event.cpu] = 0;
    }
    put(point);
}

void PerfettoTrace::take_attempt(const Event& event, std::size_t index) {
    close_waits(event);
    TrackPoint point;
    point.track = actor(event).track;
    const std::int32_t number = run_.waits.attempt_at[index];
    if (number < 0) return;
    const Attempt& attempt = run_.waits.attempts[static_cast<std::size_t>(number)];
    if (event.kind == EventKind::acquire_begin) {
        point.type = kSliceBegin;
        point.name = acquire_text(recording_, event.lock, attempt.trylock);
        point.annotations.emplace_back("returns",
                                       attempt.ended ? return_text(attempt.ret) : "never");
        const std::string why = explain_attempt(recording_, attempt);
        if (!why.empty()) point.annotations.emplace_back("why", why);
        return put(point);
    }
    point.type = kSliceEnd;
    put(point);
    if (attempt.ret != 0)
        return instant(event, acquire_text(recording_, event.lock, attempt.trylock) + " = " +
                                  return_text(attempt.ret));
    TrackPoint holds;
    holds.type = kSliceBegin;
    holds.track = holds_track(event);
    holds.name = recording_.lock_name(event.lock);
    // A hand-over is a release while this one was already asking.
    const auto [flow, released_at] = released_[event.lock];
    if (flow != 0 && released_at > attempt.begin) holds.flow_end = flow;
    released_[event.lock] = {};
    put(holds);
}

void PerfettoTrace::take_release(const Event& event, std::size_t index) {
    TrackPoint release;
    release.track = holds_track(event);
    release.name = "release " + recording_.lock_name(event.lock);
    release.flow = ++flows_;
    released_[event.lock] = {release.flow, index};
    put(release);
    TrackPoint end;
    end.type = kSliceEnd;
    end.track = release.track;
    put(end);
}

void PerfettoTrace::take_word(const Event& event) {
    const std::uint32_t before = words_.take(event), after = words_.word(event.lock);
    for (const auto& [field, track] : counters_[event.lock]) {
        if (field.of(before) == field.of(after)) continue;
        TrackPoint point;
        point.type = kCounter;
        point.track = track;
        point.value = field.of(after);
        put(point);
    }
    const WordLayout& layout = recording_.facts[event.lock].word;
    instant(event,
            recording_.lock_name(event.lock) + " " + word_change_text(layout, before, after));
}

void PerfettoTrace::take(const Event& event, std::size_t index) {
    switch (event.kind) {
        case EventKind::task_start:
        case EventKind::task_switch:
            task_[event.cpu] = static_cast<std::uint16_t>(event.value);
            return instant(event, event_text(recording_, event));
        case EventKind::context_enter:
        case EventKind::context_exit:
            return take_context(event);
        case EventKind::acquire_begin:
        case EventKind::acquire_end:
            return take_attempt(event, index);
        case EventKind::release_begin:
            return take_release(event, index);
        case EventKind::park: {
            ActorState& state = actor(event);
            ++state.waits_open;
            TrackPoint point;
            point.type = kSliceBegin;
            point.track = state.track;
            point.name = event_text(recording_, event);
            return put(point);
        }
        case EventKind::wake:
            return close_waits(event);
        case EventKind::inject_fired: {
            TrackPoint point;
            point.track = cpu_tracks_[event.cpu];
            point.name = event_text(recording_, event);
            const std::string& what = event.value < recording_.injections.size()
                                          ? recording_.injections[event.value]
                                          : std::string();
            // A stall is of the hypervisor's making and has no handler.
            if (!what.starts_with("stall")) point.flow = injected_[event.cpu] = ++flows_;
            return put(point);
        }
        case EventKind::time_leap: {
            TrackPoint point;
            point.track = time_track_;
            point.name = event_text(recording_, event);
            return put(point);
        }
        case EventKind::stall_begin:
        case EventKind::stall_end:
        case EventKind::label:
        case EventKind::contention_begin:
        case EventKind::contention_end:
        case EventKind::printk:
        case EventKind::warn:
        case EventKind::bug:
        case EventKind::task_end:
            return instant(event, event_text(recording_, event));
        default:
            break;
    }
    if (is_word_store(recording_, event)) take_word(event);
}

// A finding stands behind the last event of its step.
void PerfettoTrace::tell_findings(std::uint64_t next_step) {
    for (; findings_told_ < recording_.findings.size(); ++findings_told_) {
        const Finding& finding = recording_.findings[findings_told_];
        if (finding.step >= next_step) return;
        Event at;
        at.cpu = finding.cpu < recording_.cpus ? finding.cpu : CpuId{0};
        at.context = finding.context;
        at.depth = finding.context == Context::task ? 0 : 1;
        TrackPoint point;
        point.track = actor(at).track;
        point.name = std::string("finding: ") + finding.oracle + " (" + finding.word + ")";
        point.annotations.emplace_back("text", finding.text);
        put(point);
    }
}

std::string PerfettoTrace::write() {
    add_cpus();
    time_track_ = add_track("virtual time", 0, 0);
    add_locks();
    const std::vector<Event>& events = recording_.events;
    for (std::size_t i = 0; i < events.size(); ++i) {
        if (events[i].cpu >= recording_.cpus) continue;
        now_ = times_.take(events[i].time, events[i].step);
        take(events[i], i);
        tell_findings(i + 1 == events.size() ? ~std::uint64_t{0} : events[i + 1].step);
    }
    return std::move(bytes_);
}

}  // namespace

std::string write_perfetto(const ExportedRun& run) {
    return PerfettoTrace(run).write();
}

}  // namespace lockstep
