// Fuzzes the token reader: whatever it takes must be written and read again to the same picks.
#include <cstddef>
#include <cstdint>
#include <string>

#include "sim/check.h"
#include "sim/token.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace lockstep;
    const std::string text(reinterpret_cast<const char*>(data), size);
    const auto answer = read_token(text);
    if (const auto* problem = std::get_if<TokenProblem>(&answer)) {
        SIM_CHECK(problem->column >= 1);
        SIM_CHECK(problem->column <= size + 1);
        SIM_CHECK(!problem->message.empty());
        return 0;
    }
    const std::string written = write_token(std::get<Token>(answer));
    const auto again = read_token(written);
    SIM_CHECK(std::holds_alternative<Token>(again));
    SIM_CHECK(write_token(std::get<Token>(again)) == written);
    SIM_CHECK(written.size() <= size);
    return 0;
}
