// The interpreter: a loop over instructions and one function per operation.
#include "scenarios/interpreter.h"

#include <algorithm>
#include <array>

#include "sim/check.h"
#include "sim/machine.h"

namespace lockstep {

namespace {

using Code = Statement::Code;

// Lives on the fiber, so it is plain data: a checkpoint is a copy of its bytes.
struct Frame {
    const Body* body;
    const Expression* waiting_for;
    std::uint64_t rounds[kLoopsMax];
};

Machine& machine() {
    return Machine::instance();
}

Evaluated value_of(const Frame& frame, const Expression& expression) {
    return evaluate(expression, BodyView(*frame.body->surroundings, *frame.body->state));
}

void assign(const Frame& frame, const Instruction& instruction, std::int64_t value) {
    if (instruction.result < 0) return;
    BodyState& state = *frame.body->state;
    state.registers[instruction.result] = value;
    state.assigned |= std::uint64_t{1} << instruction.result;
    machine().note_written(&state, sizeof state);
    machine().note_written(&state.registers[instruction.result], sizeof value);
}

// Remembers how an attempt that began at `begin` ended.
void record(const Frame& frame, const Instruction& instruction, TimeNs begin, int ret) {
    const TimeNs wait = machine().now() - begin;
    const Body& body = *frame.body;
    AcquireSlot& slot = body.slots[instruction.slot];
    slot.ret = ret;
    slot.attempts += 1;
    body.state->attempts += 1;
    if (body.surroundings->asks_about_waits || !machine().searched()) {
        slot.wait_ns = std::max(slot.wait_ns, wait);
        body.state->wait_ns = std::max(body.state->wait_ns, wait);
        body.tally->wait_ns = std::max(body.tally->wait_ns, wait);
    }
    machine().note_written(&slot, sizeof slot);
    machine().note_written(body.state, sizeof *body.state);
    machine().note_written(&body.tally->wait_ns, sizeof wait);
    assign(frame, instruction, ret);
}

std::uint64_t& flags_of(const Frame& frame, const Instruction& instruction) {
    SIM_CHECK(instruction.flags_slot < kRegistersMax);
    std::int64_t& flags = frame.body->state->registers[instruction.flags_slot];
    machine().note_written(&flags, sizeof flags);
    return reinterpret_cast<std::uint64_t&>(flags);
}

// --- locks ---------------------------------------------------------------------------------------

[[gnu::noinline]] void do_acquire(Frame& frame, const Instruction& instruction) {
    const TimeNs begin = machine().now();
    machine().note_acquire_begin(instruction.lock, false);
    machine().scrub_stack();
    const int ret = instruction.operations->acquire(instruction.place);
    machine().note_acquire_end(instruction.lock, ret);
    record(frame, instruction, begin, ret);
}

[[gnu::noinline]] void do_release(Frame&, const Instruction& instruction) {
    machine().note_release_begin(instruction.lock);
    machine().scrub_stack();
    instruction.operations->release(instruction.place);
    machine().note_release_end(instruction.lock);
}

// A port without the combined call gets what the kernel's own macros do for it.
int acquire_irqsave(const Instruction& instruction, std::uint64_t* flags) {
    const LockOperations& operations = *instruction.operations;
    if (operations.acquire_irqsave != nullptr)
        return operations.acquire_irqsave(instruction.place, flags);
    *flags = sim_irq_save();
    const int ret = operations.acquire(instruction.place);
    if (ret != 0) sim_irq_restore(*flags);
    return ret;
}

[[gnu::noinline]] void do_acquire_irqsave(Frame& frame, const Instruction& instruction) {
    const TimeNs begin = machine().now();
    std::uint64_t flags = 0;
    machine().note_acquire_begin(instruction.lock, false);
    machine().scrub_stack();
    const int ret = acquire_irqsave(instruction, &flags);
    machine().note_acquire_end(instruction.lock, ret);
    flags_of(frame, instruction) = flags;
    record(frame, instruction, begin, ret);
}

[[gnu::noinline]] void do_release_irqrestore(Frame& frame, const Instruction& instruction) {
    const std::uint64_t flags = flags_of(frame, instruction);
    machine().note_release_begin(instruction.lock);
    machine().scrub_stack();
    if (instruction.operations->release_irqrestore != nullptr) {
        instruction.operations->release_irqrestore(instruction.place, flags);
    } else {
        instruction.operations->release(instruction.place);
        sim_irq_restore(flags);
    }
    machine().note_release_end(instruction.lock);
}

[[gnu::noinline]] void do_trylock(Frame& frame, const Instruction& instruction) {
    const TimeNs begin = machine().now();
    machine().note_acquire_begin(instruction.lock, true);
    machine().scrub_stack();
    const int ret = instruction.operations->trylock(instruction.place);
    machine().note_acquire_end(instruction.lock, ret);
    record(frame, instruction, begin, ret);
}

// --- CPU and time --------------------------------------------------------------------------------

[[gnu::noinline]] void do_irq_save(Frame& frame, const Instruction& instruction) {
    const std::uint64_t flags = sim_irq_save();
    flags_of(frame, instruction) = flags;
}

[[gnu::noinline]] void do_irq_restore(Frame& frame, const Instruction& instruction) {
    sim_irq_restore(flags_of(frame, instruction));
}

[[gnu::noinline]] void do_irq_disable(Frame&, const Instruction&) {
    machine().local_irq_disable();
}

[[gnu::noinline]] void do_irq_enable(Frame&, const Instruction&) {
    machine().local_irq_enable();
}

[[gnu::noinline]] void do_preempt_disable(Frame&, const Instruction&) {
    sim_preempt_disable();
}

[[gnu::noinline]] void do_preempt_enable(Frame&, const Instruction&) {
    sim_preempt_enable();
}

[[gnu::noinline]] void do_mdelay(Frame&, const Instruction& instruction) {
    sim_delay(instruction.count * kNsPerMs);
}

[[gnu::noinline]] void do_udelay(Frame&, const Instruction& instruction) {
    sim_delay(instruction.count * kNsPerUs);
}

[[gnu::noinline]] void do_ndelay(Frame&, const Instruction& instruction) {
    sim_delay(instruction.count);
}

[[gnu::noinline]] void do_sleep_ms(Frame&, const Instruction& instruction) {
    sim_sleep(instruction.count * kNsPerMs);
}

[[gnu::noinline]] void do_cpu_relax(Frame&, const Instruction& instruction) {
    sim_relax(instruction.site);
}

// --- meeting others ------------------------------------------------------------------------------

struct Barrier {
    std::uint64_t* arrivals;
    std::uint64_t wanted;
};

bool all_arrived(void* argument) {
    const Barrier& barrier = *static_cast<const Barrier*>(argument);
    return *barrier.arrivals >= barrier.wanted;
}

// Arrivals are counted for ever; the n-th, 2n-th ... lets its round go. Counting takes no step,
// so nobody can come between the count and the decision which round this is.
[[gnu::noinline]] void do_barrier(Frame&, const Instruction& instruction) {
    Barrier barrier{static_cast<std::uint64_t*>(instruction.place), 0};
    const std::uint64_t before = (*barrier.arrivals)++;
    machine().note_written(barrier.arrivals, sizeof before);
    barrier.wanted = (before / instruction.count + 1) * instruction.count;
    machine().wait_until(all_arrived, &barrier);
}

bool condition_holds(void* argument) {
    const Frame& frame = *static_cast<const Frame*>(argument);
    return value_of(frame, *frame.waiting_for).is_true();
}

[[gnu::noinline]] void do_wait_until(Frame& frame, const Instruction& instruction) {
    frame.waiting_for = instruction.argument;
    machine().wait_until(condition_holds, &frame);
    frame.waiting_for = nullptr;
}

// --- memory --------------------------------------------------------------------------------------

[[gnu::noinline]] void do_read_once(Frame& frame, const Instruction& instruction) {
    const std::uint64_t value =
        sim_load(instruction.place, sizeof(std::uint64_t), SIM_RELAXED, instruction.site);
    assign(frame, instruction, static_cast<std::int64_t>(value));
}

[[gnu::noinline]] void do_write_once(Frame& frame, const Instruction& instruction) {
    const Evaluated value = value_of(frame, *instruction.argument);
    sim_store(instruction.place, static_cast<std::uint64_t>(value.value), sizeof(std::uint64_t),
              SIM_RELAXED, instruction.site);
}

[[gnu::noinline]] void do_fence(Frame&, const Instruction& instruction) {
    sim_fence(instruction.code == Code::smp_mb    ? SIM_MB
              : instruction.code == Code::smp_rmb ? SIM_RMB
                                                  : SIM_WMB,
              instruction.site);
}

// An unknown value assigns nothing: the result is as unknown as what it came from.
[[gnu::noinline]] void do_assign(Frame& frame, const Instruction& instruction) {
    const Evaluated value = value_of(frame, *instruction.argument);
    if (value.known) assign(frame, instruction, value.value);
}

void do_nothing(Frame&, const Instruction&) {
    SIM_CHECK_MSG(false, "loops are the interpreter's own");
}

using Execute = void (*)(Frame&, const Instruction&);
// In the order of Statement::Code.
constexpr std::array<Execute, static_cast<std::size_t>(Code::loop_end) + 1> kExecute = {
    do_acquire,    do_release,         do_acquire_irqsave, do_release_irqrestore,
    do_trylock,    do_irq_save,        do_irq_restore,     do_irq_disable,
    do_irq_enable, do_preempt_disable, do_preempt_enable,  do_mdelay,
    do_udelay,     do_ndelay,          do_sleep_ms,        do_cpu_relax,
    do_barrier,    do_wait_until,      do_read_once,       do_write_once,
    do_fence,      do_fence,           do_fence,           do_assign,
    do_nothing,    do_nothing};

// Where to go on after the loop instruction at `at`.
std::uint32_t turn(Frame& frame, const Instruction* instructions, std::uint32_t at) {
    const Instruction& instruction = instructions[at];
    SIM_CHECK(instruction.loop_depth < kLoopsMax);
    std::uint64_t& rounds = frame.rounds[instruction.loop_depth];
    if (instruction.code == Code::loop_begin) {
        rounds = instruction.count;
        return at + 1;
    }
    SIM_CHECK(rounds > 0);
    if (--rounds == 0) return at + 1;
    return static_cast<std::uint32_t>(instruction.target) + 1;
}

}  // namespace

void run_body(const Body& body) {
    Frame frame{&body, nullptr, {}};
    body.state->runs += 1;
    machine().note_written(body.state, sizeof *body.state);
    const Instruction* const instructions = body.program->instructions.data();
    const auto count = static_cast<std::uint32_t>(body.program->instructions.size());
    std::uint32_t at = 0;
    while (at < count) {
        const Instruction& instruction = instructions[at];
        if (instruction.label >= 0)
            machine().reach_label(body.program->group,
                                  static_cast<std::uint16_t>(instruction.label));
        machine().scrub_stack();
        const bool skip =
            instruction.condition != nullptr && !value_of(frame, *instruction.condition).is_true();
        if (skip) {
            at = instruction.code == Code::loop_begin
                     ? static_cast<std::uint32_t>(instruction.target)
                     : at + 1;
        } else if (instruction.code >= Code::loop_begin) {
            at = turn(frame, instructions, at);
        } else {
            kExecute[static_cast<std::size_t>(instruction.code)](frame, instruction);
            ++at;
        }
    }
}

void run_task(void* body) {
    run_body(*static_cast<const Body*>(body));
}

}  // namespace lockstep
