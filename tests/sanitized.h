// How much work a test does that can be had in portions: a small one in the build with sanitizers,
// in which everything takes several times as long, and all of it for `tools/check --long`.
#pragma once

#include <cstdlib>

namespace lockstep {

#ifdef LOCKSTEP_SANITIZE
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif

inline bool long_check() {
    return std::getenv("LOCKSTEP_LONG") != nullptr;
}

}  // namespace lockstep
