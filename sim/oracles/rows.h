// An oracle that remembers something of each CPU, of each lock, or of both. Right behind it in
// memory lie as many elements as the machine has of these, and no more:
//
//     the oracle │ CPU 0 │ CPU 1 │ ... │ lock 0 │ lock 1 │ ...
//
// Elements are saved, restored and hashed as bytes: no padding, no pointers to the heap. Who places
// an oracle takes from its entry how much room it needs: oracle_size().
#pragma once

#include <cstddef>
#include <new>
#include <type_traits>

#include "sim/facts.h"
#include "sim/oracle.h"

namespace lockstep {

struct NoRow {};

template <class Element>
constexpr std::size_t row_size() {
    if constexpr (std::is_same_v<Element, NoRow>) {
        return 0;
    } else {
        static_assert(std::is_trivially_copyable_v<Element>);
        static_assert(std::has_unique_object_representations_v<Element>);
        static_assert(alignof(Element) <= kRowAlignment);
        return sizeof(Element);
    }
}

// `Self` is the class that derives from this one.
template <class Self, class OfCpu, class OfLock>
class RowOracle : public Oracle {
  public:
    static constexpr std::size_t kPerCpu = row_size<OfCpu>();
    static constexpr std::size_t kPerLock = row_size<OfLock>();

    void begin(const OracleSetup& setup) override {
        setup_ = &setup;
        if constexpr (kPerCpu != 0)
            for (unsigned c = 0; c < setup.cpus; ++c) new (&of_cpu(c)) OfCpu{};
        if constexpr (kPerLock != 0)
            for (unsigned l = 0; l < setup.locks.size(); ++l) new (&of_lock(l)) OfLock{};
    }

  protected:
    ~RowOracle() = default;

    const OracleSetup& setup() const { return *setup_; }
    OfCpu& of_cpu(unsigned cpu) { return cpus()[cpu]; }
    const OfCpu& of_cpu(unsigned cpu) const { return cpus()[cpu]; }
    OfLock& of_lock(unsigned lock) { return locks()[lock]; }
    const OfLock& of_lock(unsigned lock) const { return locks()[lock]; }

  private:
    OfCpu* cpus() const { return reinterpret_cast<OfCpu*>(behind()); }
    OfLock* locks() const {
        return reinterpret_cast<OfLock*>(behind() + rows_before_locks(kPerCpu, setup_->cpus));
    }
    std::byte* behind() const {
        auto* const self = const_cast<Self*>(static_cast<const Self*>(this));
        return reinterpret_cast<std::byte*>(self) + sizeof(Self);
    }

    const OracleSetup* setup_ = nullptr;
};

}  // namespace lockstep
