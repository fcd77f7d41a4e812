// Scenarios of the library and ports of the kernel, for tests that put them together.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "lock/linux/builder.h"
#include "lock/linux/flavour.h"
#include "lock/linux/loader.h"
#include "scenarios/scenario.h"
#include "tests/lock/kernel_tree_for_tests.h"

namespace lockstep {

// By folder and name, as "explore/nmi-2cpu".
inline Scenario library_scenario(const std::string& name) {
    const std::string path = std::string(LOCKSTEP_SOURCE_DIR "/scenarios/") + name + ".yaml";
    const ReadResult read = read_scenario(path, read_text(path));
    for (const Problem& problem : read.problems) ADD_FAILURE() << path << ": " << problem.message;
    return read.scenario.value_or(Scenario{});
}

// REQUIRES: a cache of the test's own, or one it may add to.
inline Port built(const std::filesystem::path& tree, const std::string& flavour,
                  const char* compiler = "") {
    BuildOptions options;
    options.tree = tree;
    options.arch = flavour_by_name(flavour)->arch;
    options.config = flavour_by_name(flavour)->config;
    options.compiler = compiler;
    build_kernel_port(options);
    return *open_kernel_port("linux/" + flavour);
}

}  // namespace lockstep
