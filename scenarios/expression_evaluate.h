// Evaluates compiled expressions with unknown values: a register nobody assigned is unknown, and
// logic is decided by its known operands where it can be (false && unknown is false).
//
// Allocates nothing and touches nothing but its arguments, so it may run on a fiber.
#pragma once

#include <cstdint>

#include "scenarios/scenario.h"

namespace lockstep {

struct Evaluated {
    std::int64_t value = 0;
    bool known = true;
    bool is_true() const { return known && value != 0; }
    bool is_false() const { return known && value == 0; }
};

// Where values come from. `leaf` is never an operator, `constant` or `count`.
class ExpressionSource {
  public:
    // `cpu` replaces a kThisTask in leaf.c (and equals leaf.c otherwise).
    virtual Evaluated read(const Operation& leaf, std::uint16_t cpu) const = 0;
    // Is a task of program `group` declared on `cpu`, or was a handler of it entered there?
    virtual bool ran(std::uint16_t group, std::uint16_t cpu) const = 0;

  protected:
    ~ExpressionSource() = default;
};

// REQUIRES: compiled by the reader (never deeper than kExpressionStackMax).
Evaluated evaluate(const Expression& expression, const ExpressionSource& source);

}  // namespace lockstep
