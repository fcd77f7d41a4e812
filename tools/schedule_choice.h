// Schedule choice: the words behind --seeds and --scheduler.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

namespace lockstep {

// "1..200" or "7". Throws UsageError.
std::pair<std::uint64_t, std::uint64_t> parse_seeds(const std::string& text);
// Throws UsageError if it is not empty and no scheduler of that name is registered.
void check_scheduler(const std::string& name);

}  // namespace lockstep
