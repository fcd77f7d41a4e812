// Sequential consistency: bytes in the arena, every access at once and in one order.
// The functions are inline because the machine's hot path uses them directly.
#pragma once

#include <cstdint>
#include <cstring>

#include "sim/kernel.h"

namespace lockstep::sc {

inline std::uint64_t read(std::uint64_t address, unsigned size) {
    const auto* const p = reinterpret_cast<const volatile void*>(address);
    switch (size) {
        case 1:
            return *static_cast<const volatile std::uint8_t*>(p);
        case 2:
            return *static_cast<const volatile std::uint16_t*>(p);
        case 4:
            return *static_cast<const volatile std::uint32_t*>(p);
        default:
            return *static_cast<const volatile std::uint64_t*>(p);
    }
}

inline void write(std::uint64_t address, unsigned size, std::uint64_t value) {
    auto* const p = reinterpret_cast<volatile void*>(address);
    switch (size) {
        case 1:
            *static_cast<volatile std::uint8_t*>(p) = static_cast<std::uint8_t>(value);
            break;
        case 2:
            *static_cast<volatile std::uint16_t*>(p) = static_cast<std::uint16_t>(value);
            break;
        case 4:
            *static_cast<volatile std::uint32_t*>(p) = static_cast<std::uint32_t>(value);
            break;
        default:
            *static_cast<volatile std::uint64_t*>(p) = value;
            break;
    }
}

constexpr std::uint64_t truncate(std::uint64_t value, unsigned size) {
    return size >= 8 ? value : value & ((std::uint64_t{1} << (8 * size)) - 1);
}

constexpr std::uint64_t apply(sim_rmw_op op, std::uint64_t old, std::uint64_t operand) {
    switch (op) {
        case SIM_XCHG:
            return operand;
        case SIM_ADD:
            return old + operand;
        case SIM_AND:
            return old & operand;
        case SIM_OR:
            return old | operand;
        case SIM_ANDNOT:
            return old & ~operand;
    }
    return old;
}

}  // namespace lockstep::sc
