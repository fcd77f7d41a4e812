// Port: one lock implementation under test, with its architecture and configuration.
//
// A port describes itself as data (Port); the runner hands that to a freshly configured machine,
// after which the operations may be called on fibers. They only use sim/kernel.h.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "sim/facts.h"
#include "sim/types.h"

namespace lockstep {

// All are called by simulated code. `lock` is the lock's own memory (word_size bytes or more).
// acquire and trylock return 0, -EDEADLK or -ETIMEDOUT (a plain lock only ever returns 0; a
// failed trylock of a plain lock returns -EBUSY = -16). As raw_res_spin_lock() and friends they
// also raise and lower the preempt count. A null trylock means the port has none.
struct LockOperations {
    void (*init)(void* lock) = nullptr;
    int (*acquire)(void* lock) = nullptr;
    void (*release)(void* lock) = nullptr;
    int (*acquire_irqsave)(void* lock, std::uint64_t* flags) = nullptr;
    void (*release_irqrestore)(void* lock, std::uint64_t flags) = nullptr;
    int (*trylock)(void* lock) = nullptr;
};

struct PerCpuTemplate {
    const void* begin = nullptr;
    std::size_t size = 0;
};

struct PerCpuObject {
    const void* symbol = nullptr;  // inside a template
    std::uint32_t size = 0;
    enum class Kind : std::uint8_t { held_table, queue_nodes, other } kind = Kind::other;
    std::string name;
};

struct StaticData {
    void* begin = nullptr;
    std::size_t size = 0;
};

struct PortFile {      // a kernel file that went into the port
    std::string path;  // relative to the tree
    std::string sha256;
};

struct PortPoint {
    std::string name;
    std::string where;  // "kernel/bpf/rqspinlock.c:412"; empty = did not resolve
};

struct Port {
    std::string name;   // "linux/x86_64", "rqspinlock", "broken/late-held-entry"
    std::string alias;  // a second name, "linux-7.2/x86_64"; or empty
    std::string lock_class = "rqspinlock";  // what a scenario's `locks:` calls it
    std::string summary;                    // one line
    std::string version;                    // kernel version, or "built in"
    std::string arch;                       // x86_64, arm64, generic
    std::string config;                     // queued, tas, paravirt
    std::vector<std::string> features;
    std::vector<PortPoint> points;
    std::vector<PortFile> files;
    // Upstream bugs that are in this port on purpose ("R11"), and the kernel files changed for it.
    std::vector<std::string> bugs, edited;
    std::string source_hash;   // identifies the code under test; part of every repro file
    std::string caught_by;     // broken ports: the oracle that must name it
    bool event_stream = true;  // what the machine of this port has
    std::vector<std::string> static_keys;  // enabled on this port's machine

    std::uint32_t lock_size = 4;
    std::uint32_t lock_alignment = 4;
    LockFacts facts;  // name and address are filled in per lock
    LockOperations operations;

    // What the runner gives to the machine before the first step.
    std::vector<PerCpuTemplate> per_cpu;  // copied for every CPU
    std::vector<PerCpuObject> objects;    // parts of a template that oracles and traces know
    std::vector<StaticData> static_data;  // saved and restored with the arena
    // If set: called once before each use of the port in a freshly configured machine, with the
    // port's data mapped, from outside the simulation: what the kernel does once at boot.
    void (*prepare)(const Port& port) = nullptr;
    const void* handle = nullptr;  // the loader's own
};

// Built-in C++ ports, one line each in lock/registry.cpp, then registered kernel ports from the
// cache (lock/linux/loader). Descriptions only; a kernel port is loaded by open_port().
std::vector<Port> list_ports();
// The port with this name or alias, ready to install. Throws PortError naming what is near.
Port open_port(const std::string& name);
// linux/x86_64 of the newest tree if one is registered, else "rqspinlock".
std::string default_port_name();
// The same for plain locks: linux/x86_64-qspinlock if there is a kernel tree, else "qspinlock".
std::string default_plain_port_name();

struct PortError {
    std::string message;
    std::string suggestion;  // or empty
};

}  // namespace lockstep
