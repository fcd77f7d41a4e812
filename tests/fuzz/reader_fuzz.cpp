// Fuzzes the YAML reader: the input is a whole scenario file.
#include <cstddef>
#include <cstdint>

#include "tests/fuzz/fuzz_checks.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string text(reinterpret_cast<const char*>(data), size);
    lockstep::check_answer(text, lockstep::read_scenario("<fuzz>", text));
    return 0;
}
