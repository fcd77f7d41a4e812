// The kernel's plain locks on the scenarios of the library, and each broken on purpose in a copy of
// the tree: the oracle that is named must say so.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <regex>
#include <set>

#include "lock/linux/flavour.h"
#include "scenarios/runner.h"
#include "tests/lock/kernel_tree_for_tests.h"
#include "tests/sanitized.h"
#include "tests/scenarios/library.h"

namespace lockstep {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> names_in(const std::string& folder) {
    std::vector<std::string> names;
    for (const auto& entry :
         fs::directory_iterator(std::string(LOCKSTEP_SOURCE_DIR "/scenarios/") + folder))
        names.push_back(folder + "/" + entry.path().stem().string());
    std::sort(names.begin(), names.end());
    return names;
}

RunReport report_of(const std::string& scenario, const Port& port, std::uint64_t schedules) {
    const Scenario read = library_scenario(scenario);
    RunOptions options;
    options.twice = !kSanitized;
    const bool rare =
        std::any_of(read.expectations.begin(), read.expectations.end(),
                    [](const Expectation& e) { return e.mode == Expectation::Mode::sometimes; });
    if (!rare) {
        options.seed_first = read.explore.seed_first;
        options.seed_last =
            std::min(read.explore.seed_last, read.explore.seed_first + schedules - 1);
    }
    return run_scenario(read, port, options);
}

unsigned run_all(const std::vector<std::string>& scenarios, const Port& port) {
    unsigned ran = 0;
    for (const std::string& name : scenarios) {
        const RunReport report = report_of(name, port, kSanitized ? 2 : 20);
        if (report.verdict == RunReport::Verdict::skipped) continue;
        ++ran;
        EXPECT_EQ(report.verdict, RunReport::Verdict::as_expected)
            << name << " on " << port.name << ": "
            << (report.failures.empty() ? "" : report.failures[0].text);
    }
    return ran;
}

class PlainPort : public testing::TestWithParam<const char*> {};

TEST_P(PlainPort, GoesThroughTheBasicsAndThePlainScenariosAsExpected) {
    SKIP_WITHOUT_KERNEL_TREE();
    const TemporaryCache cache;
    const Port port = built(*real_kernel_tree(), GetParam());
    EXPECT_FALSE(port.facts.resilient);
    EXPECT_NE(port.operations.trylock, nullptr);
    const std::vector<std::string> basics = names_in("basics");
    for (const char* contention : {"2cpu", "4cpu", "8cpu"})
        EXPECT_EQ(std::count(basics.begin(), basics.end(),
                             std::string("basics/contention-") + contention),
                  1);
    EXPECT_EQ(run_all(basics, port), basics.size());
    EXPECT_GE(run_all(names_in("flavours"), port), 7U);
    EXPECT_EQ(run_all({"explore/qspinlock-3cpu-twice", "explore/qspinlock-4cpu"}, port), 2U);
}

std::string identifier(const std::string& name) {
    std::string words = name;
    std::replace_if(
        words.begin(), words.end(),
        [](char c) { return std::isalnum(static_cast<unsigned char>(c)) == 0; }, '_');
    return words;
}

INSTANTIATE_TEST_SUITE_P(Every, PlainPort,
                         testing::Values("x86_64-qspinlock", "arm64-qspinlock",
                                         "x86_64-pv-qspinlock", "powerpc", "s390", "s390-classic",
                                         "ticket"),
                         [](const auto& each) { return identifier(each.param); });

TEST(PlainPortList, IsEveryPlainFlavour) {
    unsigned plain = 0;
    for (const Flavour& flavour : flavours()) plain += resilient(flavour) ? 0 : 1;
    EXPECT_EQ(plain, 7U) << "a new one needs its line above";
}

// What another compiler makes of the same sources takes the same steps to the same ends.
TEST(PlainPortOfClang, AgreesWithThatOfGcc) {
    SKIP_WITHOUT_KERNEL_TREE();
    for (const char* flavour : {"x86_64-pv-qspinlock", "powerpc", "s390"}) {
        std::vector<std::uint64_t> steps;
        for (const char* compiler : {"gcc", "clang"}) {
            const TemporaryCache cache;
            try {
                const Port port = built(*real_kernel_tree(), flavour, compiler);
                steps.push_back(report_of("flavours/plain-contention", port, 10).steps);
            } catch (const PortError& error) {
                if (error.message.find("cannot be run") == std::string::npos) throw;
                GTEST_SKIP() << error.message;
            }
        }
        EXPECT_EQ(steps[0], steps[1]) << flavour;
    }
}

// --- the deadlock that nobody looks for ----------------------------------------------------------

TEST(PlainDeadlock, IsToldAsTheCycleItIs) {
    SKIP_WITHOUT_KERNEL_TREE();
    const TemporaryCache cache;
    const Port port = built(*real_kernel_tree(), "x86_64-qspinlock");
    const RunReport aa = report_of("flavours/plain-aa", port, 1);
    ASSERT_EQ(aa.allowed_text.size(), 1U);
    EXPECT_NE(aa.allowed_text[0].find("a cycle: CPU0 task waits for A, held by CPU0 task"),
              std::string::npos)
        << aa.allowed_text[0];
    const RunReport abba = report_of("flavours/plain-abba", port, 1);
    ASSERT_EQ(abba.allowed_text.size(), 1U);
    EXPECT_NE(abba.allowed_text[0].find("a cycle: CPU0 task waits for B, held by CPU1 task; CPU1 "
                                        "task waits for A, held by CPU0 task"),
              std::string::npos)
        << abba.allowed_text[0];
}

// --- broken on purpose
// ----------------------------------------------------------------------------

struct Mistake {
    const char* name;
    const char* flavour;
    const char* file;
    const char* pattern;  // every match of it ...
    const char* by;       // ... is replaced
    const char* oracle;
    const char* scenario = "flavours/plain-contention";
};

const Mistake kMistakes[] = {
    {"pending_does_not_wait", "x86_64-qspinlock", "kernel/locking/qspinlock.c",
     R"(smp_cond_load_acquire\(&lock->locked, !VAL\);)", ";", "mutual-exclusion"},
    {"claim_overwrites_the_tail", "x86_64-qspinlock", "kernel/locking/qspinlock.h",
     R"(WRITE_ONCE\(lock->locked_pending,)", "WRITE_ONCE(lock->val.counter,", "lock-word"},
    {"node_is_not_given_back", "x86_64-qspinlock", "kernel/locking/qspinlock.c",
     R"(__this_cpu_dec\(qnodes\[0\]\.mcs\.count\);)", ";", "queue-nodes"},
    {"next_is_not_told", "x86_64-qspinlock", "kernel/locking/qspinlock.c",
     R"(arch_mcs_spin_unlock_contended\(&next->locked\);)", ";", "progress"},
    {"relaxed_unlock", "arm64-qspinlock", "include/asm-generic/qspinlock.h",
     R"(smp_store_release\(&lock->locked, 0\))", "WRITE_ONCE(lock->locked, 0)", "data-race",
     "basics/ordered-sections"},
    {"nobody_is_kicked", "x86_64-pv-qspinlock", "kernel/locking/qspinlock_paravirt.h",
     R"(pv_kick\(node->cpu\);)", ";", "progress", "flavours/pv-halt"},
    {"state_is_told_too_late", "x86_64-pv-qspinlock", "kernel/locking/qspinlock_paravirt.h",
     R"(smp_store_mb\(pn->state, VCPU_HALTED\);)", ";", "progress", "flavours/pv-halt"},
    {"mark_is_another", "x86_64-pv-qspinlock", "kernel/locking/qspinlock_paravirt.h",
     R"(xchg\(&lock->locked, _Q_SLOW_VAL\))", "xchg(&lock->locked, 2)", "lock-word",
     "flavours/pv-halt"},
    {"lock_is_not_taken", "powerpc", "arch/powerpc/include/asm/qspinlock.h",
     R"(queued_spin_lock_slowpath\(lock\);\n\})", ";\n}", "mutual-exclusion"},
    {"word_names_another_owner", "powerpc", "arch/powerpc/include/asm/qspinlock.h",
     R"(\(smp_processor_id\(\) << _Q_OWNER)", "((smp_processor_id() + 1) << _Q_OWNER", "lock-word"},
    {"count_stays_up", "powerpc", "arch/powerpc/lib/qspinlock.c", R"(qnodesp->count--;)", ";",
     "queue-nodes"},
    {"waiter_is_not_told", "powerpc", "arch/powerpc/lib/qspinlock.c",
     R"(WRITE_ONCE\(next->locked, 1\))", "(void)next", "progress"},
    {"s390_lock_is_not_taken", "s390", "arch/s390/include/asm/spinlock.h",
     R"(arch_spin_lock_wait\(lp\);\n\})", ";\n}", "mutual-exclusion"},
    {"queueing_drops_the_owner", "s390", "arch/s390/lib/spinlock.c",
     R"(node_id \| \(old & _Q_LOCK_MASK\))", "node_id", "lock-word"},
    {"index_stays_up", "s390", "arch/s390/lib/spinlock.c", R"(get_lowcore\(\)->spinlock_index--;)",
     ";", "queue-nodes"},
    {"next_is_left_behind", "s390", "arch/s390/lib/spinlock.c", R"(next->prev = NULL;)", ";",
     "progress"},
    {"classic_takes_what_is_taken", "s390-classic", "arch/s390/lib/spinlock.c",
     R"(owner = old & _Q_LOCK_CPU_MASK;)", "owner = 0;", "mutual-exclusion"},
    {"ticket_is_not_waited_for", "ticket", "include/asm-generic/ticket_spinlock.h",
     R"(atomic_cond_read_acquire\(&lock->val, ticket == \(u16\)VAL\);)", ";", "mutual-exclusion"},
    {"next_is_served_too_early", "ticket", "include/asm-generic/ticket_spinlock.h",
     R"(smp_store_release\(ptr, \(u16\)val \+ 1\);)", "WRITE_ONCE(*ptr, (u16)val + 1);",
     "data-race", "basics/ordered-sections"},
    {"nobody_is_served", "ticket", "include/asm-generic/ticket_spinlock.h",
     R"(smp_store_release\(ptr, \(u16\)val \+ 1\);)", "(void)ptr; (void)val;", "progress"},
};

class BrokenPlainPort : public testing::TestWithParam<Mistake> {};

std::set<std::string> oracles_that_speak(const Mistake& mistake, const Port& port) {
    Scenario scenario = library_scenario(mistake.scenario);
    RunOptions options;
    options.stop_at_failure = false;
    options.seed_first = 1;
    options.seed_last = 60;
    scenario.machine.steps_max = 100'000;
    std::set<std::string> oracles;
    for (const Failure& failure : run_scenario(scenario, port, options).failures)
        oracles.insert(failure.oracle);
    return oracles;
}

TEST_P(BrokenPlainPort, IsCaughtByTheOracleThatIsNamed) {
    SKIP_WITHOUT_KERNEL_TREE();
    const Mistake& mistake = GetParam();
    const TemporaryCache cache;
    const TemporaryFolder tree;
    copy_port_files(*real_kernel_tree(), tree.path());
    const fs::path file = tree.path() / mistake.file;
    const std::string before = read_text(file);
    const std::string after = std::regex_replace(before, std::regex(mistake.pattern), mistake.by);
    ASSERT_NE(before, after) << "the kernel no longer has " << mistake.pattern;
    write_text(file, after);
    const auto oracles = oracles_that_speak(mistake, built(tree.path(), mistake.flavour));
    std::string said;
    for (const std::string& oracle : oracles) said += oracle + " ";
    EXPECT_TRUE(oracles.contains(mistake.oracle)) << "it was " << said;
}

INSTANTIATE_TEST_SUITE_P(Each, BrokenPlainPort, testing::ValuesIn(kMistakes),
                         [](const auto& each) { return std::string(each.param.name); });

// These locks may be stolen and do not promise an order. If they did, fairness would know.
TEST(StealableLock, IsSeenByFairnessOnceItPromisesAnOrder) {
    SKIP_WITHOUT_KERNEL_TREE();
    for (const char* flavour : {"x86_64-pv-qspinlock", "powerpc", "s390"}) {
        const TemporaryCache cache;
        Port port = built(*real_kernel_tree(), flavour);
        EXPECT_FALSE(port.facts.fifo);
        port.facts.fifo = true;
        RunOptions options;
        options.seed_first = 1;
        options.seed_last = 300;
        const RunReport report =
            run_scenario(library_scenario("flavours/plain-contention"), port, options);
        ASSERT_EQ(report.failures.size(), 1U) << flavour;
        EXPECT_EQ(report.failures[0].oracle, "fairness") << flavour;
    }
}

}  // namespace
}  // namespace lockstep
