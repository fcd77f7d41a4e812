// mutual-exclusion: a lock has one owner, from a successful return to the entry of unlock.
//
// Does not check that the protected data is visible to the next owner (that needs a weak memory
// and the data-race property), nor what a failed acquire does.
#include <type_traits>

#include "sim/oracles/oracles.h"
#include "sim/oracles/rows.h"

namespace lockstep {

namespace {

struct Owner {
    std::uint8_t owned = 0;
    CpuId cpu = 0;
    std::uint8_t depth = 0;
    Context context = Context::task;
};
static_assert(std::has_unique_object_representations_v<Owner>);

class MutualExclusion final : public RowOracle<MutualExclusion, NoRow, Owner> {
  public:
    const char* name() const override { return "mutual-exclusion"; }
    std::uint64_t interest() const override {
        return event_bit(EventKind::acquire_end) | event_bit(EventKind::release_begin);
    }

    void on_event(const Event& event, FindingSink& sink) override {
        if (event.lock == kNoLock) return;
        Owner& owner = of_lock(event.lock);
        const char* const lock = setup().locks[event.lock].name.c_str();
        if (event.kind == EventKind::acquire_end) {
            if (event.value != 0) return;
            if (owner.owned != 0)
                sink.report(name(), "two-owners", event,
                            "CPU%u %s was given %s, which CPU%u %s still owns", event.cpu,
                            context_name(event.context), lock, owner.cpu,
                            context_name(owner.context));
            owner = {1, event.cpu, event.depth, event.context};
            return;
        }
        if (owner.owned == 0 || owner.cpu != event.cpu || owner.depth != event.depth)
            sink.report(name(), "not-owner", event, "CPU%u %s releases %s without owning it",
                        event.cpu, context_name(event.context), lock);
        owner = {};  // who had it is no part of a state
    }
};

}  // namespace

OracleEntry mutual_exclusion_entry() {
    return make_entry<MutualExclusion>("mutual-exclusion",
                                       "one owner per lock, from success return to unlock entry");
}

}  // namespace lockstep
