// Turns a scenario and a port into a configured, sealed machine: locks, tables, variables and
// bodies at their places in the arena, oracles, injections and script installed.
//
// There is one machine per process, so only the PreparedScenario made last may be run. The
// scenario and the port must outlive it.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <memory_resource>
#include <optional>
#include <string>
#include <vector>

#include "lock/port.h"
#include "scenarios/evaluate.h"
#include "scenarios/interpreter.h"
#include "scenarios/scenario.h"
#include "sim/constants.h"
#include "sim/oracle.h"

namespace lockstep {

// Why this scenario says nothing about this port; empty if it does.
std::string skip_reason(const Scenario& scenario, const Port& port);

// What this oracle found must be found again: lets it judge the scenario too if it is optional.
void ask_oracle(Scenario& scenario, const std::string& oracle);

// The port that serves a lock: the port under test serves what its class names, everything called
// rqspinlock and, if it is a plain lock, everything called spinlock; other classes are served by
// the built-in port of that name, spinlock by qspinlock.
bool served_by_port(const LockDeclaration& lock, const Port& port);
std::string built_in_of(const std::string& lock_class);

// Its locks are of the kind `spinlock`.
bool is_about_plain_locks(const Scenario& scenario);

// The port a scenario is run on when nobody names one, if that is not the usual one: the port it
// names, or for the kind `spinlock` a plain lock. Empty: the usual one.
std::string port_of_its_own(const Scenario& scenario);

// ", 2 spurious wake-ups": a part of the bounds of a verdict; empty if there are none.
std::string spurious_text(const MachineConfig& machine);

// What has(...) can see: the port's features, and words for what kind of port it is.
std::vector<std::string> features_of(const Port& port);

class PreparedScenario {
  public:
    // A program on a CPU, by name, with what it left behind.
    struct Runner {
        std::uint16_t program = 0;
        CpuId cpu = 0;
        Body body;
    };
    using Runners = std::pmr::deque<Runner>;
    // An acquire of a body, for reports.
    struct Acquire {
        std::size_t runner = 0;
        const Statement* statement = nullptr;
        const AcquireSlot* slot = nullptr;
    };

    // `observer` and `figures`, if given, are more oracles: folds over the events of whoever asks.
    PreparedScenario(const Scenario& scenario, const Port& port,
                     const OracleEntry* observer = nullptr, const OracleEntry* figures = nullptr);
    PreparedScenario(const PreparedScenario&) = delete;
    PreparedScenario& operator=(const PreparedScenario&) = delete;

    const Scenario& scenario() const { return scenario_; }
    const Surroundings& surroundings() const { return *surroundings_; }
    const Runners& runners() const { return runners_; }
    const std::vector<Acquire>& acquires() const { return acquires_; }
    const std::vector<void*>& lock_words() const { return lock_memory_; }
    // To be told after each execution, before its conditions are looked at.
    void set_family(PointId point) { surroundings_->family = point; }

  private:
    void configure();
    std::vector<const Port*> choose_ports();
    void install_port(const Port& port);
    void place_locks();
    void place_variables();
    void place_barriers();
    void prepare_programs();
    const Expression* keep(const std::optional<Expression>& expression);
    Instruction prepare_statement(const Statement& statement, std::size_t program);
    void* place_of(const Statement& statement);
    Runner& runner(std::uint16_t program, CpuId cpu);
    void add_tasks();
    void add_injections();
    void find_tables();
    void add_oracles();
    bool is_wanted(const OracleEntry& entry) const;
    bool asks_about(Operation::Code code) const;

    // Constants end with their memory, all at once.
    struct Destroy {
        void operator()(Surroundings* surroundings) const { std::destroy_at(surroundings); }
    };

    Constants constants_;  // what tasks point at
    const Scenario& scenario_;
    const Port& port_;
    const OracleEntry* observer_;
    const OracleEntry* figures_;
    std::map<std::string, Port> other_ports_;  // by lock class
    std::vector<const Port*> lock_ports_;      // by LockId
    std::vector<void*> lock_memory_;
    std::vector<void*> variables_;
    std::map<std::uint64_t, void*> barriers_;     // by parties
    std::pmr::deque<LockOperations> operations_;  // by LockId
    std::pmr::deque<Expression> expressions_;
    std::pmr::deque<PreparedProgram> programs_;
    std::vector<std::vector<const Statement*>> acquire_statements_;  // by program
    Runners runners_;
    std::pmr::deque<std::pmr::vector<const Body*>> handlers_;  // per injection, by CPU
    std::vector<Acquire> acquires_;
    std::string site_file_;
    std::unique_ptr<Surroundings, Destroy> surroundings_;
    Tally* tally_ = nullptr;
};

}  // namespace lockstep
