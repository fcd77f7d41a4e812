// Which scheduler an execution of the portfolio is made by.
#pragma once

#include <cstdint>

namespace lockstep {

// "random", "pct", "pos" or "urw", in turn.
const char* portfolio_member(std::uint64_t seed);

}  // namespace lockstep
