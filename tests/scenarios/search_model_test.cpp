// Searches against models of two locks that know nothing of the machine: the same ends.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <functional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "scenarios/prepare.h"
#include "sim/explorer.h"
#include "tests/sanitized.h"
#include "tests/scenarios/scenario_text.h"

namespace lockstep {
namespace {

class SearchModel : public ::testing::Test {
    void SetUp() override {
        if (kSanitized) GTEST_SKIP() << "what sanitizers keep on a stack tells equal states apart";
    }
};

using Registers = std::vector<std::int64_t>;  // r1 and r2 of every CPU, then x and y

class Ends final : public Explorer::Client {
  public:
    explicit Ends(PreparedScenario& prepared) : prepared_(prepared) {}
    bool fresh(std::uint64_t hash) override { return seen_.insert(hash).second; }
    bool on_finding(const ExecutionResult&) override { return true; }
    void on_end(const ExecutionResult& result) override {
        EXPECT_EQ(result.reason, EndReason::finished);
        Registers end;
        for (const PreparedScenario::Runner& runner : prepared_.runners())
            for (const int reg : {1, 2}) end.push_back(runner.body.state->registers[reg]);
        for (const void* const variable : prepared_.surroundings().variables)
            end.push_back(*static_cast<const std::int64_t*>(variable));
        ends.insert(end);
    }
    std::set<Registers> ends;

  private:
    PreparedScenario& prepared_;
    std::set<std::uint64_t> seen_;
};

std::set<Registers> ends_of(const std::string& lock, unsigned cpus,
                            const ExploreBounds& bounds = {}) {
    const std::string text = "scenario: 1\nname: model\nmachine: { cpus: " + std::to_string(cpus) +
                             " }\nlocks: { A: " + lock +
                             " }\nvariables: { x: 0, y: 0 }\nprograms:\n  worker: |\n"
                             "    r0 = " +
                             std::string(lock == "rqspinlock" ? "res_spin_lock" : "spin_lock") +
                             "(A);\n    r1 = READ_ONCE(x);\n    WRITE_ONCE(x, r1 + 1);\n    " +
                             (lock == "rqspinlock" ? "res_spin_unlock" : "spin_unlock") +
                             "(A);\n    r2 = READ_ONCE(y);\n    WRITE_ONCE(y, r2 + r1 + 1);\n"
                             "cpus: { 0-" +
                             std::to_string(cpus - 1) +
                             ": { task: worker } }\nexpect: { always: [ x > 0 ] }\n";
    const Scenario scenario = scenario_from(text);
    const Port port = open_port(lock);
    PreparedScenario prepared(scenario, port);
    Ends client(prepared);
    Explorer explorer(bounds, client);
    explorer.begin();
    while (!explorer.done()) explorer.advance();
    return client.ends;
}

// The same with the CPUs in order of what they read.
std::set<Registers> by_what_was_read(const std::set<Registers>& ends, unsigned cpus) {
    std::set<Registers> all;
    for (const Registers& end : ends) {
        std::vector<std::pair<std::int64_t, std::int64_t>> read;
        for (unsigned c = 0; c < cpus; ++c) read.emplace_back(end[2 * c], end[2 * c + 1]);
        std::sort(read.begin(), read.end());
        Registers sorted;
        for (const auto& [first, second] : read) sorted.insert(sorted.end(), {first, second});
        sorted.insert(sorted.end(), end.begin() + 2 * cpus, end.end());
        all.insert(sorted);
    }
    return all;
}

TEST_F(SearchModel, CpusTakenForEachOtherEndAsTheyDoByThemselves) {
    ExploreBounds symmetry;
    symmetry.symmetry = true;
    for (const char* const lock : {"ticket", "mcs", "qspinlock", "rqspinlock"}) {
        const std::set<Registers> all = ends_of(lock, 3);
        const std::set<Registers> few = ends_of(lock, 3, symmetry);
        EXPECT_LT(few.size(), all.size()) << lock;
        EXPECT_EQ(by_what_was_read(few, 3), by_what_was_read(all, 3)) << lock;
    }
}

// A lock as a model sees it: what one CPU can do next, as a function of where it is.
struct Model {
    static constexpr unsigned kCpusMax = 3;
    std::array<int, kCpusMax> at{};  // 0.. inside the lock, then kInside.. the section and the rest
    std::array<int, kCpusMax> mine{};
    std::array<std::int64_t, kCpusMax> r1{}, r2{};
    std::int64_t x = 0, y = 0;
    int next = 0, owner = 0;               // ticket
    bool locked = false, pending = false;  // pending bit
    auto operator<=>(const Model&) const = default;
};
constexpr int kInside = 10, kReadY = 13, kDone = 15;

using LockStep = std::function<bool(Model&, unsigned cpu)>;  // false: it has to wait

bool ticket_step(Model& m, unsigned cpu) {
    if (m.at[cpu] == 0) {
        m.mine[cpu] = m.next++;
        m.at[cpu] = 1;
        return true;
    }
    if (m.owner != m.mine[cpu]) return false;
    m.at[cpu] = kInside;
    return true;
}

// (pending, locked): a free word is taken, else the pending bit, else one waits for both.
bool pending_step(Model& m, unsigned cpu) {
    if (m.at[cpu] == 0) {
        if (!m.locked && !m.pending) {
            m.locked = true;
            m.at[cpu] = kInside;
        } else if (!m.pending) {
            m.pending = true;
            m.at[cpu] = 1;
        } else {
            return false;
        }
        return true;
    }
    if (m.locked) return false;
    m.pending = false;
    m.locked = true;
    m.at[cpu] = kInside;
    return true;
}

bool model_step(Model& m, unsigned cpu, const LockStep& lock) {
    switch (m.at[cpu]) {
        case kInside:
            m.r1[cpu] = m.x;
            break;
        case kInside + 1:
            m.x = m.r1[cpu] + 1;
            break;
        case kInside + 2:
            ++m.owner;
            m.locked = false;
            break;
        case kReadY:
            m.r2[cpu] = m.y;
            break;
        case kReadY + 1:
            m.y = m.r2[cpu] + m.r1[cpu] + 1;
            break;
        case kDone:
            return false;
        default:
            return lock(m, cpu);
    }
    ++m.at[cpu];
    return true;
}

std::set<Registers> ends_of_model(const LockStep& lock, unsigned cpus) {
    std::set<Registers> ends;
    std::set<Model> seen;
    std::vector<Model> open = {Model{}};
    while (!open.empty()) {
        const Model now = open.back();
        open.pop_back();
        if (!seen.insert(now).second) continue;
        bool moved = false;
        for (unsigned cpu = 0; cpu < cpus; ++cpu) {
            Model after = now;
            if (!model_step(after, cpu, lock)) continue;
            moved = true;
            open.push_back(after);
        }
        if (moved) continue;
        Registers end;
        for (unsigned cpu = 0; cpu < cpus; ++cpu) {
            EXPECT_EQ(now.at[cpu], kDone);
            end.push_back(now.r1[cpu]);
            end.push_back(now.r2[cpu]);
        }
        end.push_back(now.x);
        end.push_back(now.y);
        ends.insert(end);
    }
    return ends;
}

TEST_F(SearchModel, ATicketLockReachesTheEndsOfItsModel) {
    for (const unsigned cpus : {2U, 3U}) {
        EXPECT_EQ(ends_of("ticket", cpus), ends_of_model(ticket_step, cpus)) << cpus;
    }
}

TEST_F(SearchModel, ThePendingBitProtocolReachesTheEndsOfItsModel) {
    EXPECT_EQ(ends_of("qspinlock", 2), ends_of_model(pending_step, 2));
    EXPECT_EQ(ends_of("rqspinlock", 2), ends_of_model(pending_step, 2));
    EXPECT_EQ(ends_of("qspinlock", 3), ends_of_model(pending_step, 3));
}

}  // namespace
}  // namespace lockstep
