// Ways to make the text of a scenario smaller. They follow its lines: a line and what is indented
// below it is one piece, in the YAML as in the bodies. Whether the result still is a scenario is
// for the reader to say, whether it still means anything for the shrinker.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace lockstep {

struct ScenarioEdit {
    std::string text;  // of the whole scenario afterwards
    // Line number afterwards of each line before it, both counted from 1; 0 if it is gone.
    std::vector<std::uint32_t> line_after;
};

// The edit, and also without the pieces that begin on these lines of its text.
ScenarioEdit without_pieces(const ScenarioEdit& edit, const std::vector<std::uint32_t>& lines);

// Large pieces first, and from the end of the file to its beginning.
std::vector<ScenarioEdit> scenario_edits(const std::string& text);

}  // namespace lockstep
