// Suggest: which of the known words somebody probably meant.
#pragma once

#include <string>
#include <vector>

namespace lockstep {

// Number of letters to add, drop, change or swap to get from one word to the other.
unsigned edit_distance(const std::string& from, const std::string& to);

// The nearest of `known`, or an empty string when none is near enough to be worth saying.
std::string nearest(const std::string& word, const std::vector<std::string>& known);

// "; did you mean `x`?" or an empty string: the tail of a message.
std::string did_you_mean(const std::string& word, const std::vector<std::string>& known);

}  // namespace lockstep
