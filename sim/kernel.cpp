// The kernel ABI's memory half: every access of lock code comes through here.
//
// Everything on the way of an access is inlined into the function that lock code calls. When the
// machine goes on with another fiber, the processor predicts the returns of the one it left: each
// function between here and the lock's code would be one more wrong guess.
#include "sim/kernel.h"

#include "sim/check.h"
#include "sim/internal.h"
#include "sim/memories/sc.h"
#include "sim/timed.h"

namespace lockstep {

namespace {

static_assert(static_cast<int>(Order::acquire) == SIM_ACQUIRE);
static_assert(static_cast<int>(Order::release) == SIM_RELEASE);
static_assert(static_cast<int>(Order::full) == SIM_FULL);
static_assert(static_cast<int>(Fence::mb) == SIM_MB);
static_assert(static_cast<int>(Fence::rmb) == SIM_RMB);
static_assert(static_cast<int>(Fence::wmb) == SIM_WMB);
static_assert(static_cast<int>(Fence::ctrl_acquire) == SIM_CTRL_ACQUIRE);

std::uint64_t address_of(const volatile void* pointer) {
    return reinterpret_cast<std::uint64_t>(pointer);
}

// Where an access lies, as the step hash sees it: equal in every process and build.
std::uint64_t place(std::uint64_t address) {
    const std::uint64_t offset = address - arena::kBase;
    return offset < arena::kStacks - arena::kBase ? offset : 0;
}

// What can no longer let this turn of a loop park is forgotten, so that equal situations are equal
// bytes whatever was read on the way there.
[[gnu::always_inline]] inline void note_read(std::uint64_t address, unsigned size,
                                             std::uint64_t value) {
    Footprint& seen = this_cpu_state().footprint;
    if (seen.wrote || seen.count > kSpotsMax) return;
    if (seen.count < kSpotsMax) {
        seen.spots[seen.count++] = Spot(address, size, value);
        return;
    }
    for (Spot& spot : seen.spots) spot = {};
    seen.count = kSpotsMax + 1;
}

// A turn that wrote is no waiting.
void note_write(CpuState& cpu) {
    forget_waiting(cpu);
}

struct Access {
    std::uint64_t address;
    unsigned size;
    sim_order order;
    sim_site* site;
    std::uintptr_t pc;   // plain accesses only
    bool reads = false;  // a write that reads as well
    bool local = false;  // of this CPU's own data: no locked instruction
};

// Apart, so that the frames of the accesses themselves stay small: what their slots keep of earlier
// calls would make equal states look different. The access is copied: one that nobody wants to hear
// of stays in registers.
[[gnu::noinline]] void emit_access(EventKind kind, Access access, std::uint64_t value,
                                   std::uint64_t old, std::uint16_t index) {
    Event event = make_event(kind);
    event.size = static_cast<std::uint8_t>(access.size);
    event.order = static_cast<std::uint8_t>(access.order);
    event.plain = access.pc != 0;
    event.rmw = access.reads ? 1 : 0;
    event.pc = access.pc;
    event.site = access.site;
    event.value = value;
    event.old = old;
    event.object = index;
    if (event.object != kNoObject) {
        const Object& object = host().objects[event.object];
        event.object_kind = object.kind;
        event.object_cpu = object.cpu;
        event.lock = object.lock;
        event.offset = static_cast<std::uint32_t>(access.address - object.address);
    }
    emit(event);
}

bool tracked(std::uint16_t index) {
    if (index == kNoObject) return false;
    const ObjectKind kind = host().objects[index].kind;
    return kind == ObjectKind::lock_word || kind == ObjectKind::held_table ||
           kind == ObjectKind::queue_node;
}

[[gnu::always_inline]] inline void end_access(const Access& access, std::uint64_t seen,
                                              bool changed) {
    if (state().alike_any) note_alike_access(access.address, seen, changed);
    if (state().chain) note_own_access(access.address, access.size, access.site);
    clear_dead_stack();
}

[[gnu::always_inline]] inline void after_read(const Access& access, std::uint64_t value) {
    State& m = state();
    if (!m.running) return;
    mix_into_step_hash(place(access.address) << 8 | m.cpu, value);
    note_read(access.address, access.size, value);
    if (m.observe_loads) {
        const std::uint16_t index = object_index(access.address);
        if (m.observe_all || tracked(index))
            emit_access(EventKind::load, access, value, value, index);
    }
    if (access.site->point_after != 0) reach_point(access.site->point_after);
    if (m.hub) end_access(access, value, false);
}

// Everybody who may care about a write: the writer's own spin detection, parked waiters, oracles.
[[gnu::always_inline]] inline void after_write(const Access& access, std::uint64_t old,
                                               std::uint64_t value) {
    State& m = state();
    if (!m.running) return;
    mix_into_step_hash(place(access.address) << 8 | 0x80 | m.cpu, value);
    mark_user(access.address);
    if (old != value)
        note_write(this_cpu_state());
    else
        note_read(access.address, access.size, value);
    if (m.watchers != 0) note_store(access.address, access.size);
    if (m.gave_up_any && old != value) forget_given_up();
    if (wanted(EventKind::store)) {
        const std::uint16_t index = object_index(access.address);
        if (m.observe_all || tracked(index))
            emit_access(EventKind::store, access, value, old, index);
    }
    if (access.site->point_after != 0) reach_point(access.site->point_after);
    if (m.hub) end_access(access, old, old != value);
}

MemoryAccess as_memory_access(const Access& access) {
    return {access.address, static_cast<std::uint8_t>(access.size), access.order, state().cpu,
            access.site};
}

[[gnu::always_inline]] inline std::uint64_t load(const Access& access) {
    // Code without the inlined check looks at the word of its native spin: no step either.
    if (state().batch_granted != 0 &&
        access.address == reinterpret_cast<std::uint64_t>(hot().spin_address))
        return sc::read(access.address, access.size);
    step(access.site, {access.address, access.size, false});
    ++access.site->hits;
    Memory* const memory = host().memory;
    const std::uint64_t value = memory == nullptr ? sc::read(access.address, access.size)
                                                  : memory->load(as_memory_access(access));
    after_read(access, value);
    return value;
}

[[gnu::always_inline]] inline void store(const Access& access, std::uint64_t value) {
    step(access.site, {access.address, access.size, true});
    ++access.site->hits;
    const std::uint64_t old = sc::read(access.address, access.size);
    if (host().memory == nullptr)
        sc::write(access.address, access.size, value);
    else
        host().memory->store(as_memory_access(access), value);
    after_write(access, old, sc::truncate(value, access.size));
}

[[gnu::always_inline]] inline std::uint64_t update(const Access& access, sim_rmw_op op,
                                                   std::uint64_t operand) {
    step(access.site, {access.address, access.size, true, StepKind::access, !access.local});
    ++access.site->hits;
    Memory* const memory = host().memory;
    const std::uint64_t old = memory == nullptr
                                  ? sc::read(access.address, access.size)
                                  : memory->rmw(as_memory_access(access), op, operand);
    const std::uint64_t value = sc::truncate(sc::apply(op, old, operand), access.size);
    if (memory == nullptr) sc::write(access.address, access.size, value);
    after_write(access, old, value);
    return old;
}

// A plain access has no site of its own; its code address is kept in the event instead.
sim_site plain_site = {"", "", "plain access", 0, 0, 0, 0};

// A plain access that is a step: to what CPUs share, not to a stack or to anything of ours.
bool is_shared(std::uint64_t address) {
    if (address < arena::kStacks) return address >= arena::kUser;
    const Host::Range& watched = host().watched;
    return address - reinterpret_cast<std::uint64_t>(watched.begin) < watched.size;
}

std::uint64_t per_cpu_address(std::uint64_t symbol, unsigned cpu) {
    for (const Host::Template& mapped : host().templates) {
        const std::uint64_t offset = symbol - mapped.begin;
        if (offset < mapped.size) return mapped.copies + cpu * mapped.stride + offset;
    }
    SIM_CHECK_MSG(false, "a per-CPU symbol outside every registered template");
    return 0;
}

Access this_cpu_access(const volatile void* symbol, unsigned size, sim_site* site) {
    return {per_cpu_address(address_of(symbol), state().cpu), size, SIM_RELAXED, site, 0};
}

}  // namespace

void step_slow(sim_site* site, Touch touch) {
    State& m = state();
    if (!m.running) {
        m.fuel = std::int64_t{1} << 62;
        return;
    }
    ++m.fuel;  // this step has not been made yet
    if (site->point_before != 0) reach_point(site->point_before);
    if (m.fuel > 0) {
        --m.fuel;
        return;
    }
    if (m.timed != nullptr && timed_goes_on(touch)) return;
    CpuState& cpu = this_cpu_state();
    cpu.next_address = touch.address;
    cpu.next_size = static_cast<std::uint8_t>(touch.size);
    cpu.next_write = touch.write;
    cpu.next_is_asked = m.chain && is_asked(site);
    schedule_step(touch.kind, site);
}

// The instrumentation announced a plain write; by now it has been made.
void settle() {
    State& m = state();
    m.unsettled_any = false;
    const Access access{m.unsettled_address, m.unsettled_size, SIM_RELAXED, &plain_site,
                        m.unsettled_pc};
    after_write(access, m.unsettled_old, sc::read(access.address, access.size));
}

}  // namespace lockstep

using namespace lockstep;

uint64_t sim_load(const volatile void* address, unsigned size, enum sim_order order,
                  struct sim_site* site) {
    return load({address_of(address), size, order, site, 0});
}

void sim_store(volatile void* address, uint64_t value, unsigned size, enum sim_order order,
               struct sim_site* site) {
    store({address_of(address), size, order, site, 0}, value);
}

uint64_t sim_rmw(volatile void* address, enum sim_rmw_op op, uint64_t operand, unsigned size,
                 enum sim_order order, struct sim_site* site) {
    return update({address_of(address), size, order, site, 0, true}, op, operand);
}

int sim_cmpxchg(volatile void* address, uint64_t* expected, uint64_t desired, unsigned size,
                enum sim_order order, struct sim_site* site) {
    Access access{address_of(address), size, order, site, 0, true};
    step(site, {access.address, size, true, StepKind::access, true});
    ++site->hits;
    const std::uint64_t wanted_value = sc::truncate(*expected, size);
    std::uint64_t old = 0;
    if (host().memory == nullptr) {
        old = sc::read(access.address, size);
        if (old == wanted_value) sc::write(access.address, size, desired);
    } else {
        old = host().memory->cmpxchg(as_memory_access(access), wanted_value, desired);
    }
    if (old != wanted_value) {
        *expected = old;
        access.order = SIM_RELAXED;  // a failed one orders nothing
        after_read(access, old);
        return 0;
    }
    after_write(access, old, sc::truncate(desired, size));
    return 1;
}

void sim_fence(enum sim_fence_kind kind, struct sim_site* site) {
    const CleanExit clean;
    step(site, {0, 0, false, StepKind::fence, kind == SIM_MB});
    ++site->hits;
    if (!state().running) return;
    if (host().memory != nullptr) host().memory->fence(kind, state().cpu);
    mix_into_step_hash(std::uint64_t{0xfe} << 40 | kind, state().cpu);
    if (wanted(EventKind::fence)) {
        Event event = make_event(EventKind::fence);
        event.value = kind;
        event.order = static_cast<std::uint8_t>(kind);
        event.site = site;
        emit(event);
    }
    if (site->point_after != 0) reach_point(site->point_after);
}

void sim_plain_read(const volatile void* address, unsigned size, uintptr_t pc) {
    if (!is_shared(address_of(address))) return;
    if (!state().running) return;
    step(&plain_site, {address_of(address), size, false});
    const Access access{address_of(address), size, SIM_RELAXED, &plain_site, pc};
    after_read(access, sc::read(access.address, size));
}

void sim_plain_write(volatile void* address, unsigned size, uintptr_t pc) {
    if (!is_shared(address_of(address))) return;
    State& m = state();
    if (!m.running) return;
    step(&plain_site, {address_of(address), size, true});
    m.unsettled_any = true;
    m.unsettled_address = address_of(address);
    m.unsettled_size = static_cast<std::uint8_t>(size);
    m.unsettled_old = sc::read(m.unsettled_address, size);
    m.unsettled_pc = pc;
}

void* sim_per_cpu(const volatile void* symbol, unsigned cpu) {
    return reinterpret_cast<void*>(per_cpu_address(address_of(symbol), cpu));
}

void* sim_this_cpu(const volatile void* symbol) {
    return sim_per_cpu(symbol, state().cpu);
}

uint64_t sim_this_cpu_read(const volatile void* symbol, unsigned size, struct sim_site* site) {
    return load(this_cpu_access(symbol, size, site));
}

void sim_this_cpu_write(volatile void* symbol, uint64_t value, unsigned size,
                        struct sim_site* site) {
    store(this_cpu_access(symbol, size, site), value);
}

uint64_t sim_this_cpu_rmw(volatile void* symbol, enum sim_rmw_op op, uint64_t operand,
                          unsigned size, struct sim_site* site) {
    Access access = this_cpu_access(symbol, size, site);
    access.reads = access.local = true;
    return update(access, op, operand);
}
