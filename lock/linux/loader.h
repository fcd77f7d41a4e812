// Kernel ports in the user's cache, as ports: listed from their manifests, opened by name.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lock/port.h"
#include "sim/kernel.h"

namespace lockstep {

struct BuiltPort;    // lock/linux/builder.h
class SharedObject;  // lock/linux/shared_object.h

// All of them, the newest kernel first. The newest kernel's are named linux/<flavour>, with the
// alias linux-<major.minor>/<flavour>; the others linux-<version>/<flavour>, with that alias for
// the newest of each major.minor. Descriptions only: nothing is loaded.
std::vector<Port> list_kernel_ports();

// The port with this name or alias (or linux-<version>/<flavour>), loaded and with its lock points
// attached; nothing if there is none. Throws PortError if it is there and cannot be loaded.
std::optional<Port> open_kernel_port(const std::string& name);

// The same as a description only: nothing is loaded.
std::optional<Port> describe_kernel_port(const std::string& name);

// A port that was just built, in whatever folder, and the object it is in.
struct LoadedPort {
    Port port;
    const SharedObject* object = nullptr;
};
LoadedPort load_built_port(const BuiltPort& built);

// The places in the source of an opened kernel port that access memory, known before anything has
// run; none for a built-in port.
std::vector<const sim_site*> port_sites(const Port& port);

// "kernel/bpf/rqspinlock.c:103 check_deadlock_AA" for the address of a plain access in an opened
// kernel port; empty if it is not known. Starts a program: for reports only.
std::string describe_pc(const Port& port, std::uintptr_t pc);

}  // namespace lockstep
