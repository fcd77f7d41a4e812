// manifest.json beside a built port: what it was built from and with, and what was read off it.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "lock/linux/features.h"
#include "lock/linux/kernel_tree.h"
#include "lock/linux/point_rules.h"
#include "lock/port.h"

namespace lockstep {

struct Manifest {
    std::string flavour;         // last part of the port's name
    std::string kernel_version;  // "7.2.12"
    std::string arch;
    std::string config;
    std::string summary;
    std::string compiler;  // its version line
    std::vector<std::string> features;
    std::vector<std::string> undecided;
    std::vector<PointPlace> places;
    std::vector<std::string> points;  // all that make sense; one without a place did not resolve
    std::vector<PortFile> files;
    std::vector<std::string> bugs;    // upstream bugs put back, as recreation.h names them
    std::vector<std::string> edited;  // the files changed for that; all others are unmodified
    std::vector<std::string> static_keys;
    std::string lock_class = "rqspinlock";
    bool fifo = true;
    bool test_and_set = false;
    bool event_stream = true;
    std::string shim_sha256;  // of all files of ours that went in
    std::string source_hash;  // of the code under test: kernel files, shim, flavour
    std::string inputs;       // of everything, compiler and flags too: equal = nothing to build
};

constexpr const char* kManifestFile = "manifest.json";
constexpr const char* kObjectFile = "port.so";

void write_manifest(const Manifest& manifest, const std::filesystem::path& directory);
// Nothing if there is none or it is not readable as one.
std::optional<Manifest> read_manifest(const std::filesystem::path& directory);

// ${XDG_CACHE_HOME:-~/.cache}/lockstep/ports
std::filesystem::path ports_directory();
// The same with clients for ports.
std::filesystem::path clients_directory();

}  // namespace lockstep
