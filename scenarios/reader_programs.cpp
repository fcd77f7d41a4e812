// Locks, variables, parameters, programs, and which CPU runs what.
#include <algorithm>

#include "scenarios/body_compiler.h"
#include "scenarios/reader_walk.h"

namespace lockstep {
namespace {

bool is_lock_name(std::string_view name) {
    if (name.empty() || name[0] < 'A' || name[0] > 'Z') return false;
    return std::all_of(name.begin(), name.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '_';
    });
}

constexpr std::size_t kNameLengthMax = 40;
constexpr std::size_t kProgramsMax = 64;

}  // namespace

void ScenarioWalk::read_locks(const Node& top) {
    const Node* locks = top.member("locks");
    if (locks == nullptr ||
        !expect_kind(*locks, Node::Kind::mapping, "locks such as `A: rqspinlock`"))
        return;
    if (locks->entries.empty()) problems_.add(locks->at, "a scenario has at least one lock");
    for (const Node::Entry& entry : locks->entries) {
        if (!is_lock_name(entry.key) || entry.key.size() > kNameLengthMax)
            problems_.add(entry.at,
                          "expected the name of a lock, a word that starts with a "
                          "capital letter, found " +
                              quoted(entry.key));
        const bool reserved = index_of(reserved_words(), entry.key).has_value();
        if (reserved) problems_.add(entry.at, quoted(entry.key) + " has a meaning of its own");
        if (names_.locks.size() >= kLocksMax) {
            problems_.add(entry.at, "at most " + std::to_string(kLocksMax) + " locks are allowed");
            break;
        }
        const auto index = read_word(entry.value, "kind of lock", lock_class_words());
        const std::string lock_class = index ? lock_class_words()[*index] : "rqspinlock";
        if (index && names_.locks.empty()) {
            names_.lock_class = lock_class;
            names_.family = *index < 2 ? LockFamily::resilient : LockFamily::plain;
        } else if (index && lock_class != names_.lock_class) {
            problems_.add(entry.value.at, "all locks of a scenario are of one kind, the first is " +
                                              quoted(names_.lock_class) + " and this is " +
                                              quoted(lock_class));
        }
        names_.locks.push_back(entry.key);
        scenario_.locks.push_back({entry.key, lock_class, entry.at.line});
    }
}

// A name the scenario makes up for a variable, parameter or program.
void ScenarioWalk::check_free_name(const Node::Entry& entry, const char* what) {
    if (!is_lower_word(entry.key) || entry.key.size() > kNameLengthMax)
        problems_.add(entry.at, std::string("expected the name of ") + what +
                                    ", a lower-case word, found " + quoted(entry.key));
    else if (index_of(reserved_words(), entry.key))
        problems_.add(entry.at,
                      quoted(entry.key) + " has a meaning of its own and cannot name " + what);
}

void ScenarioWalk::read_variables(const Node& top) {
    const Node* variables = top.member("variables");
    if (variables == nullptr ||
        !expect_kind(*variables, Node::Kind::mapping, "variables such as `x: 0`"))
        return;
    for (const Node::Entry& entry : variables->entries) {
        check_free_name(entry, "a variable");
        if (names_.variables.size() >= kVariablesMax) {
            problems_.add(entry.at,
                          "at most " + std::to_string(kVariablesMax) + " variables are allowed");
            break;
        }
        constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
        const auto value = read_integer(entry.value, -kMost, kMost);
        names_.variables.push_back(entry.key);
        scenario_.variables.emplace_back(entry.key, value.value_or(0));
    }
}

void ScenarioWalk::read_param(const Node::Entry& entry) {
    check_free_name(entry, "a parameter");
    ParameterNames parameter{entry.key, {}};
    if (!expect_kind(entry.value, Node::Kind::sequence, "a list with one value per CPU")) return;
    for (const Node& item : entry.value.items) {
        if (item.kind == Node::Kind::scalar && item.type() == Node::Type::integer) {
            const auto value = read_integer(item, 0, kExploreMax);
            parameter.values.push_back(std::to_string(value.value_or(0)));
            continue;
        }
        const auto word = read_text(item, "a lock, a variable or a number");
        parameter.values.push_back(word.value_or("0"));
        if (!word || index_of(names_.locks, *word) || index_of(names_.variables, *word)) continue;
        Words known = names_.locks;
        known.insert(known.end(), names_.variables.begin(), names_.variables.end());
        problems_.add(item.at, "there is no lock or variable " + quoted(*word),
                      suggest_word(*word, known));
    }
    if (parameter.values.size() != names_.cpus)
        problems_.add(entry.value.at, "the parameter " + quoted(entry.key) + " has " +
                                          std::to_string(parameter.values.size()) +
                                          " values, expected " + std::to_string(names_.cpus) +
                                          ", one per CPU");
    names_.params.push_back(std::move(parameter));
}

void ScenarioWalk::read_params(const Node& top) {
    const Node* params = top.member("params");
    if (params == nullptr ||
        !expect_kind(*params, Node::Kind::mapping, "parameters such as `first: [A, B]`"))
        return;
    for (const Node::Entry& entry : params->entries) read_param(entry);
}

void ScenarioWalk::read_program_names(const Node& top) {
    const Node* programs = top.member("programs");
    if (programs == nullptr ||
        !expect_kind(*programs, Node::Kind::mapping, "programs such as `worker: |`"))
        return;
    if (programs->entries.empty())
        problems_.add(programs->at, "a scenario has at least one program");
    for (const Node::Entry& entry : programs->entries) {
        check_free_name(entry, "a program");
        if (names_.programs.size() >= kProgramsMax) {
            problems_.add(entry.at,
                          "at most " + std::to_string(kProgramsMax) + " programs are allowed");
            break;
        }
        ProgramNames program;
        program.name = entry.key;
        program.at = entry.at;
        names_.programs.push_back(std::move(program));
        const Node* body = &entry.value;
        if (!read_text(*body, "a body"))
            body = nullptr;
        else if (body->style == Node::Style::folded || !body->exact)
            problems_.add(body->at,
                          "a body is written as a block with `|`, so that its lines "
                          "stay lines");
        bodies_.push_back(body);
    }
}

void ScenarioWalk::scan_programs() {
    for (std::size_t group = 0; group < bodies_.size(); ++group) {
        tokens_.emplace_back();
        if (bodies_[group] == nullptr) continue;
        tokens_[group] = split_tokens(*bodies_[group], problems_);
        scan_body(tokens_[group], names_, names_.programs[group], problems_);
    }
}

std::optional<std::pair<unsigned, unsigned>> ScenarioWalk::read_cpu_range(
    const Node::Entry& entry) {
    const std::string_view key = entry.key;
    const std::size_t dash = key.find('-');
    const auto first = parse_digits(key.substr(0, dash), kCpusMax);
    const auto last =
        dash == std::string_view::npos ? first : parse_digits(key.substr(dash + 1), kCpusMax);
    if (!first || !last || *first > *last) {
        problems_.add(entry.at,
                      "expected a CPU such as 0 or a range such as 0-2, found " + quoted(key));
        return std::nullopt;
    }
    if (*last >= names_.cpus) {
        problems_.add(entry.at,
                      "there is no CPU " + std::to_string(*last) + ", the machine has " +
                          std::to_string(names_.cpus) + (names_.cpus == 1 ? " CPU" : " CPUs"),
                      "set `machine: { cpus: " + std::to_string(*last + 1) + " }`");
        return std::nullopt;
    }
    return std::pair{static_cast<unsigned>(*first), static_cast<unsigned>(*last)};
}

// One problem is enough: a program that a faulty line names is not also one that nothing runs.
void ScenarioWalk::mention(const Node& name) {
    for (ProgramNames& program : names_.programs)
        if (program.name == name.text) program.mentioned = true;
}

void ScenarioWalk::add_task(const Node& name, unsigned cpu) {
    const auto group = read_word(name, "program", names_.program_names());
    if (!group) return;
    ProgramNames& program = names_.programs[*group];
    if ((program.task_cpus >> cpu & 1) != 0) {
        problems_.add(
            name.at,
            "program " + quoted(program.name) + " is already a task of CPU " + std::to_string(cpu),
            "its registers are kept per program and CPU; use a second program");
        return;
    }
    if (names_.tasks >= kTasksMax) {
        problems_.add(name.at, "at most " + std::to_string(kTasksMax) + " tasks are allowed");
        return;
    }
    program.task_cpus |= std::uint64_t{1} << cpu;
    ++names_.tasks;
    // The group for now; compile_programs() puts the copy for this CPU in its place.
    scenario_.tasks.push_back({static_cast<CpuId>(cpu), *group, {}});
}

void ScenarioWalk::read_cpu(const Node::Entry& entry, std::uint64_t& seen) {
    const auto range = read_cpu_range(entry);
    if (!check_mapping(entry.value, "cpu")) return;
    const Node* task = entry.value.member("task");
    const Node* tasks = entry.value.member("tasks");
    if (task != nullptr) mention(*task);
    if (tasks != nullptr)
        for (const Node& name : tasks->items) mention(name);
    if (!range) return;
    if ((task == nullptr) == (tasks == nullptr)) {
        problems_.add(entry.value.at, "expected either `task: program` or `tasks: [program, ...]`");
        return;
    }
    if (tasks != nullptr && list(entry.value, "tasks") == nullptr) return;
    for (unsigned cpu = range->first; cpu <= range->second; ++cpu) {
        if ((seen >> cpu & 1) != 0)
            problems_.add(entry.at, "CPU " + std::to_string(cpu) + " stands here twice");
        seen |= std::uint64_t{1} << cpu;
        if (task != nullptr) add_task(*task, cpu);
        if (tasks == nullptr) continue;
        for (const Node& name : tasks->items) add_task(name, cpu);
    }
}

void ScenarioWalk::read_cpus(const Node& top) {
    const Node* cpus = top.member("cpus");
    if (cpus == nullptr ||
        !expect_kind(*cpus, Node::Kind::mapping, "CPUs such as `0: { task: worker }`"))
        return;
    if (cpus->entries.empty()) problems_.add(cpus->at, "a scenario has at least one task");
    std::uint64_t seen = 0;
    for (const Node::Entry& entry : cpus->entries) read_cpu(entry, seen);
}

// The copy of a program for one CPU; programs without parameters have one copy for all.
std::uint16_t ScenarioWalk::program_copy(std::uint16_t group, unsigned cpu) {
    const std::vector<BodyToken>& tokens = tokens_[group];
    const bool parameters = std::any_of(tokens.begin(), tokens.end(), [](const BodyToken& token) {
        return token.kind == BodyToken::Kind::parameter;
    });
    const auto key = std::pair{group, parameters ? cpu : 0};
    if (const auto found = copies_.find(key); found != copies_.end()) return found->second;
    const ProgramNames& names = names_.programs[group];
    Program program;
    program.name = names.name;
    program.group = group;
    program.labels = names.labels;
    program.registers = names.registers;
    program.line = names.at.line;
    if (bodies_[group] != nullptr)
        program.statements = compile_body(*bodies_[group], tokens, names_, names, cpu, problems_);
    const auto index = static_cast<std::uint16_t>(scenario_.programs.size());
    scenario_.programs.push_back(std::move(program));
    copies_.emplace(key, index);
    return index;
}

void ScenarioWalk::compile_programs() {
    for (TaskDeclaration& task : scenario_.tasks) {
        const std::uint16_t group = task.program;
        task.program = program_copy(group, task.cpu);
        for (const BodyToken& token : tokens_[group])
            for (const ParameterNames& parameter : names_.params)
                if (token.kind == BodyToken::Kind::parameter && token.text == parameter.name &&
                    task.cpu < parameter.values.size())
                    task.parameters[parameter.name] = parameter.values[task.cpu];
    }
    for (const HandlerUse& use : handlers_)
        scenario_.injections[use.injection].program = program_copy(use.group, use.cpu);
    for (std::size_t group = 0; group < names_.programs.size(); ++group) {
        const ProgramNames& program = names_.programs[group];
        if (program.mentioned) continue;
        problems_.add(program.at, "nothing runs the program " + quoted(program.name),
                      "give it to a CPU under `cpus:` or to an injection");
        program_copy(static_cast<std::uint16_t>(group), 0);
    }
}

}  // namespace lockstep
