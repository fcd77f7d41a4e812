// The library of scenarios, run whole on one port after the other: what tools/lockstep run shows,
// with fewer schedules. A port's test is its line in the registry.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "lock/port.h"
#include "scenarios/runner.h"
#include "tests/sanitized.h"

namespace lockstep {
namespace {

std::vector<std::string> library_files() {
    std::vector<std::string> files;
    const std::filesystem::path root = std::filesystem::path(LOCKSTEP_SOURCE_DIR) / "scenarios";
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root))
        if (entry.path().extension() == ".yaml") files.push_back(entry.path().string());
    std::sort(files.begin(), files.end());
    return files;
}

std::vector<std::string> sound_ports() {
    std::vector<std::string> names;
    for (const Port& port : list_ports())
        if (port.caught_by.empty() && port.bugs.empty() && port.facts.resilient)
            names.push_back(port.name);
    return names;
}

Scenario scenario_of_file(const std::string& path) {
    std::ifstream in(path);
    const std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
    ReadResult read = read_scenario(path, text);
    for (const Problem& problem : read.problems) ADD_FAILURE() << path << ": " << problem.message;
    return read.scenario.value_or(Scenario{});
}

constexpr std::uint64_t kSchedules = kSanitized ? 1 : 4;

class Library : public testing::TestWithParam<std::string> {};

TEST_P(Library, GoesAsExpected) {
    const Port port = open_port(GetParam());
    unsigned ran = 0;
    for (const std::string& path : library_files()) {
        RunOptions options;
        options.twice = true;
        const Scenario scenario = scenario_of_file(path);
        // Schedules that prove a `sometimes` may be rare; the others are only sampled here.
        const bool rare = std::any_of(
            scenario.expectations.begin(), scenario.expectations.end(),
            [](const Expectation& e) { return e.mode == Expectation::Mode::sometimes; });
        if (!rare) {
            options.seed_first = scenario.explore.seed_first;
            options.seed_last =
                std::min(scenario.explore.seed_last, scenario.explore.seed_first + kSchedules - 1);
        }
        const RunReport report = run_scenario(scenario, port, options);
        if (report.verdict == RunReport::Verdict::skipped) continue;
        ++ran;
        EXPECT_EQ(report.verdict, RunReport::Verdict::as_expected)
            << path << ": " << (report.failures.empty() ? "" : report.failures[0].text);
    }
    EXPECT_GE(ran, 28U);
}

INSTANTIATE_TEST_SUITE_P(Ports, Library, testing::ValuesIn(sound_ports()),
                         [](const testing::TestParamInfo<std::string>& instance) {
                             std::string name = instance.param;
                             std::replace_if(
                                 name.begin(), name.end(),
                                 [](char c) {
                                     return std::isalnum(static_cast<unsigned char>(c)) == 0;
                                 },
                                 '_');
                             return name;
                         });

}  // namespace
}  // namespace lockstep
