// All locks that can be put under test: the built-in ones, one line each, then the kernel ports
// that were built into the user's cache.
#include <algorithm>
#include <cstdio>
#include <optional>
#include <string>
#include <vector>

#include "lock/port.h"
#if __has_include("lock/linux/loader.h")
#include "lock/linux/loader.h"
#include "lock/linux/on_demand.h"
#define LOCKSTEP_KERNEL_PORTS 1
#endif

namespace lockstep {

// One line per lock: the function that describes it, in lock/<name>.cpp or lock/broken/<name>.cpp.
#define BUILT_IN_PORTS(PORT)                   \
    PORT(rqspinlock_port)                      \
    PORT(rqspinlock_tas_port)                  \
    PORT(qspinlock_port)                       \
    PORT(mcs_port)                             \
    PORT(ticket_port)                          \
    PORT(tas_port)                             \
    PORT(broken_ignored_cmpxchg_port)          \
    PORT(broken_forgotten_handover_port)       \
    PORT(broken_unlinked_node_port)            \
    PORT(broken_counts_own_attempt_port)       \
    PORT(broken_never_queues_port)             \
    PORT(broken_impatient_waiter_port)         \
    PORT(broken_sleepy_backoff_port)           \
    PORT(broken_leaked_entry_port)             \
    PORT(broken_stale_entry_port)              \
    PORT(broken_leaked_node_port)              \
    PORT(broken_whole_word_unlock_port)        \
    PORT(broken_sticky_pending_port)           \
    PORT(broken_preempt_leak_port)             \
    PORT(broken_irqs_left_off_port)            \
    PORT(broken_plain_handover_port)           \
    PORT(broken_relaxed_unlock_port)           \
    PORT(broken_barging_waiters_port)          \
    PORT(broken_r01_sleeps_in_wfe_port)        \
    PORT(broken_r03_unordered_entry_port)      \
    PORT(broken_r04_queues_behind_itself_port) \
    PORT(broken_r05_nmi_spins_port)            \
    PORT(broken_r06a_late_entry_port)          \
    PORT(broken_r06b_early_clear_port)         \
    PORT(broken_r07_late_look_port)            \
    PORT(broken_r08_blind_queueing_port)       \
    PORT(broken_r09_flushes_innocents_port)    \
    PORT(broken_r10_wrong_errno_port)          \
    PORT(broken_r11_waits_for_nobody_port)     \
    PORT(broken_r12_entry_twice_port)          \
    PORT(broken_r13_preempt_first_port)        \
    PORT(broken_r14_entry_left_behind_port)

#define DECLARE_PORT(make) Port make();
BUILT_IN_PORTS(DECLARE_PORT)
#undef DECLARE_PORT

namespace {

// What a token must agree with: the name and the text of all built-in locks (a change to a shared
// header is a change to every lock). The text's hash comes from the build, so it is the same for
// every compiler and optimisation level.
std::string built_in_source_hash(const std::string& name) {
    std::uint64_t hash = 0xcbf29ce484222325;  // FNV-1a
    for (const char c : name + " " LOCKSTEP_LOCK_SOURCE_HASH) {
        hash ^= static_cast<unsigned char>(c);
        hash *= 0x100000001b3;
    }
    char text[17];
    std::snprintf(text, sizeof(text), "%016llx", static_cast<unsigned long long>(hash));
    return text;
}

std::vector<Port> built_in_ports() {
    std::vector<Port> ports;
#define ADD_PORT(make) ports.push_back(make());
    BUILT_IN_PORTS(ADD_PORT)
#undef ADD_PORT
    for (Port& port : ports) port.source_hash = built_in_source_hash(port.name);
    return ports;
}

bool is_called(const Port& port, const std::string& name) {
    return port.name == name || (!port.alias.empty() && port.alias == name);
}

// How many letters must be inserted, deleted or replaced to turn one name into the other.
std::size_t edit_distance(const std::string& from, const std::string& to) {
    std::vector<std::size_t> row(to.size() + 1);
    for (std::size_t j = 0; j <= to.size(); ++j) row[j] = j;
    for (std::size_t i = 1; i <= from.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0] = i;
        for (std::size_t j = 1; j <= to.size(); ++j) {
            const std::size_t replaced = diagonal + (from[i - 1] == to[j - 1] ? 0 : 1);
            diagonal = row[j];
            row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
        }
    }
    return row[to.size()];
}

// The registered name nearest to `name`, or nothing if none is near enough to be meant. A name
// without its folder (never-queues for broken/never-queues) is near.
std::string nearest_name(const std::vector<Port>& ports, const std::string& name) {
    std::string best;
    std::size_t best_distance = name.size() / 3 + 2;
    const auto consider = [&](const std::string& candidate) {
        if (candidate.empty()) return;
        const std::size_t slash = candidate.rfind('/');
        std::size_t distance = edit_distance(name, candidate);
        if (slash != std::string::npos)
            distance = std::min(distance, edit_distance(name, candidate.substr(slash + 1)) + 1);
        if (distance >= best_distance) return;
        best_distance = distance;
        best = candidate;
    };
    for (const Port& port : ports) {
        consider(port.name);
        consider(port.alias);
    }
    return best;
}

}  // namespace

std::vector<Port> list_ports() {
    std::vector<Port> ports = built_in_ports();
#ifdef LOCKSTEP_KERNEL_PORTS
    for (Port& port : list_kernel_ports()) ports.push_back(std::move(port));
#endif
    return ports;
}

Port open_port(const std::string& name) {
    for (Port& port : built_in_ports())
        if (is_called(port, name)) return std::move(port);
#ifdef LOCKSTEP_KERNEL_PORTS
    if (std::optional<Port> port = open_kernel_port(name)) return *std::move(port);
    if (build_on_demand(name))
        if (std::optional<Port> port = open_kernel_port(name)) return *std::move(port);
#endif
    throw PortError{"there is no port named `" + name + "`; `lockstep port list` shows them all",
                    nearest_name(list_ports(), name)};
}

std::string default_plain_port_name() {
#ifdef LOCKSTEP_KERNEL_PORTS
    const std::string kernel = "linux/x86_64-qspinlock";
    if (describe_kernel_port(kernel) || kernel_tree_for(kernel)) return kernel;
#endif
    return "qspinlock";
}

std::string default_port_name() {
#ifdef LOCKSTEP_KERNEL_PORTS
    const std::string newest = "linux/x86_64";
    if (describe_kernel_port(newest)) return newest;
#endif
    return "rqspinlock";
}

}  // namespace lockstep
