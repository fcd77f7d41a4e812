// Text, line by line.
#pragma once

#include <string>
#include <vector>

namespace lockstep {

// What stands before each line end, and behind the last one if there is anything.
std::vector<std::string> split_lines(const std::string& text);

}  // namespace lockstep
