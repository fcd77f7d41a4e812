// PerCpu<T>: one T for every CPU. The static object is only the template (all zeroes); the machine
// gives each CPU its own copy when a port that names the template is installed.
#pragma once

#include "lock/port.h"
#include "sim/kernel.h"

namespace lockstep {

template <class T>
class PerCpu {
  public:
    // The copies. Finding an address is not an access and takes no step.
    T* this_cpu() { return static_cast<T*>(sim_this_cpu(&template_)); }
    T* of(unsigned cpu) { return static_cast<T*>(sim_per_cpu(&template_, cpu)); }

    // The template itself: names a member for the this_cpu_* operations, which find the copy in
    // the same step as they act on it.
    T* operator->() { return &template_; }
    T& operator*() { return template_; }

    // Tells the machine about the template, and oracles and traces what it is.
    void install(Port& port, PerCpuObject::Kind kind, const char* name) {
        port.per_cpu.push_back({&template_, sizeof(T)});
        port.objects.push_back({&template_, sizeof(T), kind, name});
    }

  private:
    T template_;
};

}  // namespace lockstep
