// Installs a scenario and its ports in the machine, in a fixed order: equal scenarios and ports
// get equal addresses, in every process and build.
#include "scenarios/prepare.h"

#include <algorithm>
#include <new>
#include <set>
#include <utility>

#include "scenarios/alike.h"
#include "sim/check.h"
#include "sim/machine.h"
#include "sim/oracle.h"

namespace lockstep {

namespace {

constexpr std::size_t kLine = 64;  // locks and variables do not share a line: WFE waits on lines

Machine& the_machine() {
    return Machine::instance();
}

template <typename T>
T* allocate(std::size_t count = 1) {
    return static_cast<T*>(the_machine().allocate(sizeof(T) * count, alignof(T)));
}

std::size_t whole_lines(std::size_t size) {
    return (size + kLine - 1) / kLine * kLine;
}

// Where the tally oracle of the machine being configured puts its counts, and what it looks at.
Tally* tally_place = nullptr;
bool tally_points = false;

// Counts for conditions. Judges nothing.
class TallyOracle final : public Oracle {
  public:
    explicit TallyOracle(Tally* tally) : tally_(tally) {}
    const char* name() const override { return "tally"; }
    std::uint64_t interest() const override {
        return event_bit(EventKind::inject_fired) |
               (tally_points ? event_bit(EventKind::point) : 0);
    }
    void begin(const OracleSetup&) override {}
    void on_event(const Event& event, FindingSink&) override {
        if (event.kind == EventKind::point && event.aux < kPointCount)
            tally_->points[event.aux] += 1;
        if (event.kind == EventKind::inject_fired && event.value < kInjectionsMax)
            tally_->fired[event.value] += 1;
        the_machine().note_written(tally_, sizeof(Tally));
    }

  private:
    Tally* tally_;
};

Oracle* make_tally(void* memory) {
    return new (memory) TallyOracle(tally_place);
}

constexpr OracleEntry kTallyEntry = {"tally",
                                     "counts what conditions ask about",
                                     sizeof(TallyOracle),
                                     alignof(TallyOracle),
                                     0,
                                     make_tally,
                                     0,
                                     false,
                                     true};  // stateless: what it counts lies elsewhere

bool uses(const std::optional<Expression>& expression, Operation::Code code) {
    if (!expression) return false;
    return std::any_of(expression->operations.begin(), expression->operations.end(),
                       [code](const Operation& operation) { return operation.code == code; });
}

// A recording points at the sites of its events when what made it is gone: they stay.
const char* lasting_text(const std::string& text) {
    static std::set<std::string> texts;
    return texts.insert(text).first->c_str();
}

sim_site* lasting_site(const sim_site& site) {
    static std::pmr::deque<sim_site> sites(lasting_constants());
    return &sites.emplace_back(site);
}

bool is_attempt(Statement::Code code) {
    return code == Statement::Code::acquire || code == Statement::Code::acquire_irqsave ||
           code == Statement::Code::trylock;
}

// The handler of an injection on the CPU it struck; `argument` is the row of bodies by CPU.
void run_handler(void* argument, CpuId cpu) {
    const Body* const body = static_cast<const Body* const*>(argument)[cpu];
    SIM_CHECK(body != nullptr);
    run_body(*body);
}

ObjectKind object_kind(PerCpuObject::Kind kind) {
    switch (kind) {
        case PerCpuObject::Kind::held_table:
            return ObjectKind::held_table;
        case PerCpuObject::Kind::queue_nodes:
            return ObjectKind::queue_node;
        case PerCpuObject::Kind::other:
            break;
    }
    return ObjectKind::other;
}

}  // namespace

PreparedScenario::PreparedScenario(const Scenario& scenario, const Port& port,
                                   const OracleEntry* observer, const OracleEntry* figures)
    : scenario_(scenario),
      port_(port),
      observer_(observer),
      figures_(figures),
      operations_(constants_.memory()),
      expressions_(constants_.memory()),
      programs_(constants_.memory()),
      runners_(constants_.memory()),
      handlers_(constants_.memory()),
      site_file_(scenario.name + ".yaml"),
      surroundings_(std::pmr::polymorphic_allocator<>(constants_.memory())
                        .new_object<Surroundings>(static_cast<unsigned>(scenario.programs.size()),
                                                  scenario.machine.cpus)) {
    configure();
    place_locks();
    place_variables();
    place_barriers();
    prepare_programs();
    add_tasks();
    add_injections();
    find_tables();
    add_oracles();
    the_machine().set_script(scenario_.script);
    for (const std::vector<CpuId>& group : find_alike(scenario_).groups)
        the_machine().set_alike(group);
    the_machine().seal();
}

void PreparedScenario::configure() {
    surroundings_->features = features_of(port_);
    const std::vector<const Port*> installed = choose_ports();
    MachineConfig config = scenario_.machine;
    config.event_stream = scenario_.event_stream.value_or(port_.event_stream);
    config.static_keys = port_.static_keys;
    if (scenario_.explore.max_steps) config.steps_max = *scenario_.explore.max_steps;
    config.turns = Turns::in_u16;
    for (const Port* const port : installed)
        config.turns = std::min(config.turns, port->facts.turns);
    the_machine().configure(config);
    for (const Port* const port : installed) install_port(*port);
}

// The port under test comes first: tables that every port has are then its own.
std::vector<const Port*> PreparedScenario::choose_ports() {
    std::vector<const Port*> installed;
    for (const LockDeclaration& lock : scenario_.locks) {
        if (served_by_port(lock, port_)) {
            lock_ports_.push_back(&port_);
            if (installed.empty() || installed.front() != &port_)
                installed.insert(installed.begin(), &port_);
            continue;
        }
        auto found = other_ports_.find(lock.lock_class);
        if (found == other_ports_.end()) {
            found = other_ports_.emplace(lock.lock_class, open_port(built_in_of(lock.lock_class)))
                        .first;
            installed.push_back(&found->second);
        }
        lock_ports_.push_back(&found->second);
    }
    return installed;
}

void PreparedScenario::install_port(const Port& port) {
    for (const PerCpuTemplate& part : port.per_cpu)
        the_machine().map_per_cpu(part.begin, part.size);
    for (const PerCpuObject& object : port.objects)
        the_machine().add_per_cpu_object(object.symbol, object.size, object_kind(object.kind),
                                         object.name.c_str());
    for (const StaticData& data : port.static_data)
        the_machine().map_static_data(data.begin, data.size);
    if (port.prepare != nullptr) port.prepare(port);
}

void PreparedScenario::place_locks() {
    for (std::size_t i = 0; i < scenario_.locks.size(); ++i) {
        const Port& port = *lock_ports_[i];
        SIM_CHECK(port.lock_alignment <= kLine);
        void* const lock = the_machine().allocate(whole_lines(port.lock_size), kLine);
        Object object;
        object.address = reinterpret_cast<std::uint64_t>(lock);
        object.size = port.lock_size;
        object.kind = ObjectKind::lock_word;
        object.lock = static_cast<LockId>(i);
        object.name = scenario_.locks[i].name.c_str();
        the_machine().add_object(object);
        if (port.operations.init != nullptr) port.operations.init(lock);
        lock_memory_.push_back(lock);
        operations_.push_back(port.operations);
        surroundings_->locks.push_back({lock, port.facts.word, port.lock_size});
    }
}

void PreparedScenario::place_variables() {
    for (const auto& [name, value] : scenario_.variables) {
        void* const place = the_machine().allocate(kLine, kLine);
        *static_cast<std::int64_t*>(place) = value;
        Object object;
        object.address = reinterpret_cast<std::uint64_t>(place);
        object.size = sizeof(std::int64_t);
        object.kind = ObjectKind::variable;
        object.name = name.c_str();
        the_machine().add_object(object);
        variables_.push_back(place);
        surroundings_->variables.push_back(place);
    }
}

void PreparedScenario::place_barriers() {
    for (const Program& program : scenario_.programs)
        for (const Statement& statement : program.statements)
            if (statement.code == Statement::Code::barrier && !barriers_.contains(statement.count))
                barriers_[statement.count] = allocate<std::uint64_t>();
}

void* PreparedScenario::place_of(const Statement& statement) {
    switch (statement.code) {
        case Statement::Code::acquire:
        case Statement::Code::release:
        case Statement::Code::acquire_irqsave:
        case Statement::Code::release_irqrestore:
        case Statement::Code::trylock:
            return lock_memory_.at(statement.lock);
        case Statement::Code::read_once:
        case Statement::Code::write_once:
            return variables_.at(statement.variable);
        case Statement::Code::barrier:
            return barriers_.at(statement.count);
        default:
            return nullptr;
    }
}

const Expression* PreparedScenario::keep(const std::optional<Expression>& expression) {
    return expression ? &expressions_.emplace_back(*expression) : nullptr;
}

Instruction PreparedScenario::prepare_statement(const Statement& statement, std::size_t program) {
    Instruction instruction;
    instruction.code = statement.code;
    instruction.lock = statement.lock;
    instruction.label = static_cast<std::int16_t>(statement.label);
    instruction.result = static_cast<std::int16_t>(statement.result);
    instruction.loop_depth = statement.loop_depth;
    instruction.flags_slot = statement.flags_slot;
    instruction.target = statement.target;
    instruction.count = statement.count;
    instruction.condition = keep(statement.condition);
    instruction.argument = keep(statement.argument);
    instruction.place = place_of(statement);
    if (statement.lock < operations_.size()) instruction.operations = &operations_[statement.lock];
    // Named after the scenario, not its path: a trace must not depend on where the file lies.
    instruction.site =
        lasting_site({lasting_text(site_file_), lasting_text(scenario_.programs[program].name),
                      lasting_text(statement.text), statement.line, 0, 0, 0});
    if (is_attempt(statement.code)) {
        SIM_CHECK(statement.code != Statement::Code::trylock ||
                  instruction.operations->trylock != nullptr);
        instruction.slot = static_cast<std::uint32_t>(acquire_statements_[program].size());
        acquire_statements_[program].push_back(&statement);
    }
    return instruction;
}

void PreparedScenario::prepare_programs() {
    acquire_statements_.resize(scenario_.programs.size());
    for (std::size_t i = 0; i < scenario_.programs.size(); ++i) {
        const Program& program = scenario_.programs[i];
        SIM_CHECK(program.registers.size() <= kRegistersMax);
        PreparedProgram& prepared = programs_.emplace_back(constants_.memory());
        prepared.group = program.group;
        for (const Statement& statement : program.statements)
            prepared.instructions.push_back(prepare_statement(statement, i));
        prepared.acquires = static_cast<std::uint32_t>(acquire_statements_[i].size());
    }
    tally_ = allocate<Tally>();
    surroundings_->tally = tally_;
}

PreparedScenario::Runner& PreparedScenario::runner(std::uint16_t program, CpuId cpu) {
    for (Runner& known : runners_)
        if (known.program == program && known.cpu == cpu) return known;
    const PreparedProgram& prepared = programs_.at(program);
    BodyState* state = surroundings_->body(prepared.group, cpu);
    if (state == nullptr) {
        state = allocate<BodyState>();
        state->registers = allocate<std::int64_t>(
            std::max<std::size_t>(1, scenario_.programs[program].registers.size()));
    }
    surroundings_->set_body(prepared.group, cpu, state);
    AcquireSlot* const slots = allocate<AcquireSlot>(std::max(1U, prepared.acquires));
    Runner& made = runners_.emplace_back();
    made = {program, cpu, {&prepared, surroundings_.get(), tally_, state, slots}};
    for (std::size_t i = 0; i < prepared.acquires; ++i)
        acquires_.push_back({runners_.size() - 1, acquire_statements_[program][i], &slots[i]});
    return made;
}

void PreparedScenario::add_tasks() {
    for (const TaskDeclaration& task : scenario_.tasks) {
        Runner& made = runner(task.program, task.cpu);
        const TaskId id = the_machine().add_task(task.cpu, run_task, &made.body,
                                                 scenario_.programs[task.program].name.c_str());
        surroundings_->add_task(made.body.program->group, task.cpu, id);
    }
}

void PreparedScenario::add_injections() {
    for (const InjectionDeclaration& declaration : scenario_.injections) {
        Injection injection = declaration.injection;
        std::pmr::vector<const Body*>& row =
            handlers_.emplace_back(scenario_.machine.cpus, nullptr);
        if (injection.kind != Injection::Kind::stall) {
            for (unsigned cpu = 0; cpu < scenario_.machine.cpus; ++cpu)
                if (injection.role != Role::none || injection.cpu == cpu)
                    row[cpu] = &runner(declaration.program, static_cast<CpuId>(cpu)).body;
            injection.entry = run_handler;
            injection.argument = row.data();
        }
        the_machine().add_injection(injection);
    }
}

void PreparedScenario::find_tables() {
    const LockFacts& facts = port_.facts;
    for (const Object& object : the_machine().objects()) {
        const auto* const begin = reinterpret_cast<const std::byte*>(object.address);
        if (object.kind == ObjectKind::held_table && facts.held_table.entries > 0 &&
            object.cpu == surroundings_->held_counts.size())
            surroundings_->held_counts.push_back(begin + facts.held_table.count_offset);
        if (object.kind == ObjectKind::queue_node && facts.nodes.nodes > 0 &&
            object.cpu == surroundings_->node_counts.size())
            surroundings_->node_counts.push_back(begin + facts.nodes.count_offset);
    }
}

void PreparedScenario::add_oracles() {
    OracleSetup setup;
    setup.cpus = scenario_.machine.cpus;
    for (std::size_t i = 0; i < scenario_.locks.size(); ++i) {
        LockFacts facts = lock_ports_[i]->facts;
        facts.name = scenario_.locks[i].name;
        facts.address = reinterpret_cast<std::uint64_t>(lock_memory_[i]);
        setup.locks.push_back(facts);
    }
    setup.clock_may_stall =
        scenario_.machine.clock != ClockMode::quiescent ||
        std::any_of(scenario_.injections.begin(), scenario_.injections.end(),
                    [](const InjectionDeclaration& declaration) {
                        return declaration.injection.kind == Injection::Kind::stall;
                    });
    the_machine().set_oracle_setup(setup);
    for (const OracleEntry& entry : oracle_registry())
        if (is_wanted(entry)) the_machine().add_oracle(entry);
    tally_place = tally_;
    tally_points = scenario_.questions_follow || asks_about(Operation::Code::events);
    surroundings_->asks_about_waits =
        asks_about(Operation::Code::task_wait_ns) || asks_about(Operation::Code::max_wait_ns);
    the_machine().add_oracle(kTallyEntry);
    if (observer_ != nullptr) the_machine().add_oracle(*observer_);
    if (figures_ != nullptr) the_machine().add_oracle(*figures_);
}

// A broken port is always watched by the oracle it must be caught by.
bool PreparedScenario::is_wanted(const OracleEntry& entry) const {
    const std::vector<std::string>& asked = scenario_.oracles;
    return !entry.optional || port_.caught_by == entry.name ||
           std::find(asked.begin(), asked.end(), entry.name) != asked.end();
}

bool PreparedScenario::asks_about(Operation::Code code) const {
    for (const Expectation& expectation : scenario_.expectations)
        if (uses(expectation.condition, code)) return true;
    for (const Program& program : scenario_.programs)
        for (const Statement& statement : program.statements)
            if (uses(statement.condition, code) || uses(statement.argument, code)) return true;
    return false;
}

void ask_oracle(Scenario& scenario, const std::string& oracle) {
    std::vector<std::string>& asked = scenario.oracles;
    if (std::find(asked.begin(), asked.end(), oracle) != asked.end()) return;
    for (const OracleEntry& entry : oracle_registry())
        if (entry.optional && oracle == entry.name) asked.push_back(oracle);
}

bool is_about_plain_locks(const Scenario& scenario) {
    return !scenario.locks.empty() && scenario.locks.front().lock_class == "spinlock";
}

bool served_by_port(const LockDeclaration& lock, const Port& port) {
    if (lock.lock_class == "spinlock") return !port.facts.resilient;
    return lock.lock_class == "rqspinlock" || lock.lock_class == port.lock_class;
}

std::string built_in_of(const std::string& lock_class) {
    return lock_class == "spinlock" ? "qspinlock" : lock_class;
}

std::string port_of_its_own(const Scenario& scenario) {
    if (scenario.port) return *scenario.port;
    return is_about_plain_locks(scenario) ? default_plain_port_name() : "";
}

std::string spurious_text(const MachineConfig& machine) {
    const unsigned most = machine.spurious_wakeups_max;
    if (most == 0) return "";
    return ", " + std::to_string(most) + (most == 1 ? " spurious wake-up" : " spurious wake-ups");
}

std::vector<std::string> features_of(const Port& port) {
    std::vector<std::string> features = port.features;
    for (const std::string& word : {port.arch, port.config, port.lock_class})
        if (!word.empty()) features.push_back(word);
    if (port.facts.resilient) features.push_back("resilient");
    if (port.operations.trylock != nullptr) features.push_back("trylock");
    return features;
}

namespace {

std::string missing_trylock(const Scenario& scenario, const Port& port) {
    for (const Program& program : scenario.programs)
        for (const Statement& statement : program.statements)
            if (statement.code == Statement::Code::trylock &&
                served_by_port(scenario.locks.at(statement.lock), port) &&
                port.operations.trylock == nullptr)
                return "port " + port.name + " has no trylock";
    return {};
}

}  // namespace

std::string skip_reason(const Scenario& scenario, const Port& port) {
    const std::vector<std::string> features = features_of(port);
    if (scenario.upstream && scenario.upstream->needs == "weak-memory")
        return "it needs a weak memory, and there is only a sequentially consistent one";
    if (scenario.port && *scenario.port != port.name && *scenario.port != port.alias)
        return "it is about port " + *scenario.port;
    if (port.facts.resilient && is_about_plain_locks(scenario)) return "it is about plain locks";
    const auto fits = [&port](const std::string& arch) {
        return arch == port.arch || arch == port.arch + "-" + port.config;
    };
    if (!scenario.arch_only.empty() &&
        std::none_of(scenario.arch_only.begin(), scenario.arch_only.end(), fits))
        return "it is not about " + port.arch;
    // From this many CPUs on the kernel's lock word has no byte for the pending bit.
    constexpr std::uint32_t kNoPendingByte = 16384;
    const bool has_byte =
        std::find(features.begin(), features.end(), "pending-byte") != features.end();
    if (scenario.nr_cpus && port.facts.word.pending_mask != 0 &&
        has_byte == (*scenario.nr_cpus >= kNoPendingByte))
        return "it is about a kernel for " + std::to_string(*scenario.nr_cpus) + " CPUs";
    if (scenario.requires_ && !features_hold(*scenario.requires_, features))
        return "it requires " + scenario.requires_->text;
    return missing_trylock(scenario, port);
}

}  // namespace lockstep
