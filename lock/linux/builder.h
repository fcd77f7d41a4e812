// Builds kernel ports: the unmodified files of a Linux tree, compiled with our shim headers into a
// shared object in the user's cache, with a manifest beside it.
//
// Layout: ${XDG_CACHE_HOME:-~/.cache}/lockstep/ports/<version>/<flavour>/{port.so,manifest.json,
// src/...}. A port appears there whole or not at all; what is there already is not built again.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "lock/linux/manifest.h"

namespace lockstep {

struct BuildOptions {
    std::filesystem::path tree;
    std::string arch = "x86_64";    // x86_64, arm64, generic
    std::string config = "queued";  // queued, tas, paravirt, noevtstrm, nopending
    std::string name;               // last part of the port's name; empty: the flavour's own
    std::string compiler;           // empty: gcc if there is one
};

struct BuiltPort {
    std::filesystem::path directory;
    Manifest manifest;
    bool reused = false;  // was there already, from the same inputs
};

// Throws PortError: no kernel tree, too old, a file missing, no compiler, does not compile.
BuiltPort build_kernel_port(const BuildOptions& options);

// Every flavour of rqspinlock, in the order of flavour.h.
std::vector<BuiltPort> build_all_kernel_ports(const std::filesystem::path& tree,
                                              const std::string& compiler = "");

// Every flavour of the kernel's plain locks, or only those of this version that are in the cache.
// One that this tree cannot be built as goes to `refused`, and the others are built.
std::vector<BuiltPort> build_plain_kernel_ports(const std::filesystem::path& tree,
                                                const std::string& compiler, bool only_there,
                                                std::vector<PortError>& refused);

}  // namespace lockstep
