// From a lock's bare algorithm to the calls a scenario makes: as the kernel's spin_lock() and
// friends, they also keep the CPU from being preempted, and the irqsave ones from being
// interrupted.
#pragma once

#include <cstdint>

#include "lock/port.h"
#include "sim/kernel.h"

namespace lockstep {

// `Lock` has a type Word and static functions init(Word*), acquire(Word*) -> int and
// release(Word*), and perhaps trylock(Word*) -> int.
template <class Lock>
struct Calls {
    using Word = typename Lock::Word;
    static Word* word(void* lock) { return static_cast<Word*>(lock); }

    static void init(void* lock) { Lock::init(word(lock)); }

    static int acquire(void* lock) {
        sim_preempt_disable();
        const int ret = Lock::acquire(word(lock));
        if (ret != 0) sim_preempt_enable();
        return ret;
    }
    static void release(void* lock) {
        Lock::release(word(lock));
        sim_preempt_enable();
    }
    // Interrupts first, preemption second, and back in the same order: enabling preemption while
    // interrupts are still off would miss a reschedule.
    static int acquire_irqsave(void* lock, std::uint64_t* flags) {
        *flags = sim_irq_save();
        sim_preempt_disable();
        const int ret = Lock::acquire(word(lock));
        if (ret != 0) {
            sim_irq_restore(*flags);
            sim_preempt_enable();
        }
        return ret;
    }
    static void release_irqrestore(void* lock, std::uint64_t flags) {
        Lock::release(word(lock));
        sim_irq_restore(flags);
        sim_preempt_enable();
    }
    static int trylock(void* lock) {
        sim_preempt_disable();
        const int ret = Lock::trylock(word(lock));
        if (ret != 0) sim_preempt_enable();
        return ret;
    }
};

// What a trylock of a plain lock returns when somebody else has it (-EBUSY).
constexpr int kBusy = -16;

template <class Lock>
LockOperations operations_of() {
    using C = Calls<Lock>;
    LockOperations operations{
        C::init, C::acquire, C::release, C::acquire_irqsave, C::release_irqrestore, nullptr};
    if constexpr (requires(typename Lock::Word * word) { Lock::trylock(word); })
        operations.trylock = C::trylock;
    return operations;
}

}  // namespace lockstep
