// Kernel ports by name, what a loaded one says about itself, and that the kernel's lock runs on
// the machine: taken and released, a recursion found, a stuck owner given up on.
#include "lock/linux/loader.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "lock/linux/builder.h"
#include "sim/check.h"
#include "sim/kernel.h"
#include "sim/machine.h"
#include "sim/points.h"
#include "tests/lock/kernel_tree_for_tests.h"
#include "tests/lock/lock_machine.h"

namespace lockstep {
namespace {

namespace fs = std::filesystem;

void set_version(const fs::path& tree, const char* patch, const char* extra) {
    write_text(tree / "Makefile", std::string("VERSION = 7\nPATCHLEVEL = 2\nSUBLEVEL = ") + patch +
                                      "\nEXTRAVERSION = " + extra + "\n");
}

BuiltPort build(const fs::path& tree, const char* flavour = "x86_64") {
    BuildOptions options;
    options.tree = tree;
    options.arch = flavour_by_name(flavour)->arch;
    options.config = flavour_by_name(flavour)->config;
    return build_kernel_port(options);
}

TEST(KernelPortLoader, FindsNothingInAnEmptyCache) {
    const TemporaryCache cache;
    EXPECT_TRUE(list_kernel_ports().empty());
    EXPECT_FALSE(open_kernel_port("linux/x86_64"));
}

TEST(KernelPortLoader, NamesTheNewestKernelLinuxAndTheOthersByVersion) {
    SKIP_WITHOUT_KERNEL_TREE();
    const TemporaryCache cache;
    const TemporaryFolder tree;
    copy_port_files(*real_kernel_tree(), tree.path());
    for (const char* patch : {"9", "12", "3"}) {
        set_version(tree.path(), patch, "");
        build(tree.path());
    }
    const std::vector<Port> ports = list_kernel_ports();
    ASSERT_EQ(ports.size(), 3u);
    EXPECT_EQ(ports[0].name, "linux/x86_64");
    EXPECT_EQ(ports[0].alias, "linux-7.2/x86_64");
    EXPECT_EQ(ports[0].version, "7.2.12");
    EXPECT_EQ(ports[1].name, "linux-7.2.9/x86_64");
    EXPECT_EQ(ports[1].alias, "");
    EXPECT_EQ(ports[2].name, "linux-7.2.3/x86_64");
    EXPECT_EQ(open_kernel_port("linux-7.2/x86_64")->version, "7.2.12");
    EXPECT_EQ(open_kernel_port("linux-7.2.12/x86_64")->version, "7.2.12");
    EXPECT_EQ(open_kernel_port("linux-7.2.3/x86_64")->version, "7.2.3");
    EXPECT_FALSE(open_kernel_port("linux-7.2.4/x86_64"));
}

TEST(KernelPortLoader, IgnoresAManifestItCannotRead) {
    SKIP_WITHOUT_KERNEL_TREE();
    const TemporaryCache cache;
    const BuiltPort built = build(*real_kernel_tree());
    write_text(built.directory / kManifestFile, "{ \"format\": 1");
    EXPECT_TRUE(list_kernel_ports().empty());
    EXPECT_FALSE(build(*real_kernel_tree()).reused);
    EXPECT_EQ(list_kernel_ports().size(), 1u);
}

TEST(KernelPortLoader, SaysWhichObjectIsBroken) {
    SKIP_WITHOUT_KERNEL_TREE();
    const TemporaryCache cache;
    const BuiltPort built = build(*real_kernel_tree());
    write_text(built.directory / kObjectFile, "not an object");
    try {
        open_kernel_port("linux/x86_64");
        FAIL() << "it was loaded";
    } catch (const PortError& error) {
        EXPECT_NE(error.message.find(kObjectFile), std::string::npos);
        EXPECT_NE(error.suggestion.find("port add"), std::string::npos);
    }
}

TEST(KernelPortLoader, DescribesTheWordOfEachConfiguration) {
    SKIP_WITHOUT_KERNEL_TREE();
    const TemporaryCache cache;
    build_all_kernel_ports(*real_kernel_tree());
    const WordLayout queued = open_kernel_port("linux/x86_64")->facts.word;
    EXPECT_EQ(queued.pending_mask, 0xff00u);
    EXPECT_EQ(queued.tail_mask, 0xffff0000u);
    EXPECT_EQ(queued.tail_cpu_shift, 18);
    const WordLayout bit = open_kernel_port("linux/x86_64-nopending")->facts.word;
    EXPECT_EQ(bit.pending_mask, 0x100u);
    EXPECT_EQ(bit.tail_index_shift, 9);
    EXPECT_EQ(bit.tail_cpu_shift, 11);
    const Port tas = *open_kernel_port("linux/tas");
    EXPECT_EQ(tas.facts.word.shape, WordLayout::Shape::test_and_set);
    EXPECT_EQ(tas.facts.nodes.nodes, 0u);
    const Port paravirt = *open_kernel_port("linux/paravirt");
    EXPECT_EQ(paravirt.static_keys, std::vector<std::string>{"virt_spin_lock_key"});
    EXPECT_EQ(paravirt.facts.bounds.test_and_set, kNsPerSec);
    EXPECT_TRUE(open_kernel_port("linux/arm64")->event_stream);
    EXPECT_FALSE(open_kernel_port("linux/arm64-noevtstrm")->event_stream);
}

// --- on the machine -----------------------------------------------------------------------------

struct Recursion {
    LockMachine* machine;
    int* results;
};

void lock_twice(void* argument) {
    auto* const body = static_cast<Recursion*>(argument);
    body->results[0] = body->machine->acquire(0);
    body->results[1] = body->machine->acquire(0);
    body->machine->release(0);
    body->results[2] = static_cast<int>(Machine::instance().now() / kNsPerMs);
}

class KernelLock : public testing::TestWithParam<std::string> {};

TEST_P(KernelLock, FindsARecursionAtOnceAndIsFreeAfterwards) {
    SKIP_WITHOUT_KERNEL_TREE();
    const TemporaryCache cache;
    build(*real_kernel_tree(), GetParam().c_str());
    LockMachine machine(*open_kernel_port("linux/" + GetParam()), 1, 1);
    Recursion body{&machine, static_cast<int*>(Machine::instance().allocate(3 * sizeof(int), 4))};
    machine.add_task(0, lock_twice, &body);
    machine.seal();
    const ExecutionResult result = machine.run("round-robin", 1);
    EXPECT_EQ(result.reason, EndReason::finished);
    for (const Finding& finding : result.findings) ADD_FAILURE() << finding.text;
    EXPECT_EQ(body.results[0], 0);
    EXPECT_EQ(body.results[1], -kEdeadlk);
    EXPECT_EQ(body.results[2], 0);
    EXPECT_EQ(machine.word(0), 0u);
    EXPECT_EQ(machine.dirty_table_bytes(), 0u);
}

struct Stuck {
    LockMachine* machine;
    std::int64_t* results;
};

void own_for_two_seconds(void* argument) {
    auto* const body = static_cast<Stuck*>(argument);
    body->machine->acquire(0);
    sim_delay(2 * kNsPerSec);
    body->machine->release(0);
}

void wait_in_vain(void* argument) {
    auto* const body = static_cast<Stuck*>(argument);
    sim_delay(kNsPerMs);
    body->results[0] = body->machine->acquire(0);
    body->results[1] = static_cast<std::int64_t>(Machine::instance().now());
    if (body->results[0] == 0) body->machine->release(0);
}

// Milliseconds the kernel waits for an owner that does not release; the check comes a bit later.
TEST_P(KernelLock, GivesUpOnAStuckOwnerAtItsDocumentedTimeout) {
    SKIP_WITHOUT_KERNEL_TREE();
    const TemporaryCache cache;
    build(*real_kernel_tree(), GetParam().c_str());
    const Port port = *open_kernel_port("linux/" + GetParam());
    LockMachine machine(port, 2, 1);
    Stuck body{&machine, static_cast<std::int64_t*>(Machine::instance().allocate(16, 8))};
    machine.add_task(0, own_for_two_seconds, &body);
    machine.add_task(1, wait_in_vain, &body);
    machine.seal();
    const ExecutionResult result = machine.run("round-robin", 1);
    EXPECT_EQ(result.reason, EndReason::finished);
    for (const Finding& finding : result.findings) ADD_FAILURE() << finding.text;
    EXPECT_EQ(body.results[0], -kEtimedout);
    const LockBounds& bounds = port.facts.bounds;
    const TimeNs timeout = bounds.pending != 0 ? bounds.pending : bounds.test_and_set;
    const auto waited = static_cast<TimeNs>(body.results[1]) - kNsPerMs;
    EXPECT_GE(waited, timeout);
    EXPECT_LE(waited, timeout + 2 * bounds.check_interval);
    EXPECT_EQ(machine.dirty_table_bytes(), 0u);
}

INSTANTIATE_TEST_SUITE_P(Every, KernelLock,
                         testing::Values("x86_64", "arm64", "arm64-noevtstrm", "tas", "paravirt",
                                         "x86_64-nopending"),
                         [](const auto& name) {
                             std::string words = name.param;
                             std::replace(words.begin(), words.end(), '-', '_');
                             return words;
                         });

// --- plain accesses and points in the trace
// -------------------------------------------------------

class Watcher : public TraceSink {
  public:
    explicit Watcher(const Port& port) : port_(port) {}
    void on_event(const Event& event) override {
        if (event.kind == EventKind::point) points.push_back(static_cast<PointId>(event.aux));
        if (event.plain != 0 && event.pc != 0) plain.push_back(describe_pc(port_, event.pc));
    }
    std::vector<PointId> points;
    std::vector<std::string> plain;

  private:
    const Port& port_;
};

TEST(KernelLockTrace, NamesPointsAndPlainAccessesOfTheSource) {
    SKIP_WITHOUT_KERNEL_TREE();
    const TemporaryCache cache;
    build(*real_kernel_tree());
    const Port port = *open_kernel_port("linux/x86_64");
    LockMachine machine(port, 1, 1);
    Recursion body{&machine, static_cast<int*>(Machine::instance().allocate(3 * sizeof(int), 4))};
    machine.add_task(0, lock_twice, &body);
    machine.seal();
    Watcher watcher(port);
    Machine::instance().set_trace(&watcher);
    machine.run("round-robin", 1);
    Machine::instance().set_trace(nullptr);
    std::vector<std::string> names;
    for (const PointId id : watcher.points) names.emplace_back(kPoints[id].name);
    EXPECT_EQ(names, (std::vector<std::string>{
                         "rq.entry.grab", "rq.entry.held", "rq.fast.taken", "rq.entry.grab",
                         "rq.entry.held", "rq.fast.taken", "rq.pending.set", "rq.pending.wait",
                         "rq.check", "rq.error.entry", "rq.unlock.clear", "rq.unlock.entry"}));
    const bool table_read =
        std::any_of(watcher.plain.begin(), watcher.plain.end(), [](const std::string& place) {
            return place.find("kernel/bpf/rqspinlock.c:") == 0 &&
                   place.find("check_deadlock_AA") != std::string::npos;
        });
    EXPECT_TRUE(table_read);
}

}  // namespace
}  // namespace lockstep
