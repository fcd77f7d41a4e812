// Plain kernel locks are built when somebody first asks for them, not with the first command ever
// given: from the trees that tools/linux-source put into the user's cache.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace lockstep {

// The newest tree in the cache that the port with this name can be built from: "linux/powerpc",
// "linux-7.2/s390", "linux-7.2.12/ticket". Nothing for names that are not built on demand.
std::optional<std::filesystem::path> kernel_tree_for(const std::string& port_name);

// Builds it; false if it is not built on demand or there is no tree. Throws PortError if a tree is
// there and the port cannot be built from it, or if a plain kernel lock lacks nothing but a tree.
bool build_on_demand(const std::string& port_name);

// Names of the ports that would be built from the newest tree when asked for, and are not there.
std::vector<std::string> ports_on_demand();

}  // namespace lockstep
