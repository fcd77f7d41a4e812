// What a search takes for a CPU's own, and so does not make a choice of, and what becomes of it if
// a lock looks there all the same.
#include <gtest/gtest.h>

#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "scenarios/search.h"
#include "scenarios/search_checkpoint.h"
#include "tests/lock/kernel_tree_for_tests.h"
#include "tests/sanitized.h"
#include "tests/scenarios/scenario_text.h"

namespace lockstep {
namespace {

const char* const kNosy = R"(scenario: 1
name: nosy
machine: { cpus: 2 }
locks: { A: rqspinlock }
variables: { x: 0 }
programs:
  worker: |
    repeat (3) {
      r0 = res_spin_lock(A);
      if (!r0) WRITE_ONCE(x, 1);
      if (!r0) res_spin_unlock(A);
    }
cpus: { 0-1: { task: worker } }
expect: { always: [ A.word == 0 ] }
)";

constexpr int kEbusy = 16;
Port unspied;
const void* looked_at = nullptr;  // a CPU's table of held locks, or its count of queue nodes

bool others_have_some() {
    const auto* const other = sim_per_cpu(looked_at, 1 - sim_cpu());
    return sim_load(other, 4, SIM_RELAXED, SIM_SITE("READ_ONCE(other->cnt)")) != 0;
}

// Looks at once, and is right whatever it sees.
int nosy_acquire(void* lock) {
    others_have_some();
    return unspied.operations.acquire(lock);
}

// Has nothing but the tables, and a window between a look at the other's and the entry in its own.
void put_entry(std::uint64_t lock, std::uint64_t change) {
    auto* const table = static_cast<char*>(const_cast<void*>(looked_at));
    const HeldTableLayout& layout = unspied.facts.held_table;
    sim_this_cpu_rmw(table, SIM_ADD, change, 4, SIM_SITE("this_cpu_add(cnt)"));
    sim_this_cpu_write(table - layout.count_offset + layout.entries_offset, lock, 8,
                       SIM_SITE("this_cpu_write(locks[0])"));
}
int table_acquire(void* lock) {
    sim_preempt_disable();
    if (others_have_some()) {
        sim_preempt_enable();
        return -kEbusy;
    }
    put_entry(reinterpret_cast<std::uint64_t>(lock), 1);
    sim_store(lock, 1, 4, SIM_RELEASE, SIM_SITE("WRITE_ONCE(lock->val, 1)"));
    return 0;
}
void table_release(void* lock) {
    sim_store(lock, 0, 4, SIM_RELEASE, SIM_SITE("smp_store_release(&lock->val, 0)"));
    put_entry(0, ~std::uint64_t{0});
    sim_preempt_enable();
}

// Of the first per-CPU object of this kind.
Port nosy_port(PerCpuObject::Kind kind) {
    unspied = open_port("rqspinlock");
    std::size_t offset = unspied.facts.held_table.count_offset;
    if (kind == PerCpuObject::Kind::queue_nodes) offset = unspied.facts.nodes.count_offset;
    for (const PerCpuObject& object : unspied.objects)
        if (object.kind == kind) looked_at = static_cast<const char*>(object.symbol) + offset;
    Port port = unspied;
    port.operations.acquire = nosy_acquire;
    return port;
}

class OwnMemory : public ::testing::Test {
    void SetUp() override {
        if (kSanitized) GTEST_SKIP() << "what sanitizers keep on a stack tells equal states apart";
    }

  protected:
    static SearchOptions keep_going() {
        SearchOptions options;
        options.keep_going = true;
        options.workers = 2;
        return options;
    }
    // Whose constants lie where ours will. The limit on states is what stops it.
    bool stopped_in_a_child(const Port& port, const SearchOptions& options) const {
        const pid_t child = fork();
        if (child == 0)
            _exit(search(scenario_, port, options).end == SearchReport::End::states ? 0 : 1);
        int status = 1;
        return waitpid(child, &status, 0) == child && status == 0;
    }
    const Scenario scenario_ = scenario_from(kNosy);
};

TEST_F(OwnMemory, IsNoChoiceWhereNobodyElseLooks) {
    const Port port = open_port("rqspinlock");
    const SearchReport few = search(scenario_, port, keep_going());
    EXPECT_EQ(few.note, "");
    SearchOptions options = keep_going();
    options.bounds.own_memory = false;
    const SearchReport more = search(scenario_, port, options);
    EXPECT_LT(few.counts.states * 2, more.counts.states);
    EXPECT_EQ(few.counts.ends, more.counts.ends);
}

// Who stands in front of such an access when the last interrupt has struck makes it at once.
TEST_F(OwnMemory, IsNoChoiceOnceNoInterruptIsLeft) {
    std::string text = kNosy;
    text.replace(text.find("repeat (3)"), 10, "repeat (1)");
    text.replace(text.find("cpus: { 0-1"), 0,
                 "  handler: |\n    r0 = res_spin_lock(A);\n    if (!r0) res_spin_unlock(A);\n");
    text +=
        "inject: [ { ctx: nmi, cpu: 0, run: handler, at: any }, "
        "{ ctx: nmi, cpu: 1, run: handler, at: any } ]\nallow: [truthful-errors/stale]\n";
    SearchOptions options = keep_going();
    options.bounds.injections = 1;
    const Scenario scenario = scenario_from(text);
    const SearchReport few = search(scenario, open_port("rqspinlock"), options);
    options.bounds.own_memory = false;
    const SearchReport more = search(scenario, open_port("rqspinlock"), options);
    EXPECT_TRUE(few.failures.empty());
    EXPECT_LT(few.counts.states * 2, more.counts.states);
    EXPECT_EQ(few.counts.ends, more.counts.ends);
    EXPECT_EQ(few.harvest.outcomes, more.harvest.outcomes);
}

TEST_F(OwnMemory, IsAChoiceFromTheBeginningIfALockLooksAtTheTableOfAnother) {
    Port port = nosy_port(PerCpuObject::Kind::held_table);
    port.operations.acquire = table_acquire;
    port.operations.release = table_release;
    const SearchReport report = search(scenario_, port, keep_going());
    EXPECT_NE(report.note.find("looks at another's table of held locks"), std::string::npos);
    EXPECT_EQ(report.end, SearchReport::End::complete);
    ASSERT_EQ(report.failures.size(), 1U);  // both looked, and then both entered
    EXPECT_EQ(report.failures[0].oracle, "mutual-exclusion");
}

TEST_F(OwnMemory, IsAChoiceFromTheBeginningIfALockLooksAtTheCountOfAnother) {
    const Port port = nosy_port(PerCpuObject::Kind::queue_nodes);
    const SearchReport report = search(scenario_, port, keep_going());
    EXPECT_NE(report.note.find("count of queue nodes"), std::string::npos);
    EXPECT_EQ(report.end, SearchReport::End::complete);
}

// The file is one of the search that has begun again, and so is whoever goes on with it.
TEST_F(OwnMemory, IsRememberedInACheckpoint) {
    const Port port = nosy_port(PerCpuObject::Kind::held_table);
    const TemporaryFolder folder;
    SearchOptions options = keep_going();
    options.checkpoint = folder.path() / "nosy.search";
    options.states_max = 200;
    ASSERT_TRUE(stopped_in_a_child(port, options));
    options.states_max = 0;
    const SearchReport finished = search(scenario_, port, options);
    EXPECT_EQ(finished.resumed, 1U) << finished.note;
    const SearchReport at_once = search(scenario_, port, keep_going());
    EXPECT_EQ(finished.counts.states, at_once.counts.states);
    EXPECT_EQ(finished.counts.ends, at_once.counts.ends);
    const SearchReport known = search(scenario_, port, options);
    EXPECT_EQ(known.counts.states, at_once.counts.states);
}

// It may have been written after somebody had noticed that, and before anybody had begun again.
TEST_F(OwnMemory, IsNotLearnedInVainIfACheckpointComesBetween) {
    const Port port = open_port("rqspinlock");
    const TemporaryFolder folder;
    SearchOptions options = keep_going();
    options.checkpoint = folder.path() / "between.search";
    options.states_max = 200;
    options.bounds.own_memory = false;
    ASSERT_TRUE(stopped_in_a_child(port, options));
    StateTable table(std::uint64_t{1} << 24);
    std::string identity;
    try {
        load_checkpoint(options.checkpoint, "", 0, table);
    } catch (const CheckpointError& error) {
        const std::string told = error.what();
        const std::size_t at = told.find("there: ") + 7;
        identity = told.substr(at, told.find('\n', at) - at);
    }
    std::optional<SearchCheckpoint> kept = load_checkpoint(options.checkpoint, identity, 0, table);
    ASSERT_TRUE(kept.has_value());
    kept->yield.begin_again = true;
    ASSERT_EQ(save_checkpoint(options.checkpoint, *kept, table), std::nullopt);
    options.states_max = 0;
    const SearchReport finished = search(scenario_, port, options);
    EXPECT_EQ(finished.end, SearchReport::End::complete);
    EXPECT_EQ(finished.resumed, 0U) << finished.note;
    EXPECT_EQ(finished.note, "");
    options.checkpoint.clear();
    EXPECT_EQ(finished.counts.states, search(scenario_, port, options).counts.states);
}

}  // namespace
}  // namespace lockstep
