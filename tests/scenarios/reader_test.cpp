// What a good file becomes: every key arrives where the runner looks for it.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "scenarios/scenario.h"
#include "sim/points.h"

namespace lockstep {
namespace {

Scenario read_good(const std::string& text, const std::string& path = "<text>") {
    ReadResult result = read_scenario(path, text);
    for (const Problem& problem : result.problems) ADD_FAILURE() << describe_problem(path, problem);
    return result.scenario.value_or(Scenario{});
}

constexpr const char* kRich = R"yaml(scenario: 1
name: rich
summary: Uses every key.
story: |
  One line.
  And another.
tags: [nmi, teach]
machine:
  cpus: 3
  arch: [x86_64, arm64]
  port: linux/arm64
  nr_cpus: 16384
  memory: sc
  clock: stalls
  leaps: 2
  event_stream: false
  steps_max: 5000
  time_max: 3s
requires: has(aa-immediate) && !has(tas)
locks: { A: rqspinlock, B: rqspinlock }
variables: { x: 7, y: -1 }
params: { mine: [A, B, A], rounds: [1, 2, 3] }
programs:
  worker: |
    r0 = res_spin_lock($mine);
    cs: mdelay($rounds);
    if (!r0) res_spin_unlock($mine);
  other: |
    r1 = READ_ONCE(x);
  handler: |
    r0 = res_spin_trylock(A);
cpus:
  0-1: { task: worker }
  2: { tasks: [worker, other] }
inject:
  - { ctx: nmi, cpu: 1, run: handler, times: 3, at: { program: worker, label: cs } }
  - { ctx: stall, cpu: { role: queue-head, lock: B }, for: 100ms }
  - { ctx: hardirq, cpu: 0, run: handler, at: { point: [rq.pending.set, rq.head.wait], lock: B } }
  - { ctx: softirq, cpu: 2, run: handler, at: script }
  - { ctx: nmi, cpu: 0, run: handler, at: { step: 12 } }
script:
  - run cpu0 until holds A
  - run cpu1 until point rq.head.wait of B
  - run cpu1 until label worker.cs
  - run cpu2 until waits
  - run cpu0 until exited
  - run cpu0 12 steps
  - run cpu0
  - softirq cpu2
  - leap 1ms
explore:
  strategy: pct
  depth: 3
  preemption_bound: 2
  max_executions: 10
  max_steps: 20
  seeds: 5..9
  stop: { plateau: 100 }
expect:
  always:
    - worker@0.r0 == 0
    - { if: "has(tas)", cond: "A.word == 0" }
  sometimes:
    - fired(0) == 1
  never:
    - max_wait_ns > 1ms
allow:
  - truthful-errors/conservative
  - progress
  - { finding: bounded-time/late, if: "has(tas)", required: true }
)yaml";

TEST(reader, keeps_the_head_of_the_file) {
    const Scenario scenario = read_good(kRich);
    EXPECT_EQ(scenario.name, "rich");
    EXPECT_EQ(scenario.summary, "Uses every key.");
    EXPECT_EQ(scenario.story, "One line.\nAnd another.\n");
    EXPECT_EQ(scenario.tags, (std::vector<std::string>{"nmi", "teach"}));
    EXPECT_EQ(scenario.text, kRich);
    EXPECT_EQ(scenario.hash.size(), 8U);
    EXPECT_EQ(scenario.hash.find_first_not_of("0123456789abcdef"), std::string::npos);
    ASSERT_TRUE(scenario.requires_.has_value());
    EXPECT_EQ(scenario.requires_->text, "has(aa-immediate) && !has(tas)");
    EXPECT_EQ(scenario.requires_->line, 19U);
}

TEST(reader, keeps_the_machine) {
    const Scenario scenario = read_good(kRich);
    EXPECT_EQ(scenario.machine.cpus, 3U);
    EXPECT_EQ(scenario.machine.clock, ClockMode::stalls);
    EXPECT_EQ(scenario.machine.leaps_max, 2U);
    EXPECT_EQ(scenario.machine.steps_max, 5000U);
    EXPECT_EQ(scenario.machine.time_max, 3 * kNsPerSec);
    EXPECT_EQ(scenario.machine.memory, "sc");
    EXPECT_EQ(scenario.port, "linux/arm64");
    EXPECT_EQ(scenario.event_stream, false);
    EXPECT_EQ(scenario.nr_cpus, 16384U);
    EXPECT_EQ(scenario.arch_only, (std::vector<std::string>{"x86_64", "arm64"}));
}

TEST(reader, makes_one_copy_of_a_program_for_each_cpu_with_its_own_parameters) {
    const Scenario scenario = read_good(kRich);
    ASSERT_EQ(scenario.tasks.size(), 4U);
    const Program& on_0 = scenario.programs[scenario.tasks[0].program];
    const Program& on_1 = scenario.programs[scenario.tasks[1].program];
    EXPECT_EQ(on_0.name, "worker");
    EXPECT_EQ(on_0.group, on_1.group);
    EXPECT_EQ(on_0.statements[0].text, "r0 = res_spin_lock(A);");
    EXPECT_EQ(on_1.statements[0].text, "r0 = res_spin_lock(B);");
    EXPECT_EQ(on_0.statements[0].lock, 0U);
    EXPECT_EQ(on_1.statements[0].lock, 1U);
    EXPECT_EQ(on_1.statements[1].count, 2U);
    EXPECT_EQ(scenario.tasks[1].parameters.at("mine"), "B");
    EXPECT_EQ(scenario.tasks[3].cpu, 2U);
    EXPECT_EQ(scenario.programs[scenario.tasks[3].program].name, "other");
}

TEST(reader, keeps_every_kind_of_injection) {
    const Scenario scenario = read_good(kRich);
    ASSERT_EQ(scenario.injections.size(), 5U);
    const Injection& nmi = scenario.injections[0].injection;
    EXPECT_EQ(nmi.kind, Injection::Kind::nmi);
    EXPECT_EQ(nmi.cpu, 1U);
    EXPECT_EQ(nmi.times, 3U);
    EXPECT_EQ(nmi.at.kind, Trigger::Kind::label);
    EXPECT_EQ(nmi.at.program, scenario.programs[scenario.tasks[0].program].group);
    EXPECT_EQ(scenario.programs[scenario.injections[0].program].name, "handler");
    EXPECT_EQ(scenario.injections[0].text, "nmi on cpu 1 runs handler at worker.cs");
    EXPECT_EQ(scenario.injections[0].line, 36U);
    const Injection& stall = scenario.injections[1].injection;
    EXPECT_EQ(stall.kind, Injection::Kind::stall);
    EXPECT_EQ(stall.role, Role::queue_head);
    EXPECT_EQ(stall.role_lock, 1U);
    EXPECT_EQ(stall.duration, 100 * kNsPerMs);
    EXPECT_EQ(stall.at.kind, Trigger::Kind::any);
    const Injection& hardirq = scenario.injections[2].injection;
    EXPECT_EQ(hardirq.kind, Injection::Kind::hardirq);
    ASSERT_EQ(hardirq.at.point_count, 2U);
    EXPECT_EQ(hardirq.at.points[1], point_by_name("rq.head.wait"));
    EXPECT_EQ(hardirq.at.lock, 1U);
    EXPECT_EQ(scenario.injections[3].injection.kind, Injection::Kind::softirq);
    EXPECT_EQ(scenario.injections[3].injection.at.kind, Trigger::Kind::script);
    EXPECT_EQ(scenario.injections[4].injection.at.step, 12U);
}

TEST(reader, keeps_every_kind_of_script_command) {
    const std::vector<ScriptCommand> script = read_good(kRich).script;
    using Until = ScriptCommand::Until;
    ASSERT_EQ(script.size(), 9U);
    const Until until[] = {Until::holds,  Until::point, Until::label, Until::waits,
                           Until::exited, Until::steps, Until::none};
    for (std::size_t i = 0; i < std::size(until); ++i) EXPECT_EQ(script[i].until, until[i]) << i;
    EXPECT_EQ(script[0].lock, 0U);
    EXPECT_EQ(script[1].cpu, 1U);
    EXPECT_EQ(script[1].point, point_by_name("rq.head.wait"));
    EXPECT_EQ(script[1].lock, 1U);
    EXPECT_EQ(script[5].count, 12U);
    EXPECT_EQ(script[7].verb, ScriptCommand::Verb::inject);
    EXPECT_EQ(script[7].count, 3U) << "the number of the injection";
    EXPECT_EQ(script[8].verb, ScriptCommand::Verb::leap);
    EXPECT_EQ(script[8].duration, kNsPerMs);
    EXPECT_EQ(script[8].line, 50U);
}

TEST(reader, gives_the_strikes_of_a_script_to_its_injections_in_order) {
    const Scenario scenario = read_good(R"yaml(scenario: 1
name: strikes
locks: { A: rqspinlock }
programs:
  worker: |
    mdelay(1);
  one: |
    mdelay(1);
  two: |
    mdelay(1);
cpus: { 0: { task: worker } }
inject:
  - { ctx: nmi, cpu: 0, run: one, at: script, times: 2 }
  - { ctx: nmi, cpu: 0, run: two, at: script }
script: [ nmi cpu0 run two, nmi cpu0, nmi cpu0 ]
expect: { always: [ A.word == 0 ] }
)yaml");
    ASSERT_EQ(scenario.script.size(), 3U);
    EXPECT_EQ(scenario.script[0].count, 1U);
    EXPECT_EQ(scenario.script[1].count, 0U);
    EXPECT_EQ(scenario.script[2].count, 0U);
}

TEST(reader, keeps_what_is_explored_expected_and_allowed) {
    const Scenario scenario = read_good(kRich);
    EXPECT_EQ(scenario.explore.strategy, "pct");
    EXPECT_EQ(scenario.explore.depth, 3U);
    EXPECT_EQ(scenario.explore.preemption_bound, 2U);
    EXPECT_EQ(scenario.explore.max_executions, 10U);
    EXPECT_EQ(scenario.explore.max_steps, 20U);
    EXPECT_EQ(scenario.explore.seed_first, 5U);
    EXPECT_EQ(scenario.explore.seed_last, 9U);
    EXPECT_EQ(scenario.explore.plateau, 100U);
    ASSERT_EQ(scenario.expectations.size(), 4U);
    EXPECT_TRUE(scenario.expectations[1].only_if.has_value());
    EXPECT_EQ(scenario.expectations[2].mode, Expectation::Mode::sometimes);
    EXPECT_EQ(scenario.expectations[3].mode, Expectation::Mode::never);
    EXPECT_EQ(scenario.expectations[3].condition.text, "max_wait_ns > 1ms");
    ASSERT_EQ(scenario.allowances.size(), 3U);
    EXPECT_EQ(scenario.allowances[0].oracle, "truthful-errors");
    EXPECT_EQ(scenario.allowances[0].word, "conservative");
    EXPECT_EQ(scenario.allowances[1].word, "");
    EXPECT_TRUE(scenario.allowances[2].required);
}

TEST(reader, hash_depends_on_the_text_alone) {
    const std::string other = std::string(kRich) + "# a comment\n";
    EXPECT_EQ(read_good(kRich, "a").hash, read_good(kRich, "b").hash);
    EXPECT_NE(read_good(kRich).hash, read_good(other).hash);
    // A golden value: tokens and repro files of last year must still fit their scenarios.
    EXPECT_EQ(read_good("scenario: 1\nname: ab\nlocks: {A: tas}\nprograms: {p: cpu_relax();}\n"
                        "cpus: {0: {task: p}}\nexpect: {always: [A.word == 0]}\n")
                  .hash,
              "07905bd9");
}

TEST(reader, takes_windows_line_ends_and_a_byte_order_mark) {
    std::string text = "\xef\xbb\xbf";
    for (const char* c = kRich; *c != '\0'; ++c) text += *c == '\n' ? "\r\n" : std::string(1, *c);
    EXPECT_EQ(read_good(text).programs.size(), read_good(kRich).programs.size());
}

TEST(reader, reads_every_scenario_of_the_library) {
    std::size_t count = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(
             std::string(LOCKSTEP_SOURCE_DIR) + "/scenarios")) {
        if (entry.path().extension() != ".yaml") continue;
        std::ifstream in(entry.path());
        std::stringstream text;
        text << in.rdbuf();
        const Scenario scenario = read_good(text.str(), entry.path().string());
        EXPECT_FALSE(scenario.summary.empty()) << entry.path() << " has no summary";
        EXPECT_FALSE(scenario.story.empty()) << entry.path() << " has no story";
        ++count;
    }
    EXPECT_GE(count, 28U);
}

TEST(reader, takes_a_number_of_leaps_or_unbounded) {
    const std::string plain = kContention;
    const std::pair<const char*, unsigned> budgets[] = {{"", 1},
                                                        {", leaps: 0", 0},
                                                        {", leaps: 1000", 1000},
                                                        {", leaps: unbounded", kLeapsUnbounded}};
    for (const auto& [leaps, wanted] : budgets) {
        std::string text = plain;
        text.replace(text.find("cpus: 2 }"), 9,
                     "cpus: 2, clock: stalls" + std::string(leaps) + " }");
        EXPECT_EQ(scenario_from(text).machine.leaps_max, wanted) << leaps;
    }
    for (const char* const bad : {"1001", "-1", "without-end", "[unbounded]"}) {
        std::string text = plain;
        text.replace(text.find("cpus: 2 }"), 9,
                     "cpus: 2, clock: stalls, leaps: " + std::string(bad) + " }");
        EXPECT_FALSE(read_scenario("inline", text).scenario.has_value()) << bad;
    }
}

}  // namespace
}  // namespace lockstep
