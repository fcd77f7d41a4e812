// Harvests add up and survive the way through a pipe.
#include "scenarios/harvest.h"

#include <gtest/gtest.h>

#include <cstring>

namespace lockstep {
namespace {

Failure example_failure(const std::string& word) {
    Failure failure;
    failure.kind = Failure::Kind::finding;
    failure.text = "CPU 0 waits";
    failure.oracle = "truthful-errors";
    failure.word = word;
    failure.line = 12;
    failure.seed = ~std::uint64_t{0};
    failure.scheduler = "random";
    failure.picks = {{1, 2, 3}, {0, 65535, 4'000'000'000U}};
    failure.finding.emplace();
    failure.finding->oracle = "truthful-errors";
    failure.finding->word = "missed";
    std::strcpy(failure.finding->text, "CPU 0 waits");
    failure.finding->context = Context::nmi;
    failure.finding->lock = 3;
    failure.result.reason = EndReason::time_limit;
    failure.result.step_hash = 0x8000000000000001;
    failure.result.picks = failure.picks;
    failure.result.injections_fired = {0, 7};
    return failure;
}

Harvest example_harvest() {
    Harvest harvest;
    harvest.next = 10;
    harvest.executions = 10;
    harvest.steps = 1000;
    harvest.time_longest = 5;
    harvest.failures = {example_failure("missed")};
    harvest.allowed = {{"a/b", 2}};
    harvest.allowed_examples = {example_failure("stale")};
    harvest.outcomes = {{"worker@0.r0 = 0", 9}, {"worker@0.r0 = -EDEADLK", 1}};
    harvest.allowances = {1, 0};
    harvest.known = {10};
    harvest.held = {4};
    harvest.fired = {{1, 2, 3, 4, 5, 6, 7, 8}};
    harvest.has_first = true;
    harvest.first = {{"worker", "r0", 63, "A", -35, 17}};
    harvest.first_picks = {{0, 2, 9}};
    harvest.first_result.steps = 77;
    return harvest;
}

TEST(Harvest, KeepsTheShortestExampleOfThoseThatSayTheFirstByLetters) {
    const auto example = [](const char* text, std::uint32_t picks) {
        Failure failure = example_failure("stale");
        failure.text = text;
        failure.picks = {{0, 2, picks}};
        failure.result.steps = 1;
        return failure;
    };
    Harvest harvest;
    keep_example(harvest, example("b", 5));
    keep_example(harvest, example("b", 7));
    EXPECT_EQ(harvest.allowed_examples.at(0).picks.at(0).times, 5U);
    Harvest later;
    keep_example(later, example("a", 9));
    add(harvest, later);
    ASSERT_EQ(harvest.allowed_examples.size(), 1U);
    EXPECT_EQ(harvest.allowed_examples.at(0).text, "a");
    EXPECT_FALSE(is_better_example(harvest, example("b", 1)));
    EXPECT_TRUE(is_better_example(harvest, example("a", 8)));
    Failure other = example("z", 9);
    other.word = "conservative";
    keep_example(harvest, other);
    EXPECT_EQ(harvest.allowed_examples.size(), 2U);
}

TEST(Harvest, SurvivesPacking) {
    const Harvest harvest = example_harvest();
    const Harvest read = unpack(pack(harvest));
    EXPECT_EQ(pack(read), pack(harvest));
    ASSERT_EQ(read.failures.size(), 1u);
    const Failure& failure = read.failures[0];
    EXPECT_EQ(failure.picks, harvest.failures[0].picks);
    EXPECT_EQ(failure.seed, ~std::uint64_t{0});
    EXPECT_EQ(failure.result.reason, EndReason::time_limit);
    EXPECT_EQ(failure.result.step_hash, 0x8000000000000001);
    ASSERT_TRUE(failure.finding.has_value());
    EXPECT_STREQ(failure.finding->oracle, "truthful-errors");
    EXPECT_STREQ(failure.finding->text, "CPU 0 waits");
    EXPECT_EQ(failure.finding->context, Context::nmi);
    ASSERT_EQ(read.first.size(), 1u);
    EXPECT_EQ(read.first[0].ret, -35);
    EXPECT_EQ(read.first_result.steps, 77u);
    EXPECT_EQ(read.outcomes, harvest.outcomes);
    EXPECT_EQ(read.fired, harvest.fired);
}

TEST(Harvest, ACutOrAnAdditionIsNotUnpacked) {
    const std::string bytes = pack(example_harvest());
    for (std::size_t length = 0; length < bytes.size(); length += 7)
        EXPECT_THROW(unpack(bytes.substr(0, length)), EngineBug) << length;
    EXPECT_THROW(unpack(bytes + "x"), EngineBug);
}

TEST(Harvest, AddsUp) {
    Harvest sum = example_harvest();
    Harvest later = example_harvest();
    later.next = 20;
    later.time_longest = 9;
    later.has_first = true;
    later.first_result.steps = 1;
    later.failures.push_back(example_failure("false"));
    add(sum, later);
    EXPECT_EQ(sum.next, 20u);
    EXPECT_EQ(sum.executions, 20u);
    EXPECT_EQ(sum.time_longest, 9u);
    EXPECT_EQ(sum.outcomes.at("worker@0.r0 = 0"), 18u);
    EXPECT_EQ(sum.allowances, (std::vector<std::uint64_t>{2, 0}));
    EXPECT_EQ(sum.fired[0][7], 16u);
    EXPECT_EQ(sum.first_result.steps, 77u) << "the first stays the first";
    EXPECT_EQ(sum.failures.size(), 2u) << "one of each signature";
}

TEST(Harvest, AnEmptyOneIsNeutral) {
    Harvest sum;
    add(sum, example_harvest());
    EXPECT_EQ(pack(sum), pack(example_harvest()));
}

TEST(Harvest, ExpectationsDifferByTheirConditionNotByTheRegisters) {
    Failure one;
    one.kind = Failure::Kind::expectation;
    one.line = 4;
    one.text = "`A.word == 0` must always hold and does not (worker@0: r0 = 0)";
    Failure same = one;
    same.text = "`A.word == 0` must always hold and does not (worker@0: r0 = -EDEADLK)";
    Failure other = one;
    other.text = "`B.word == 0` must always hold and does not (worker@0: r0 = 0)";
    EXPECT_EQ(signature(one), signature(same));
    EXPECT_NE(signature(one), signature(other));
}

Failure found(std::uint32_t picks, std::uint64_t steps, std::uint64_t seed) {
    Failure failure;
    failure.oracle = "progress";
    failure.word = "stuck";
    failure.seed = seed;
    failure.result.steps = steps;
    if (picks > 0) failure.picks = {{0, 2, picks - 1}, {1, 2, 1}};
    return failure;
}

TEST(Harvest, KeepsTheShortestOfEachSignature) {
    std::vector<Failure> failures;
    EXPECT_TRUE(add_failure(failures, found(9, 50, 1)));
    EXPECT_FALSE(add_failure(failures, found(10, 10, 2))) << "more picks";
    EXPECT_EQ(failures[0].seed, 1u);
    EXPECT_FALSE(add_failure(failures, found(9, 49, 3))) << "as many picks, fewer steps";
    EXPECT_EQ(failures[0].seed, 3u);
    EXPECT_FALSE(add_failure(failures, found(9, 49, 4))) << "the first of equal ones stays";
    EXPECT_EQ(failures[0].seed, 3u);
    Failure other = found(1, 1, 5);
    other.word = "step-limit";
    EXPECT_TRUE(add_failure(failures, other));
    ASSERT_EQ(failures.size(), 2u);
    EXPECT_EQ(failures[0].seed, 3u) << "in the order in which they were met";
}

TEST(Harvest, AFailureThatCanBeReplayedIsTheBetterExample) {
    EXPECT_TRUE(shorter(found(1000, 5000, 1), found(0, 0, 2)));
    EXPECT_FALSE(shorter(found(0, 0, 2), found(1000, 5000, 1)));
}

TEST(Harvest, TheShortestDoesNotDependOnHowTheWorkWasDivided) {
    const std::vector<Failure> in_order = {found(9, 50, 1), found(7, 60, 2), found(7, 60, 3),
                                           found(8, 10, 4)};
    for (std::size_t cut = 0; cut <= in_order.size(); ++cut) {
        Harvest first, second;
        for (std::size_t i = 0; i < in_order.size(); ++i)
            add_failure((i < cut ? first : second).failures, in_order[i]);
        add(first, second);
        ASSERT_EQ(first.failures.size(), 1u);
        EXPECT_EQ(first.failures[0].seed, 2u) << "cut before " << cut;
    }
}

}  // namespace
}  // namespace lockstep
