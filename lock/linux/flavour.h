// The flavours a kernel tree is built in: which architecture and configuration, which headers are
// replaced by ours, and which kernel files may be used. Data only.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace lockstep {

// Which lock of the kernel: one unit*.c, one set of files.
enum class KernelLock : std::uint8_t { rqspinlock, qspinlock, powerpc, s390, ticket };

struct Flavour {
    std::string name;    // "x86_64": linux/x86_64
    std::string arch;    // x86_64, arm64, powerpc, s390 or generic
    std::string config;  // as `lockstep port add --config` names it
    std::string summary;
    std::vector<std::string> defines;      // "CONFIG_PARAVIRT=1"
    std::vector<std::string> static_keys;  // enabled on this port's machine
    bool queued = true;                    // built with the queue
    bool test_and_set = false;             // waits in the test-and-set loop, queue or not
    bool event_stream = true;
    KernelLock lock = KernelLock::rqspinlock;
    bool fifo = true;  // serves in the order of arrival; a plain lock that can be stolen does not
};

// Whether it may return an error: rqspinlock; every other lock waits for ever.
inline bool resilient(const Flavour& flavour) {
    return flavour.lock == KernelLock::rqspinlock;
}
bool defines(const Flavour& flavour, const std::string& option);
// What a scenario's `locks:` calls it.
std::string lock_class(const Flavour& flavour);
// The C file of ours that the port is compiled from: "unit.c".
std::string unit_file(const Flavour& flavour);

// In the order in which they are listed and built; the first is the default.
const std::vector<Flavour>& flavours();
const Flavour* flavour_by_name(const std::string& name);
// arch "generic" stands for itself or for x86_64, whose test-and-set build has nothing of x86 in
// it.
const Flavour* flavour_by_config(const std::string& arch, const std::string& config);

// A header that kernel code includes and that we provide.
struct ShimHeader {
    std::string path;  // "linux/percpu.h"
    std::string text;
};
std::vector<ShimHeader> shim_headers(const Flavour& flavour);

// Files of the tree that a port may use, relative to it. Anything else the code includes is an
// error and not silently found somewhere else.
struct KernelFile {
    std::string path;
    bool required = true;
    std::string older_path = "";  // where it was before it moved; or empty
};
std::vector<KernelFile> kernel_files(const Flavour& flavour);

}  // namespace lockstep
