// Fuzzes the compilers of bodies and expressions: up to a line of three dashes the input is the
// body of a program, the rest are conditions, one per line.
#include <cstddef>
#include <cstdint>
#include <sstream>

#include "tests/fuzz/fuzz_checks.h"

namespace {

constexpr const char* kHead = R"yaml(scenario: 1
name: fuzz
machine: { cpus: 3 }
locks: { A: rqspinlock, B: rqspinlock }
variables: { x: 1 }
params: { first: [A, B, A], rounds: [1, 2, 3] }
cpus: { 0-2: { task: worker } }
inject: [ { ctx: nmi, cpu: 1, run: handler, at: { point: [rq.check, rq.head.wait] } } ]
programs:
  handler: |
    r0 = res_spin_trylock(A);
  worker: |
    r0 = res_spin_lock($first);
)yaml";

std::string single_quoted(const std::string& text) {
    std::string quoted = "'";
    for (const char c : text) quoted += c == '\'' ? std::string("''") : std::string(1, c);
    return quoted + "'";
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::istringstream input(std::string(reinterpret_cast<const char*>(data), size));
    std::string text = kHead;
    std::string line;
    while (std::getline(input, line) && line != "---") text += "    " + line + "\n";
    text += "expect:\n  always:\n    - worker@0.r0 == 0\n";
    while (std::getline(input, line))
        if (!line.empty()) text += "    - " + single_quoted(line) + "\n";
    lockstep::check_answer(text, lockstep::read_scenario("<fuzz>", text));
    return 0;
}
