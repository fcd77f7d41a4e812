// The tables behind flavour.h. A new flavour is one entry here.
#include "lock/linux/flavour.h"

#include <algorithm>

namespace lockstep {

namespace {

Flavour plain(KernelLock lock, const char* name, const char* arch, const char* config,
              const char* summary, std::vector<std::string> defines) {
    Flavour flavour{name, arch, config, summary, std::move(defines), {}};
    flavour.lock = lock;
    return flavour;
}

// Newcomers may take the lock from those in the queue.
Flavour unfair(Flavour flavour) {
    flavour.fifo = false;
    return flavour;
}

Flavour queueless(Flavour flavour) {
    flavour.queued = false;
    return flavour;
}

std::vector<Flavour> rqspinlock_flavours() {
    return {
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
}

std::vector<Flavour> plain_flavours() {
    return {
        plain(KernelLock::qspinlock, "x86_64-qspinlock", "x86_64", "qspinlock",
              "the kernel's plain queued spin lock as x86_64 builds it",
              {"CONFIG_QUEUED_SPINLOCKS=1"}),
        plain(KernelLock::qspinlock, "arm64-qspinlock", "arm64", "qspinlock",
              "the kernel's plain queued spin lock as arm64 builds it",
              {"CONFIG_QUEUED_SPINLOCKS=1"}),
        unfair(plain(
            KernelLock::qspinlock, "x86_64-pv-qspinlock", "x86_64", "pv-qspinlock",
            "x86_64 guest: waiters halt their vCPU and are kicked",
            {"CONFIG_QUEUED_SPINLOCKS=1", "CONFIG_PARAVIRT=1", "CONFIG_PARAVIRT_SPINLOCKS=1"})),
        unfair(plain(KernelLock::powerpc, "powerpc", "powerpc", "qspinlock",
                     "powerpc's own queued spin lock, which newcomers may steal", {})),
        unfair(plain(KernelLock::s390, "s390", "s390", "queued",
                     "s390's spin lock with a queue: CPUs of their own",
                     {"CONFIG_S390_DEDICATED_CPU=1"})),
        unfair(queueless(plain(KernelLock::s390, "s390-classic", "s390", "classic",
                               "s390's spin lock without a queue: shared CPUs", {}))),
        queueless(plain(KernelLock::ticket, "ticket", "generic", "ticket",
                        "the kernel's generic ticket lock", {})),
    };
}

}  // namespace

const std::vector<Flavour>& flavours() {
    static const std::vector<Flavour> kFlavours = [] {
        std::vector<Flavour> all = rqspinlock_flavours();
        for (Flavour& flavour : plain_flavours()) all.push_back(std::move(flavour));
        return all;
    }();
    return kFlavours;
}

const Flavour* flavour_by_name(const std::string& name) {
    for (const Flavour& flavour : flavours())
        if (flavour.name == name) return &flavour;
    return nullptr;
}

const Flavour* flavour_by_config(const std::string& arch, const std::string& config) {
    for (const Flavour& flavour : flavours())
        if (flavour.arch == arch && flavour.config == config) return &flavour;
    return arch == "generic" ? flavour_by_config("x86_64", config) : nullptr;
}

bool defines(const Flavour& flavour, const std::string& option) {
    return std::find(flavour.defines.begin(), flavour.defines.end(), option + "=1") !=
           flavour.defines.end();
}

std::string lock_class(const Flavour& flavour) {
    switch (flavour.lock) {
        case KernelLock::rqspinlock:
            return "rqspinlock";
        case KernelLock::qspinlock:
        case KernelLock::powerpc:
            return "qspinlock";
        case KernelLock::s390:
            return "spinlock";
        case KernelLock::ticket:
            return "ticket";
    }
    return "";
}

std::string unit_file(const Flavour& flavour) {
    switch (flavour.lock) {
        case KernelLock::rqspinlock:
            return "unit.c";
        case KernelLock::qspinlock:
            return "unit_qspinlock.c";
        case KernelLock::powerpc:
            return "unit_powerpc.c";
        case KernelLock::s390:
            return "unit_s390.c";
        case KernelLock::ticket:
            return "unit_ticket.c";
    }
    return "";
}

}  // namespace lockstep
