// A scenario as data: what reader.cpp makes of a .yaml file and runner.cpp executes. Names are
// resolved to indices; nothing here refers to the text, except the line numbers for messages.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "sim/machine.h"
#include "sim/types.h"

namespace lockstep {

// --- expressions: used by conditions in bodies, wait_until and expect --------------------------
// A flat postfix program over int64 values; arithmetic wraps, comparison and logic give 0 or 1.
// Evaluate with evaluate() of scenarios/expression_evaluate.h, which needs no allocation and may
// run on a fiber.
//
// Unknown values: a register (or a wait) that was never assigned in this execution is unknown, and
// so is whatever depends on it (`&&`, `||` and `?:` are decided by their known operands where they
// can be). An `always` condition is violated only when it is known to be false, a `never` only
// when known to be true, a `sometimes` holds only when known to be true. returned(p@c.r) is always
// known. An `always` that is unknown in every execution says nothing: report it as never seen.
struct Operation {
    enum class Code : std::uint8_t {
        constant,       // push value
        body_register,  // push register `a` of the running program
        // `c` may be kThisTask inside count(). A handler that ran more than once on a CPU leaves
        // what its last run assigned; wait_ns is over all of its runs.
        task_register,  // push register `b` of program group `a` on cpu `c`; or unknown
        task_wait_ns,   // push how long the longest acquire of program group `a` on cpu `c` took
        task_returned,  // push 1 if program a / register b / cpu c was ever assigned
        lock_field,     // push `b` (LockField) of lock `a`
        held,           // push the held-table count of cpu `a`
        events,         // push how often point `a` was reached in this execution
        exited,         // push 1 if every task of program group `a` ended
        variable,       // push scenario variable `a`
        has_feature,    // push 1 if the port has feature `text`
        at_point,       // push the PointId this execution's injection family uses
        max_wait_ns,    // push the longest acquire of anybody
        qnodes_in_use,  // push the sum of all node counts
        fired,          // push how often injection `a` fired
        time_ns,        // push the time now
        // Push for how many CPUs the sub-expression holds, of those where a task of program group
        // `a` is declared or a handler of it was entered. The `c` operations of the
        // sub-expression start at index `b`, directly after this one; go on at b + c.
        count,
        negate,
        logical_not,
        add,
        subtract,
        multiply,
        equal,
        not_equal,
        less,
        less_equal,
        greater,
        greater_equal,
        logical_and,
        logical_or,
        select,  // three operands: condition, then, else
    };
    static constexpr std::uint16_t kThisTask = 0xffff;
    Code code = Code::constant;
    std::int64_t value = 0;
    std::uint16_t a = 0, b = 0, c = 0;
    std::string text;
};
constexpr unsigned kExpressionStackMax = 32;  // no compiled expression needs more
enum class LockField : std::uint8_t { word, locked, pending, tail, free };

struct Expression {
    std::vector<Operation> operations;
    std::string text;  // as written, for messages
    std::uint32_t line = 0, column = 0;
};

// --- bodies --------------------------------------------------------------------------------------
// Registers are int64, one set per (program group, CPU), 0 and unassigned at the start of every
// execution. A run of the program does not reset them: a handler's second run sees the first's.
// Delays are in the unit of the operation (`count`). All barriers with the same number of parties
// are one barrier, used again and again: the n-th to arrive lets everybody go. A lock operation of
// a class that cannot fail still assigns its result (0; trylock of a plain lock: 0 or -EBUSY).
// `if (c) { ... }` is compiled to a loop of one round with a condition.
struct Statement {
    enum class Code : std::uint8_t {
        acquire,
        release,
        acquire_irqsave,
        release_irqrestore,
        trylock,
        irq_save,
        irq_restore,
        irq_disable,
        irq_enable,
        preempt_disable,
        preempt_enable,
        mdelay,
        udelay,
        ndelay,
        sleep_ms,
        cpu_relax,
        barrier,
        wait_until,
        read_once,
        write_once,
        smp_mb,
        smp_rmb,
        smp_wmb,
        assign,  // result = expression
        // repeat (count) {: `count` times (never 0); target = index after its loop_end, where to
        // go on if `condition` is set and false (it is looked at once, before the first round).
        loop_begin,
        loop_end,  // target = index of its loop_begin; the next round starts at target + 1
    };
    Code code = Code::assign;
    std::int32_t label = -1;              // index into Program::labels
    std::optional<Expression> condition;  // if (...)
    std::int32_t result = -1;             // register
    std::uint8_t lock = 0;                // LockId
    std::uint16_t variable = 0;
    std::uint32_t flags_slot = 0;  // register that keeps irq flags
    std::uint64_t count = 0;       // delay amount, loop count, barrier parties
    std::uint8_t loop_depth = 0;   // loops around it: 0..kLoopsMax-1 names a loop's counter
    std::int32_t target = -1;
    std::optional<Expression> argument;  // wait_until, write_once, assign
    std::uint32_t line = 0;              // in the file
    std::string text;                    // as written, one line, $parameters replaced
};
constexpr unsigned kLoopsMax = 4;       // nested in each other
constexpr unsigned kRegistersMax = 64;  // per program
constexpr unsigned kVariablesMax = 64;

// A program used with different `params` is compiled once for each set of values; all of these
// share a name, a group, labels and registers. Expressions, label triggers and script commands
// speak of groups: Trigger::program and ScriptCommand::program are groups (reach_label() must be
// given the group), TaskDeclaration::program and InjectionDeclaration::program are indices into
// Scenario::programs. A program is a task at most once per CPU.
struct Program {
    std::string name;
    std::uint16_t group = 0;
    std::vector<Statement> statements;
    std::vector<std::string> labels;
    std::vector<std::string> registers;
    std::uint32_t line = 0;
};

// --- the scenario --------------------------------------------------------------------------------
struct LockDeclaration {
    std::string name;
    std::string lock_class;  // rqspinlock, rqspinlock-tas, qspinlock, ticket, mcs, tas
    std::uint32_t line = 0;
};

struct TaskDeclaration {
    CpuId cpu = 0;
    std::uint16_t program = 0;
    std::map<std::string, std::string> parameters;  // informational; already substituted
};

struct InjectionDeclaration {
    Injection injection;        // entry/argument are filled in by the runner
    std::uint16_t program = 0;  // handler; none for a stall
    std::string text;           // "nmi on cpu 0 runs handler at worker.cs", for reports
    std::uint32_t line = 0;
};

struct Explore {
    std::string strategy = "random";  // one of kStrategyWords (scenarios/reader_keys.h)
    std::uint64_t seed_first = 1, seed_last = 100;
    std::optional<std::uint64_t> depth, preemption_bound, injection_bound;
    std::optional<std::uint64_t> max_executions, max_steps, plateau;
    bool symmetry = false;  // a search takes CPUs that may be exchanged for each other
};

struct Expectation {
    enum class Mode : std::uint8_t { always, sometimes, never };
    Mode mode = Mode::always;
    Expression condition;
    std::optional<Expression> only_if;  // has_feature and logic only, as in `requires` and `allow`
};

struct Allowance {  // a finding the scenario expects: "truthful-errors/conservative"
    std::string oracle;
    std::string word;  // empty = any
    std::optional<Expression> only_if;
    bool required = false;  // must be found in at least one execution
    std::uint32_t line = 0;
};

// The known bug that a scenario of scenarios/upstream shows.
struct UpstreamBug {
    std::string bug;                    // "R11"
    std::vector<std::string> features;  // what the source of a lock with the fix has
    std::vector<std::string> fixes;     // upstream commits, 12 hex digits each
    // Findings that are the bug (the word may be empty); what else the oracles say in its scenario
    // may come from other bugs.
    std::vector<Allowance> findings;
    std::string needs;  // "weak-memory": what the simulation has not got yet; or empty
};

struct Scenario {
    std::string path;  // as given
    std::string name;
    std::string summary;
    std::string story;
    std::vector<std::string> tags;
    std::string text;  // the whole file
    std::string hash;  // 8 hex digits over the text
    MachineConfig machine;
    std::optional<std::string> port;       // machine: port
    std::optional<bool> event_stream;      // machine: event_stream; unset: as the port has it
    std::optional<std::uint32_t> nr_cpus;  // machine: nr_cpus; the CONFIG_NR_CPUS it is about
    std::vector<std::string> arch_only;    // machine: arch, when it makes sense on these only
    std::optional<Expression> requires_;   // has(...) expression; false = skip on this port
    std::vector<LockDeclaration> locks;
    std::vector<std::pair<std::string, std::int64_t>> variables;
    std::vector<Program> programs;
    std::vector<TaskDeclaration> tasks;
    std::vector<InjectionDeclaration> injections;
    std::vector<ScriptCommand> script;
    std::vector<std::string> oracles;  // optional ones to be used as well
    bool questions_follow = false;     // not of the file: count whatever a question may be about
    Explore explore;
    std::vector<Expectation> expectations;
    std::vector<Allowance> allowances;
    std::optional<UpstreamBug> upstream;
    // What the matrix expects of a port, where it is not as usual: "ok", "fails" or "skip".
    std::map<std::string, std::string> port_verdicts;
};

struct Problem {  // one thing wrong with a file
    std::uint32_t line = 0, column = 0;
    std::string message;     // what was found and what was expected
    std::string suggestion;  // "did you mean `nmi`?" or empty
};

struct ReadResult {
    std::optional<Scenario> scenario;  // set only if there is no problem
    std::vector<Problem> problems;     // all of them, in file order
};

// `path` is only used in messages, and for the rule that a .yaml file is named after its scenario.
// Never throws on bad input.
ReadResult read_scenario(const std::string& path, const std::string& text);

// "path:line:column: message; suggestion", without a newline.
std::string describe_problem(const std::string& path, const Problem& problem);

}  // namespace lockstep
