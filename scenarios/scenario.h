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
// A flat postfix program over int64 values. Comparison and logic give 0 or 1.
struct Operation {
    enum class Code : std::uint8_t {
        constant,       // push value
        body_register,  // push register `a` of the running program
        task_register,  // push register `b` of program group `a` on cpu `c`; none run there: 0
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
        count,          // push in how many tasks of program group `a` the sub-expression b..b+c holds
        negate, logical_not,
        add, subtract, multiply,
        equal, not_equal, less, less_equal, greater, greater_equal,
        logical_and, logical_or,
        select,         // condition, then, else
    };
    Code code = Code::constant;
    std::int64_t value = 0;
    std::uint16_t a = 0, b = 0, c = 0;
    std::string text;
};
enum class LockField : std::uint8_t { word, locked, pending, tail };

struct Expression {
    std::vector<Operation> operations;
    std::string text;  // as written, for messages
    std::uint32_t line = 0;
};

// --- bodies --------------------------------------------------------------------------------------
struct Statement {
    enum class Code : std::uint8_t {
        acquire, release, acquire_irqsave, release_irqrestore, trylock,
        irq_save, irq_restore, irq_disable, irq_enable, preempt_disable, preempt_enable,
        mdelay, udelay, ndelay, sleep_ms, cpu_relax, barrier, wait_until,
        read_once, write_once, smp_mb, smp_rmb, smp_wmb,
        assign,      // result = expression
        loop_begin,  // repeat (count) {: `count` times; target = index after loop_end
        loop_end,    // target = index of the loop_begin
    };
    Code code = Code::assign;
    std::int32_t label = -1;             // index into Program::labels
    std::optional<Expression> condition;  // if (...)
    std::int32_t result = -1;            // register
    std::uint8_t lock = 0;               // LockId
    std::uint16_t variable = 0;
    std::uint32_t flags_slot = 0;        // register that keeps irq flags
    std::uint64_t count = 0;             // delay amount, loop count, barrier parties
    std::int32_t target = -1;
    std::optional<Expression> argument;  // wait_until, write_once, assign
    std::uint32_t line = 0;              // in the file
    std::string text;                    // as written, one line
};

// A program used with different `params` is compiled once for each set of values; all of these
// share a name and a group. Expressions speak of groups.
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
    std::map<std::string, std::int64_t> parameters;  // informational; already substituted
};

struct InjectionDeclaration {
    Injection injection;       // entry/argument are filled in by the runner
    std::uint16_t program = 0; // handler
    std::uint32_t line = 0;
};

struct Explore {
    std::string strategy = "random";  // round-robin random pct pos urw exhaustive replay
    std::uint64_t seed_first = 1, seed_last = 100;
    std::optional<std::uint64_t> depth, preemption_bound, max_executions, max_steps, plateau;
};

struct Expectation {
    enum class Mode : std::uint8_t { always, sometimes, never };
    Mode mode = Mode::always;
    Expression condition;
    std::optional<Expression> only_if;  // features
};

struct Allowance {       // a finding the scenario expects: "truthful-errors/conservative"
    std::string oracle;
    std::string word;    // empty = any
    std::optional<Expression> only_if;
    bool required = false;  // must be found in at least one execution
    std::uint32_t line = 0;
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
    std::optional<std::string> port;  // machine: port
    std::vector<std::string> arch_only;   // machine: arch, when it makes sense on these only
    std::optional<Expression> requires_;  // has(...) expression; false = skip on this port
    std::vector<LockDeclaration> locks;
    std::vector<std::pair<std::string, std::int64_t>> variables;
    std::vector<Program> programs;
    std::vector<TaskDeclaration> tasks;
    std::vector<InjectionDeclaration> injections;
    std::vector<ScriptCommand> script;
    Explore explore;
    std::vector<Expectation> expectations;
    std::vector<Allowance> allowances;
    std::map<std::string, std::string> port_verdicts;  // reserved for the matrix
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

// `path` is only used in messages. Never throws on bad input.
ReadResult read_scenario(const std::string& path, const std::string& text);

}  // namespace lockstep
