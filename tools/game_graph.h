// Game graph: every state that a player of a scenario can reach, as the JSON that the page of a
// game walks along. docs/step.md names its keys.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

#include "tools/subject.h"

namespace lockstep {

struct GameGraphOptions {
    std::string goal;            // as for Game
    std::filesystem::path tree;  // of the kernel source to show; empty: the one in the cache
    std::size_t states_max = 10'000;
};

// Throws UsageError, with what to do, if there are more states than that, if the code under test
// crashes in one of them, or if it was interrupted.
nlohmann::ordered_json game_graph_json(const Subject& subject, const GameGraphOptions& options);

}  // namespace lockstep
