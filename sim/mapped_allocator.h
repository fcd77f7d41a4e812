// Memory straight from the system, for what is large and mostly never touched: malloc() of a
// sanitized build would mark all of it.
#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <new>

namespace lockstep {

template <class T>
struct MappedAllocator {
    using value_type = T;

    MappedAllocator() = default;
    template <class U>
    MappedAllocator(const MappedAllocator<U>& /*other*/) {}

    T* allocate(std::size_t count) {
        void* const memory = mmap(nullptr, count * sizeof(T), PROT_READ | PROT_WRITE,
                                  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (memory == MAP_FAILED) throw std::bad_alloc();
        return static_cast<T*>(memory);
    }
    void deallocate(T* memory, std::size_t count) { munmap(memory, count * sizeof(T)); }

    friend bool operator==(const MappedAllocator&, const MappedAllocator&) { return true; }
};

}  // namespace lockstep
