// From a client's name to a module that can be loaded, and its parameters.
#include "lock/linux/client.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <filesystem>
#include <limits>

#include "lock/linux/builder.h"
#include "lock/linux/client/client.h"
#include "lock/linux/loader.h"
#include "lock/linux/manifest.h"
#include "lock/linux/shared_object.h"

namespace lockstep {

const std::vector<Client>& clients() {
    static const std::vector<Client> kClients = {
        {"rqsl",
         "bpf_test_rqspinlock: threads and NMIs that deadlock on purpose",
         {"tools/testing/selftests/bpf/test_kmods/bpf_test_rqspinlock.c"},
         "kclient.h",
         {"linux/sched.h", "linux/delay.h", "linux/module.h", "linux/prandom.h", "linux/ktime.h",
          "linux/perf_event.h", "linux/kthread.h", "linux/slab.h"},
         {}},
        {"torture",
         "locktorture: writers that take a lock over and over and check that they are alone",
         {"kernel/locking/locktorture.c", "kernel/torture.c", "include/linux/torture.h",
          "kernel/locking/qspinlock.c", "kernel/locking/qspinlock_stat.h"},
         "kclient_torture.h",
         {"linux/kernel.h",
          "linux/module.h",
          "linux/kthread.h",
          "linux/sched/rt.h",
          "linux/spinlock.h",
          "linux/rwsem.h",
          "linux/interrupt.h",
          "linux/sched.h",
          "uapi/linux/sched/types.h",
          "linux/rtmutex.h",
          "linux/moduleparam.h",
          "linux/delay.h",
          "linux/slab.h",
          "linux/reboot.h",
          "linux/init.h",
          "linux/sched/clock.h",
          "linux/bitops.h",
          "linux/completion.h",
          "linux/notifier.h",
          "linux/freezer.h",
          "linux/cpu.h",
          "linux/stat.h",
          "linux/trace_clock.h",
          "linux/ktime.h",
          "rcu/rcu.h",
          "linux/cache.h",
          "linux/threads.h",
          "linux/cpumask_types.h",
          "linux/seqlock.h",
          "linux/lockdep.h",
          "linux/debugobjects.h",
          "linux/compiler.h",
          "linux/hrtimer.h",
          "linux/ww_mutex.h",
          "linux/percpu-rwsem.h"},
         {"torture_common.c", "queued_lock.c"}},
        {"bpf_selftest",
         "the lock's BPF selftest: AA, a full table of held locks, ABBA",
         {"tools/testing/selftests/bpf/progs/res_spin_lock.c"},
         "kclient_bpf.h",
         {"vmlinux.h", "bpf/bpf_tracing.h", "bpf/bpf_helpers.h", "bpf_misc.h"},
         {}},
    };
    return kClients;
}

const Client* client_by_name(const std::string& name) {
    for (const Client& client : clients())
        if (client.name == name) return &client;
    return nullptr;
}

namespace {

std::string value_of(const kclient_param& param) {
    const std::string type = param.type;
    if (param.place == nullptr) return "";
    if (type == "int") return std::to_string(*static_cast<const int*>(param.place));
    if (type == "bool") return *static_cast<const bool*>(param.place) ? "1" : "0";
    if (type == "charp") {
        const char* const text = *static_cast<char* const*>(param.place);
        return text == nullptr ? "" : text;
    }
    return "";
}

std::vector<ClientParameter> parameters_of(const kclient_descriptor& found) {
    std::vector<ClientParameter> parameters;
    for (const kclient_param* each = found.params_begin; each != found.params_end; ++each) {
        ClientParameter parameter;
        parameter.name = each->name;
        parameter.value = value_of(*each);
        parameter.place = each->place;
        if (each->place != nullptr) parameter.type = each->type;
        for (const kclient_param_text* text = found.texts_begin; text != found.texts_end; ++text)
            if (parameter.name == text->name) parameter.text = text->text;
        parameters.push_back(parameter);
    }
    return parameters;
}

std::string tree_for(const Port& port, const std::string& wanted) {
    if (!wanted.empty()) return wanted;
    const std::string tree = cached_tree(port.version);
    if (!tree.empty()) return tree;
    throw PortError{"the sources of Linux " + port.version + " are not in the cache",
                    "tools/linux-source fetches them, --tree names another folder"};
}

const PortError no_client_port(const std::string& port) {
    return PortError{"`" + port + "` is no kernel port; a client is built with the kernel's lock",
                     "--port linux/x86_64 or linux/arm64"};
}

}  // namespace

std::string cached_tree(const std::string& version) {
    const std::filesystem::path trees = ports_directory().parent_path() / "linux";
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(trees, error)) {
        std::error_code inner;
        const std::string name = entry.path().filename().string();
        if (name.empty() || name.front() == '.') continue;
        if (!std::filesystem::exists(entry.path() / "Makefile", inner)) continue;
        if (name == version || read_tree_version(entry.path()).text() == version)
            return entry.path().string();
    }
    return {};
}

ClientModule open_client(const std::string& client, const std::string& port,
                         const std::string& tree) {
    const Client* const known = client_by_name(client);
    if (known == nullptr) throw PortError{"there is no client `" + client + "`", ""};
    const std::optional<Port> described = describe_kernel_port(port);
    if (!described) throw no_client_port(port);
    BuildOptions options;
    options.tree = tree_for(*described, tree);
    options.arch = described->arch;
    options.config = described->config;
    options.client = client;
    const LoadedPort loaded = load_built_port(build_kernel_port(options));
    const auto* const found =
        static_cast<const kclient_descriptor*>(loaded.object->symbol(LOCKSTEP_KCLIENT_SYMBOL_NAME));
    if (found == nullptr || found->abi != LOCKSTEP_KCLIENT_ABI)
        throw PortError{"`" + loaded.object->file().string() + "` has no client in it", ""};
    ClientModule module;
    module.name = client;
    module.port = loaded.port;
    module.port.name = described->name;
    module.parameters = parameters_of(*found);
    for (std::uint32_t i = 0; i < found->lock_count; ++i)
        module.locks.push_back(
            {found->locks[i].name, found->locks[i].lock, found->locks[i].resilient != 0});
    module.init = found->init;
    module.exit = found->exit;
    module.uptime_ns = found->uptime_ns;
    module.results = found->results;
    module.result_count = found->result_count;
    return module;
}

std::vector<ClientResult> results_of(const ClientModule& module) {
    std::vector<ClientResult> results;
    for (std::size_t i = 0; i < module.result_count; ++i)
        results.push_back({module.results[i].name, module.results[i].what,
                           module.results[i].expected, module.results[i].got});
    return results;
}

void set_parameter(const ClientParameter& parameter, const std::string& value) {
    const auto refuse = [&](const std::string& expected) {
        return PortError{"`" + parameter.name + "=" + value + "`: expected " + expected, ""};
    };
    if (parameter.type == "charp") {
        static std::deque<std::string> kept;
        kept.push_back(value);
        *static_cast<char**>(parameter.place) = kept.back().data();
    } else if (parameter.type == "bool") {
        if (value != "0" && value != "1" && value != "y" && value != "n") throw refuse("0 or 1");
        *static_cast<bool*>(parameter.place) = value == "1" || value == "y";
    } else if (parameter.type == "int") {
        char* end = nullptr;
        errno = 0;
        const long number = std::strtol(value.c_str(), &end, 10);
        const bool fits =
            number >= std::numeric_limits<int>::min() && number <= std::numeric_limits<int>::max();
        if (value.empty() || *end != '\0' || errno != 0 || !fits) throw refuse("a whole number");
        *static_cast<int*>(parameter.place) = static_cast<int>(number);
    } else {
        throw PortError{"`" + parameter.name + "` cannot be set here", ""};
    }
}

}  // namespace lockstep
