// Keeps the repro file of every failure in the user's state folder.
#include "tools/repro_folder.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "scenarios/repro.h"
#include "tools/command.h"

namespace lockstep {

namespace {

std::filesystem::path folder() {
    const char* const state = std::getenv("XDG_STATE_HOME");
    if (state != nullptr && state[0] == '/') return std::filesystem::path(state) / "lockstep/repro";
    const char* const home = std::getenv("HOME");
    return std::filesystem::path(home != nullptr ? home : ".") / ".local/state/lockstep/repro";
}

}  // namespace

SavedRepro keep_repro(const Scenario& scenario, const Port& port, const Failure& failure) {
    std::error_code error;
    std::filesystem::create_directories(folder(), error);
    if (error) return {"", folder().string() + ": " + error.message()};
    std::string port_word = port.name;
    std::replace(port_word.begin(), port_word.end(), '/', '-');
    char hash[20];
    std::snprintf(hash, sizeof hash, "%016llx",
                  static_cast<unsigned long long>(failure.result.step_hash));
    const std::filesystem::path path =
        folder() / (scenario.name + "-" + port_word + "-" + std::string(hash, 8) + ".repro");
    const Repro repro = make_repro(scenario, port, failure, tool_version());
    if (const auto problem = save_repro(repro, path.string())) return {"", *problem};
    return {path.string(), ""};
}

}  // namespace lockstep
