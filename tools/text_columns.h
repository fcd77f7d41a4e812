// Text columns: padding, wrapping and cutting plain ASCII text for pictures and tables.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace lockstep {

std::string pad_left(const std::string& text, std::size_t width);
std::string pad_right(const std::string& text, std::size_t width);
std::string trim_right(std::string text);
// At most `width` columns; "..." stands for what was cut off.
std::string cut(const std::string& text, std::size_t width);
// Lines of at most `width` columns, broken at spaces where there are any. At least one line.
std::vector<std::string> wrap(const std::string& text, std::size_t width);
// Line ends become `between`.
std::string in_one_line(std::string text, const std::string& between = " ");
std::string joined(const std::vector<std::string>& words, const char* between = ", ");
// "1 execution", "2 executions".
std::string counted(std::uint64_t number, const std::string& word);

}  // namespace lockstep
