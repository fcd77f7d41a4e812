// Rerun: the recorded execution once more in this process, stopped behind a step, so that
// expressions can be asked there. Going back starts it from its beginning.
#pragma once

#include <cstdint>
#include <string>
#include <variant>

#include "scenarios/expression_evaluate.h"
#include "scenarios/prepare.h"
#include "tools/subject.h"

namespace lockstep {

// REQUIRES: the execution does not crash. The machine is its own while it lives.
class Rerun {
  public:
    explicit Rerun(const Subject& subject);
    // After everything of `step` and before the next one.
    void go_to(std::uint64_t step);
    // What the expression is there, or what is wrong with it.
    std::variant<Evaluated, std::string> ask(const std::string& text, std::uint64_t step);
    Evaluated value(const Expression& expression, std::uint64_t step);

  private:
    void begin(std::uint64_t step);
    const Subject& subject_;
    const Scenario scenario_;
    PreparedScenario prepared_;
    std::uint64_t at_ = 0;
    bool begun_ = false;
    bool ended_ = false;
};

}  // namespace lockstep
