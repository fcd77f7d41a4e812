// Which files a flavour is made of: the kernel's own, and the headers that we put in the place of
// the kernel's. Lists only.
#include "lock/linux/flavour.h"

namespace lockstep {

namespace {

using Paths = std::vector<const char*>;

// Headers whose whole content, as far as locks need it, is in kshim.h.
Paths empty_headers(const Flavour& flavour) {
    Paths paths = {
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
    const auto add = [&paths](const Paths& more) {
        paths.insert(paths.end(), more.begin(), more.end());
    };
    const auto leave_to_tree = [&paths](const std::string& path) {
        std::erase_if(paths, [&path](const char* each) { return path == each; });
    };
    if (flavour.lock == KernelLock::powerpc) {
        add({"linux/compiler.h", "linux/export.h", "linux/processor.h", "linux/topology.h",
             "linux/sched/clock.h", "linux/debugfs.h", "asm/smp.h", "asm/paca.h", "asm/lppaca.h",
             "asm/hvcall.h"});
        leave_to_tree("asm/paravirt.h");
    }
    if (flavour.lock == KernelLock::s390) {
        add({"linux/export.h", "linux/jiffies.h", "linux/sysctl.h", "linux/init.h", "linux/io.h",
             "asm/alternative.h", "asm/machine.h", "asm/asm.h", "asm/atomic_ops.h",
             "asm/processor.h"});
        leave_to_tree("asm/spinlock_types.h");
    }
    if (defines(flavour, "CONFIG_PARAVIRT_SPINLOCKS") && flavour.lock == KernelLock::qspinlock)
        add({"linux/hash.h", "linux/memblock.h", "linux/debug_locks.h",
             "asm/qspinlock_paravirt.h"});
    return paths;
}

// The postings before the merge had it among the other locks. They had no header of arm64 yet; with
// a lock that needs one the builder insists on it.
std::vector<KernelFile> rqspinlock_files(const Flavour& flavour) {
    std::vector<KernelFile> files = {
        {"kernel/bpf/rqspinlock.c", true, "kernel/locking/rqspinlock.c"},
        {"include/asm-generic/rqspinlock.h"}};
    if (flavour.arch == "x86_64") files.push_back({"arch/x86/include/asm/rqspinlock.h"});
    if (flavour.arch == "arm64") files.push_back({"arch/arm64/include/asm/rqspinlock.h", false});
    if (!flavour.queued) return files;
    files.push_back({"kernel/bpf/rqspinlock.h", true, "kernel/locking/rqspinlock.h"});
    files.push_back({"kernel/locking/qspinlock_stat.h", false});
    return files;
}

// What every queued spin lock is made of.
Paths queue_files(const Flavour& flavour) {
    Paths paths = {"kernel/locking/qspinlock.h",        "kernel/locking/mcs_spinlock.h",
                   "kernel/locking/lock_events.h",      "kernel/locking/lock_events_list.h",
                   "include/asm-generic/qspinlock.h",   "include/asm-generic/qspinlock_types.h",
                   "include/asm-generic/mcs_spinlock.h"};
    if (flavour.arch == "x86_64") paths.push_back("arch/x86/include/asm/qspinlock.h");
    return paths;
}

}  // namespace

std::vector<ShimHeader> shim_headers(const Flavour& flavour) {
    std::vector<ShimHeader> headers;
    for (const char* path : empty_headers(flavour))
        headers.push_back({path, "#include <kshim.h>\n"});
    headers.push_back({"linux/bpf.h", "#include <kshim.h>\n#include <asm/rqspinlock.h>\n"});
    // The last header the lock includes, with all functions of the lock defined before it.
    headers.push_back({"asm/mcs_spinlock.h",
                       "#include <asm-generic/mcs_spinlock.h>\n#include <kshim/calls.h>\n"});
    if (flavour.lock == KernelLock::s390)
        headers.push_back({"linux/spinlock.h", "#include <kshim.h>\n#include <asm/spinlock.h>\n"});
    if (flavour.lock == KernelLock::ticket)
        headers.push_back({"asm-generic/spinlock_types.h", "#include <kshim/ticket.h>\n"});
    if (flavour.arch == "arm64")
        headers.push_back({"asm/qspinlock.h", "#include <asm-generic/qspinlock.h>\n"});
    return headers;
}

std::vector<KernelFile> kernel_files(const Flavour& flavour) {
    std::vector<KernelFile> files;
    const auto add = [&files](const Paths& paths) {
        for (const char* path : paths) files.push_back({path});
    };
    switch (flavour.lock) {
        case KernelLock::rqspinlock:
            files = rqspinlock_files(flavour);
            break;
        case KernelLock::qspinlock:
            add({"kernel/locking/qspinlock.c", "kernel/locking/qspinlock_stat.h"});
            if (defines(flavour, "CONFIG_PARAVIRT_SPINLOCKS"))
                add({"kernel/locking/qspinlock_paravirt.h"});
            break;
        case KernelLock::powerpc:
            add({"arch/powerpc/lib/qspinlock.c", "arch/powerpc/include/asm/qspinlock.h",
                 "arch/powerpc/include/asm/qspinlock_types.h",
                 "arch/powerpc/include/asm/paravirt.h"});
            break;
        case KernelLock::s390:
            add({"arch/s390/lib/spinlock.c", "arch/s390/include/asm/spinlock.h",
                 "arch/s390/include/asm/spinlock_types.h"});
            break;
        case KernelLock::ticket:
            add({"include/asm-generic/ticket_spinlock.h"});
            break;
    }
    if (!defines(flavour, "CONFIG_QUEUED_SPINLOCKS")) return files;
    add(queue_files(flavour));
    // Older trees have its contents in other headers.
    if (flavour.arch == "x86_64")
        files.push_back({"arch/x86/include/asm/paravirt-spinlock.h", false});
    return files;
}

}  // namespace lockstep
