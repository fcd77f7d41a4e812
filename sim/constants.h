// Memory for what simulated code points at and no execution changes: objects, injections, bodies,
// instructions, sites.
//
// A stack holds addresses of such things, so a state's hash depends on where they are. Here they
// are at the same places in every process, whatever it has allocated before: just below the arena,
// of which they are no part. What finds no room there is on the heap.
#pragma once

#include <memory_resource>
#include <vector>

namespace lockstep {

// Of one owner at a time; others get memory from the heap. Freed when the owner is gone.
class Constants {
  public:
    Constants();
    ~Constants();
    Constants(const Constants&) = delete;
    Constants& operator=(const Constants&) = delete;
    std::pmr::memory_resource* memory() { return &memory_; }

  private:
    bool owner_;
    std::pmr::monotonic_buffer_resource memory_;
};

// Of the machine: freed when it is configured.
std::pmr::memory_resource* machine_constants();
// REQUIRES: nobody has any of it.
void free_machine_constants();

template <class T>
struct ConstantVector : std::pmr::vector<T> {
    ConstantVector() : std::pmr::vector<T>(machine_constants()) {}
};

// Never freed.
std::pmr::memory_resource* lasting_constants();

}  // namespace lockstep
