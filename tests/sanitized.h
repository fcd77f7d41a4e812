// Whether this is the build with sanitizers, in which everything takes several times as long: tests
// whose work can be had in smaller portions take a smaller one there.
#pragma once

namespace lockstep {

#ifdef LOCKSTEP_SANITIZE
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif

}  // namespace lockstep
