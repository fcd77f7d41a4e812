// The operations a body may call: one row each.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "scenarios/body_names.h"

namespace lockstep {

enum class ArgumentKind : std::uint8_t {
    lock,
    flags_out,  // a register that receives irq flags
    flags_in,   // a register that holds them
    amount,     // a constant
    parties,    // how many tasks meet
    condition,
    variable,
    value,  // an expression over registers and constants
};

struct BodyOperation {
    enum class Locks : std::uint8_t { none, resilient, plain };
    std::string_view name;
    Statement::Code code;
    std::vector<ArgumentKind> arguments;
    bool returns = false;
    Locks locks = Locks::none;
    bool task_only = false;
    std::string_view form;  // for messages
};

const std::vector<BodyOperation>& body_operations();
// nullptr if there is none of this name.
const BodyOperation* body_operation(std::string_view name);
Words body_operation_words();

}  // namespace lockstep
