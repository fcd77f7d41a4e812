// The tables behind flavour.h. A new flavour is one entry here.
#include "lock/linux/flavour.h"

namespace lockstep {

const std::vector<Flavour>& flavours() {
    static const std::vector<Flavour> kFlavours = {
        {"x86_64",
         "x86_64",
         "queued",
         "the kernel's queued lock as x86_64 builds it",
         {"CONFIG_QUEUED_SPINLOCKS=1"},
         {},
         true,
         false,
         true},
        {"arm64",
         "arm64",
         "queued",
         "the kernel's queued lock as arm64 builds it, event stream on",
         {"CONFIG_QUEUED_SPINLOCKS=1"},
         {},
         true,
         false,
         true},
        {"arm64-noevtstrm",
         "arm64",
         "noevtstrm",
         "arm64 on a machine without an event stream",
         {"CONFIG_QUEUED_SPINLOCKS=1"},
         {},
         true,
         false,
         false},
        {"tas",
         "x86_64",
         "tas",
         "the kernel's test-and-set fallback: no queued spinlocks",
         {},
         {},
         false,
         true,
         true},
        {"paravirt",
         "x86_64",
         "paravirt",
         "x86_64 guest with virt_spin_lock_key on: test-and-set",
         {"CONFIG_QUEUED_SPINLOCKS=1", "CONFIG_PARAVIRT=1"},
         {"virt_spin_lock_key"},
         true,
         true,
         true},
        {"x86_64-nopending",
         "x86_64",
         "nopending",
         "x86_64 for 16384 CPUs: a pending bit, no byte",
         {"CONFIG_QUEUED_SPINLOCKS=1", "CONFIG_NR_CPUS=16384"},
         {},
         true,
         false,
         true},
    };
    return kFlavours;
}

const Flavour* flavour_by_name(const std::string& name) {
    for (const Flavour& flavour : flavours())
        if (flavour.name == name) return &flavour;
    return nullptr;
}

const Flavour* flavour_by_config(const std::string& arch, const std::string& config) {
    const std::string real = arch == "generic" ? "x86_64" : arch;
    for (const Flavour& flavour : flavours())
        if (flavour.arch == real && flavour.config == config) return &flavour;
    return nullptr;
}

std::vector<ShimHeader> shim_headers(const Flavour& flavour) {
    static const char* const kPlain[] = {
        "asm-generic/percpu.h", "asm/barrier.h",
        "asm/byteorder.h",      "asm/cpufeature.h",
        "asm/paravirt.h",       "asm/paravirt_types.h",
        "asm/rmwcc.h",          "asm/spinlock_types.h",
        "linux/atomic.h",       "linux/bug.h",
        "linux/cpumask.h",      "linux/err.h",
        "linux/hardirq.h",      "linux/jump_label.h",
        "linux/mutex.h",        "linux/percpu-defs.h",
        "linux/percpu.h",       "linux/prefetch.h",
        "linux/smp.h",          "linux/static_call_types.h",
        "linux/timekeeping.h",  "linux/tracepoint-defs.h",
        "linux/types.h",        "trace/events/lock.h",
        "vdso/time64.h",
    };
    std::vector<ShimHeader> headers;
    for (const char* path : kPlain) headers.push_back({path, "#include <kshim.h>\n"});
    headers.push_back({"linux/bpf.h", "#include <kshim.h>\n#include <asm/rqspinlock.h>\n"});
    // The last header the lock includes, with all functions of the lock defined before it.
    headers.push_back({"asm/mcs_spinlock.h",
                       "#include <asm-generic/mcs_spinlock.h>\n#include <kshim/calls.h>\n"});
    if (flavour.arch == "arm64")
        headers.push_back({"asm/qspinlock.h", "#include <asm-generic/qspinlock.h>\n"});
    return headers;
}

std::vector<KernelFile> kernel_files(const Flavour& flavour) {
    std::vector<KernelFile> files = {
        {"kernel/bpf/rqspinlock.c"},
        {"include/asm-generic/rqspinlock.h"},
    };
    const bool x86 = flavour.arch == "x86_64";
    files.push_back(
        {x86 ? "arch/x86/include/asm/rqspinlock.h" : "arch/arm64/include/asm/rqspinlock.h"});
    if (!flavour.queued) return files;
    for (const char* path :
         {"kernel/bpf/rqspinlock.h", "kernel/locking/qspinlock.h", "kernel/locking/mcs_spinlock.h",
          "kernel/locking/lock_events.h", "kernel/locking/lock_events_list.h",
          "include/asm-generic/qspinlock.h", "include/asm-generic/qspinlock_types.h",
          "include/asm-generic/mcs_spinlock.h"})
        files.push_back({path});
    if (x86) files.push_back({"arch/x86/include/asm/qspinlock.h"});
    // Older trees have its contents in other headers.
    if (x86) files.push_back({"arch/x86/include/asm/paravirt-spinlock.h", false});
    return files;
}

}  // namespace lockstep
