// Builds kernel ports: the unmodified files of a Linux tree, compiled with our shim headers into a
// shared object in the user's cache, with a manifest beside it. Only where an upstream bug is to be
// put back (recreation.h) is a copy of a file edited first.
//
// With a client: the same under clients/<version>/<flavour>-<client>.
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
    std::vector<std::string> bugs;  // upstream bugs to put back: "R11"
    std::filesystem::path into;     // where to put it; empty: among the ports in the cache
    std::string client;             // a test module of client.h to be built with the lock; or empty
};

struct BuiltPort {
    std::filesystem::path directory;
    Manifest manifest;
    bool reused = false;  // was there already, from the same inputs
};

// Throws PortError: no kernel tree, too old, a file missing, no compiler, does not compile, a bug
// that cannot be put back.
BuiltPort build_kernel_port(const BuildOptions& options);

// Every flavour of rqspinlock, in the order of flavour.h; with bugs to put back: every one that
// they all concern.
std::vector<BuiltPort> build_all_kernel_ports(const std::filesystem::path& tree,
                                              const std::string& compiler = "",
                                              const std::vector<std::string>& bugs = {});

// Writes a copy of all files of the tree that ports are made of into `to`, with the bugs put back;
// returns the paths of the edited files. Throws PortError as above, and if `to` is there already.
std::vector<std::string> write_edited_tree(const std::filesystem::path& tree,
                                           const std::vector<std::string>& bugs,
                                           const std::filesystem::path& to);

// Every flavour of the kernel's plain locks, or only those of this version that are in the cache.
// One that this tree cannot be built as goes to `refused`, and the others are built.
std::vector<BuiltPort> build_plain_kernel_ports(const std::filesystem::path& tree,
                                                const std::string& compiler, bool only_there,
                                                std::vector<PortError>& refused);

}  // namespace lockstep
