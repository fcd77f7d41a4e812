// From a name to a tree and a flavour.
#include "lock/linux/on_demand.h"

#include <algorithm>

#include "lock/linux/builder.h"
#include "lock/linux/flavour.h"
#include "lock/linux/kernel_tree.h"
#include "lock/linux/loader.h"

namespace lockstep {

namespace {

namespace fs = std::filesystem;

struct Wanted {
    const Flavour* flavour = nullptr;
    std::string version;  // "7.2.12", "7.2"; empty: the newest
};

// Only plain locks: those of rqspinlock are built with the first command.
Wanted parse_name(const std::string& name) {
    const std::size_t slash = name.find('/');
    if (slash == std::string::npos) return {};
    const std::string kernel = name.substr(0, slash);
    const Flavour* const flavour = flavour_by_name(name.substr(slash + 1));
    if (flavour == nullptr || resilient(*flavour)) return {};
    if (kernel == "linux") return {flavour, ""};
    if (kernel.compare(0, 6, "linux-") != 0) return {};
    return {flavour, kernel.substr(6)};
}

std::optional<fs::path> newest_tree(const std::string& version) {
    std::optional<fs::path> newest;
    KernelVersion best;
    fs::file_time_type taken;
    std::error_code error;
    for (const auto& entry :
         fs::directory_iterator(ports_directory().parent_path() / "linux", error)) {
        // Written last: without it the tree is not complete.
        const fs::path mark = entry.path() / ".lockstep-source";
        std::error_code none;
        const fs::file_time_type time = fs::last_write_time(mark, none);
        if (none) continue;
        try {
            const KernelVersion found = read_tree_version(entry.path());
            if (!version.empty() && found.text() != version && found.major_minor() != version)
                continue;
            if (newest && (found < best || (found == best && time < taken))) continue;
            best = found;
            taken = time;
            newest = entry.path();
        } catch (const PortError&) {
            continue;
        }
    }
    return newest;
}

}  // namespace

std::optional<fs::path> kernel_tree_for(const std::string& port_name) {
    const Wanted wanted = parse_name(port_name);
    if (wanted.flavour == nullptr) return std::nullopt;
    return newest_tree(wanted.version);
}

bool build_on_demand(const std::string& port_name) {
    const Wanted wanted = parse_name(port_name);
    if (wanted.flavour == nullptr) return false;
    const std::optional<fs::path> tree = newest_tree(wanted.version);
    if (!tree) {
        const std::string which = wanted.version.empty() ? "" : " " + wanted.version;
        throw PortError{"`" + port_name + "` is not built, and the cache has no tree of Linux" +
                            which + " to build it from",
                        "run tools/linux-source, or `lockstep port add TREE --arch " +
                            wanted.flavour->arch + " --config " + wanted.flavour->config + "`"};
    }
    BuildOptions options;
    options.tree = *tree;
    options.arch = wanted.flavour->arch;
    options.config = wanted.flavour->config;
    build_kernel_port(options);
    return true;
}

std::vector<std::string> ports_on_demand() {
    std::vector<std::string> names;
    if (!newest_tree("")) return names;
    const std::vector<Port> there = list_kernel_ports();
    for (const Flavour& flavour : flavours()) {
        const std::string name = "linux/" + flavour.name;
        const bool built = std::any_of(there.begin(), there.end(),
                                       [&](const Port& port) { return port.name == name; });
        if (!resilient(flavour) && !built) names.push_back(name);
    }
    return names;
}

}  // namespace lockstep
