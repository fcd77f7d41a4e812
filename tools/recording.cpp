// Keeping the events of one execution together with the names they need.
#include "tools/recording.h"

#include <algorithm>

#include "scenarios/prepare.h"

namespace lockstep {

namespace {

const char* injection_name(Injection::Kind kind) {
    switch (kind) {
        case Injection::Kind::softirq:
            return "softirq";
        case Injection::Kind::hardirq:
            return "hardirq";
        case Injection::Kind::nmi:
            return "nmi";
        case Injection::Kind::stall:
            return "stall";
    }
    return "?";
}

// A lock that the port under test does not serve is a built-in one with facts of its own.
LockFacts facts_of_lock(const LockDeclaration& lock, const Port& port) {
    if (lock.lock_class.empty() || served_by_port(lock, port)) return port.facts;
    for (const Port& other : list_ports())
        if (other.name == built_in_of(lock.lock_class)) return other.facts;
    return port.facts;
}

}  // namespace

std::string Recording::lock_name(LockId lock) const {
    if (lock < locks.size()) return locks[lock];
    return lock == kNoLock ? "no lock" : "lock " + std::to_string(lock);
}

const LockFacts* Recording::facts_of(LockId lock) const {
    return lock < facts.size() ? &facts[lock] : nullptr;
}

const Place* Recording::place_at(std::uint64_t address) const {
    for (const Place& place : places)
        if (address >= place.address && address - place.address < place.size) return &place;
    return nullptr;
}

Recording name_recording(const Scenario& scenario, const Port& port) {
    Recording recording;
    recording.cpus = scenario.machine.cpus;
    for (const LockDeclaration& lock : scenario.locks) {
        recording.locks.push_back(lock.name);
        recording.facts.push_back(facts_of_lock(lock, port));
    }
    for (const Program& program : scenario.programs) {
        recording.programs.push_back(program.name);
        recording.labels.push_back(program.labels);
    }
    for (const TaskDeclaration& task : scenario.tasks) {
        bool known = task.program < scenario.programs.size();
        recording.tasks.push_back(known ? scenario.programs[task.program].name : "?");
    }
    for (const InjectionDeclaration& declared : scenario.injections) {
        std::string name = injection_name(declared.injection.kind);
        bool runs = declared.injection.kind != Injection::Kind::stall;
        if (runs && declared.program < scenario.programs.size())
            name += " " + scenario.programs[declared.program].name;
        recording.injections.push_back(name);
    }
    return recording;
}

void Recorder::copy_places() {
    named_ = true;
    into_.places.clear();
    for (const Object& object : Machine::instance().objects())
        into_.places.push_back({object.address, object.size, object.kind, object.cpu, object.lock,
                                object.name == nullptr ? "" : object.name});
}

void Recorder::on_event(const Event& event) {
    if (!named_) copy_places();
    if (into_.events.size() >= kEventsMax) {
        ++into_.events_dropped;
        return;
    }
    into_.events.push_back(event);
    if (event.text == nullptr) return;
    into_.texts.emplace_back(event.text);
    into_.events.back().text = into_.texts.back().c_str();
}

}  // namespace lockstep
