// The wait-for graph in words, for findings: first the cycle, if there is one, then who else waits.
#include <algorithm>
#include <bit>
#include <cstdarg>
#include <cstdio>

#include "sim/oracles/wait_graph.h"

namespace lockstep {

namespace {

// Sentences in a buffer; what does not fit is left away.
class Words {
  public:
    Words(char* into, std::size_t size) : into_(into), size_(size) { into_[0] = '\0'; }
    bool empty() const { return used_ == 0; }
    void say(const char* format, ...) __attribute__((format(printf, 2, 3))) {
        if (used_ >= size_) return;
        va_list values;
        va_start(values, format);
        const int wrote = std::vsnprintf(into_ + used_, size_ - used_, format, values);
        va_end(values);
        used_ += static_cast<std::size_t>(std::max(wrote, 0));
    }

  private:
    char* into_;
    std::size_t size_;
    std::size_t used_ = 0;
};

}  // namespace

// From a member on, each time to one of those it waits for that is in the circle as well, until a
// CPU comes up again: from there on it is the cycle.
unsigned WaitGraph::find_cycle(CpuId (&members)[kCpusMax]) const {
    for (unsigned start = 0; start < setup().cpus; ++start) {
        const std::uint64_t all = circle(static_cast<CpuId>(start), Blocking::possible);
        if (all == 0) continue;
        unsigned count = 0;
        for (auto c = static_cast<CpuId>(start); count < kCpusMax;) {
            CpuId* const end = members + count;
            CpuId* const before = std::find(members, end, c);
            if (before != end) {
                std::copy(before, end, members);
                return static_cast<unsigned>(end - before);
            }
            members[count++] = c;
            const std::uint64_t next =
                blockers(running(c).wants, {c, of_cpu(c).top}, Blocking::possible) & all;
            if (next == 0) break;
            c = static_cast<CpuId>(std::countr_zero(next));
        }
    }
    return 0;
}

void WaitGraph::describe(char* into, std::size_t size) const {
    Words words(into, size);
    const auto waits = [&](unsigned c, unsigned d) {
        const LockId wanted = of_cpu(c).nodes[d].wants;
        const WaitLock& lock = of_lock(wanted);
        words.say("CPU%u %s waits for %s", c, context_name(of_cpu(c).contexts[d]),
                  facts(wanted).name.c_str());
        if (lock.owned == 0) return words.say(", which nobody owns");
        words.say(", held by CPU%u %s", lock.owner.cpu,
                  context_name(of_cpu(lock.owner.cpu).contexts[lock.owner.depth]));
    };
    CpuId members[kCpusMax];
    const unsigned count = find_cycle(members);
    std::uint64_t told = 0;
    for (unsigned i = 0; i < count; ++i) {
        const CpuId c = members[i];
        told |= std::uint64_t{1} << c;
        words.say("%s", i == 0 ? "a cycle: " : "; ");
        waits(c, of_cpu(c).top);
    }
    for (unsigned c = 0; c < setup().cpus; ++c)
        for (unsigned d = 0; d <= of_cpu(c).top; ++d) {
            const bool in_cycle = d == of_cpu(c).top && (told >> c & 1U) != 0;
            if (of_cpu(c).nodes[d].wants == kNoLock || in_cycle) continue;
            if (!words.empty()) words.say("; ");
            waits(c, d);
        }
}

}  // namespace lockstep
