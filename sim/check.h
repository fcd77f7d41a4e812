// SIM_CHECK: our own invariants. Always on; a failure is a bug of Lockstep, reported and aborted
// with exit code 70. Facts about a lock are findings, bad input is a message: neither comes here.
#pragma once

namespace lockstep {

[[noreturn]] void check_failed(const char* expression, const char* file, int line,
                               const char* message);

}  // namespace lockstep

#define SIM_CHECK(expression)                                                 \
    (__builtin_expect(!(expression), 0)                                       \
         ? ::lockstep::check_failed(#expression, __FILE__, __LINE__, nullptr) \
         : static_cast<void>(0))
#define SIM_CHECK_MSG(expression, message)                                      \
    (__builtin_expect(!(expression), 0)                                         \
         ? ::lockstep::check_failed(#expression, __FILE__, __LINE__, (message)) \
         : static_cast<void>(0))
