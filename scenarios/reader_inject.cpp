// The `inject:` list: what strikes, whom, when and how often.
#include <algorithm>

#include "scenarios/reader_walk.h"
#include "sim/points.h"

namespace lockstep {

void ScenarioWalk::read_injection_target(const Node& node, Injection& injection) {
    const Node* cpu = node.member("cpu");
    if (cpu == nullptr) return;
    if (cpu->kind != Node::Kind::mapping) {
        if (const auto number = read_integer(*cpu, 0, std::int64_t{names_.cpus} - 1))
            injection.cpu = static_cast<CpuId>(*number);
        return;
    }
    if (!check_mapping(*cpu, "inject.cpu")) return;
    if (const auto role = read_word(*cpu->member("role"), "role", role_words()))
        injection.role = static_cast<Role>(*role + 1);
    if (const auto lock = read_word(*cpu->member("lock"), "lock", names_.locks))
        injection.role_lock = static_cast<LockId>(*lock);
}

void ScenarioWalk::read_handler(const Node& run, InjectionDeclaration& declaration) {
    const auto group = read_word(run, "program", names_.program_names());
    if (!group) return;
    ProgramNames& program = names_.programs[*group];
    program.in_interrupt = true;
    unsigned cpu = declaration.injection.cpu;
    if (declaration.injection.role != Role::none) {
        // Whoever has the role: any CPU, so no parameter has a value.
        program.handler_cpus |=
            names_.cpus >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << names_.cpus) - 1;
        for (const BodyToken& token : tokens_[*group])
            if (token.kind == BodyToken::Kind::parameter)
                problems_.add(token.at, quoted("$" + token.text) +
                                            " has no value here: an injection that follows a "
                                            "role runs this on any CPU");
        cpu = 0;
    } else {
        program.handler_cpus |= std::uint64_t{1} << cpu;
    }
    handlers_.push_back({scenario_.injections.size(), *group, cpu});
    declaration.program = *group;  // compile_programs() puts the copy in its place
}

void ScenarioWalk::read_injection_action(const Node& node, InjectionDeclaration& declaration) {
    Injection& injection = declaration.injection;
    const Node* ctx = node.member("ctx");
    if (ctx == nullptr) return;
    if (ctx->kind == Node::Kind::scalar && ctx->text == "preempt") {
        problems_.add(ctx->at, "preemption is not injected",
                      "give the CPU a second task, the scheduler may switch at any step");
        return;
    }
    const auto context = read_word(*ctx, "context", context_words());
    if (!context) return;
    injection.kind = static_cast<Injection::Kind>(*context);
    const bool stall = injection.kind == Injection::Kind::stall;
    const Node* run = node.member("run");
    const Node* duration = node.member("for");
    if (stall && run != nullptr) problems_.add(run->at, "a stall runs nothing", "leave `run` out");
    if (stall && duration == nullptr)
        problems_.add(node.at, "a stall needs a duration", "add `for: 100ms`");
    if (!stall && duration != nullptr)
        problems_.add(duration->at, "only a stall has a duration",
                      "let the handler take its time with mdelay()");
    if (!stall && run == nullptr)
        problems_.add(node.at, "the injection runs no program", "add `run: handler`");
    if (duration != nullptr) injection.duration = read_duration(*duration).value_or(0);
    if (stall && duration != nullptr && injection.duration > scenario_.machine.time_max)
        problems_.add(duration->at, "the stall is longer than the time_max of the machine");
    if (!stall && run != nullptr) read_handler(*run, declaration);
}

void ScenarioWalk::read_trigger_label(const Node& at, Trigger& trigger) {
    const Node* program_node = at.member("program");
    const Node* label_node = at.member("label");
    if (program_node == nullptr || label_node == nullptr) {
        problems_.add(at.at,
                      "a place in a program is written "
                      "`{ program: worker, label: cs }`");
        return;
    }
    trigger.kind = Trigger::Kind::label;
    const auto group = read_word(*program_node, "program", names_.program_names());
    if (!group) return;
    trigger.program = *group;
    const Words& labels = names_.programs[*group].labels;
    if (labels.empty()) {
        problems_.add(label_node->at, "program " + quoted(program_node->text) + " has no label",
                      "write `cs: ` before a statement");
        return;
    }
    if (const auto label = read_word(*label_node, "label", labels)) trigger.label = *label;
}

void ScenarioWalk::add_trigger_point(const Node& node, Trigger& trigger) {
    const auto word = read_word(node, "lock point", point_words());
    if (!word) return;
    const auto point = static_cast<PointId>(*word + 1);
    constexpr std::size_t kPointsMax = std::size(Trigger{}.points);
    for (unsigned i = 0; i < trigger.point_count; ++i)
        if (trigger.points[i] == point) {
            problems_.add(node.at, "the point " + quoted(node.text) + " stands here twice");
            return;
        }
    if (trigger.point_count >= kPointsMax)
        problems_.add(node.at, "at most " + std::to_string(kPointsMax) + " points are allowed");
    else
        trigger.points[trigger.point_count++] = point;
}

void ScenarioWalk::read_trigger_points(const Node& at, Trigger& trigger) {
    trigger.kind = Trigger::Kind::point;
    const Node* point = at.member("point");
    if (point == nullptr) {
        problems_.add(at.at, "`lock` says at which lock a point is reached, and there is no point",
                      "add `point: rq.pending.wait`");
        return;
    }
    if (point->kind != Node::Kind::sequence)
        add_trigger_point(*point, trigger);
    else if (list(at, "point") != nullptr)
        for (const Node& item : point->items) add_trigger_point(item, trigger);
    if (const Node* lock = at.member("lock"))
        if (const auto index = read_word(*lock, "lock", names_.locks))
            trigger.lock = static_cast<LockId>(*index);
}

void ScenarioWalk::read_trigger(const Node& at, Injection& injection) {
    static const Words kWords = {"any", "script"};
    Trigger& trigger = injection.at;
    if (at.kind != Node::Kind::mapping) {
        if (const auto word = read_word(at, "moment", kWords))
            trigger.kind = *word == 0 ? Trigger::Kind::any : Trigger::Kind::script;
        return;
    }
    check_mapping(at, "inject.at");
    const Node* step = at.member("step");
    const bool label = at.member("program") != nullptr || at.member("label") != nullptr;
    const bool point = at.member("point") != nullptr || at.member("lock") != nullptr;
    if ((step != nullptr ? 1 : 0) + (label ? 1 : 0) + (point ? 1 : 0) != 1) {
        problems_.add(at.at,
                      "expected one moment: `step`, or `program` and `label`, or `point` "
                      "with or without `lock`");
        return;
    }
    if (step != nullptr) {
        trigger.kind = Trigger::Kind::step;
        if (const auto number = read_integer(*step, 0, kStepsMax))
            trigger.step = static_cast<std::uint64_t>(*number);
    } else if (label) {
        read_trigger_label(at, trigger);
    } else {
        read_trigger_points(at, trigger);
    }
}

std::string ScenarioWalk::describe_injection(const InjectionDeclaration& declaration) const {
    const Injection& injection = declaration.injection;
    std::string text = context_words()[static_cast<std::size_t>(injection.kind)] + " on ";
    if (injection.role == Role::none)
        text += "cpu " + std::to_string(injection.cpu);
    else
        text += "the " + role_words()[static_cast<std::size_t>(injection.role) - 1] + " of " +
                (injection.role_lock < names_.locks.size() ? names_.locks[injection.role_lock]
                                                           : "a lock");
    if (injection.kind == Injection::Kind::stall)
        text += " for " + std::to_string(injection.duration) + " ns";
    else if (declaration.program < names_.programs.size())
        text += " runs " + names_.programs[declaration.program].name;
    const Trigger& at = injection.at;
    if (at.kind == Trigger::Kind::any) return text + " at any step";
    if (at.kind == Trigger::Kind::script) return text + " when the script says so";
    if (at.kind == Trigger::Kind::step) return text + " at step " + std::to_string(at.step);
    if (at.kind == Trigger::Kind::label) {
        if (at.program >= names_.programs.size()) return text;
        const ProgramNames& program = names_.programs[at.program];
        return at.label < program.labels.size()
                   ? text + " at " + program.name + "." + program.labels[at.label]
                   : text;
    }
    for (unsigned i = 0; i < at.point_count; ++i)
        text += (i == 0 ? " at " : " or ") + std::string(kPoints[at.points[i]].name);
    return text;
}

void ScenarioWalk::read_injection(const Node& node) {
    InjectionDeclaration declaration;
    declaration.line = node.at.line;
    if (!check_mapping(node, "inject") && node.kind != Node::Kind::mapping) return;
    Injection& injection = declaration.injection;
    if (const Node* run = node.member("run")) mention(*run);
    read_injection_target(node, injection);
    read_injection_action(node, declaration);
    if (const Node* at = node.member("at")) read_trigger(*at, injection);
    if (const Node* times = node.member("times"))
        if (const auto count = read_integer(*times, 1, kTimesMax))
            injection.times = static_cast<std::uint32_t>(*count);
    if (injection.at.kind == Trigger::Kind::script && injection.role != Role::none)
        problems_.add(node.at, "a script names the CPU, so this injection needs a number as `cpu`");
    declaration.text = describe_injection(declaration);
    scenario_.injections.push_back(std::move(declaration));
}

void ScenarioWalk::read_inject(const Node& top) {
    const Node* inject = list(top, "inject");
    if (inject == nullptr) return;
    for (const Node& node : inject->items) {
        if (scenario_.injections.size() >= kInjectionsMax) {
            problems_.add(node.at,
                          "at most " + std::to_string(kInjectionsMax) + " injections are allowed");
            break;
        }
        read_injection(node);
    }
    names_.injections = static_cast<unsigned>(scenario_.injections.size());
    for (const InjectionDeclaration& declaration : scenario_.injections) {
        const Trigger& at = declaration.injection.at;
        if (at.kind != Trigger::Kind::point) continue;
        ++names_.injections_with_points;
        names_.family_points.assign(at.points, at.points + at.point_count);
    }
}

}  // namespace lockstep
