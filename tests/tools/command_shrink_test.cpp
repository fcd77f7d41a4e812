// lockstep shrink as a user types it: what goes in, what comes out, and that it replays.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "scenarios/repro.h"
#include "tests/sanitized.h"
#include "tests/tools/lockstep_process.h"

namespace lockstep {
namespace {

using Json = nlohmann::json;

// A failing run, as `run` reports it.
struct FailedAnyhow {
    explicit FailedAnyhow(const std::string& broken,
                          const std::string& scenario = "contention-3cpu")
        : port("broken/" + broken) {
        const Json told = Json::parse(sandbox.run({"run", scenario, "--port", port, "--json"}).out);
        const Json& entry = told.at("scenarios").at(0);
        token = entry.at("failures").at(0).at("token");
        oracle = entry.at("failures").at(0).at("oracle");
        repro = entry.at("repro_file");
    }
    Json shrink(const std::string& what, std::vector<std::string> more = {}) const {
        more.insert(more.begin(), {"shrink", what, "--port", port, "--json"});
        const Ran ran = sandbox.run(more);
        EXPECT_EQ(ran.code, 0) << ran.err;
        return Json::parse(ran.out);
    }
    std::string port;
    Sandbox sandbox;
    std::string token, oracle, repro;
};

TEST(CommandShrink, GivesAShorterTokenThatReplaysAndCannotBeShrunk) {
    std::vector<std::string> some = {"never-queues", "leaked-node", "unlinked-node"};
    if (kSanitized) some.resize(1);
    for (const std::string& broken : some) {
        const FailedAnyhow failed(broken);
        const Json once = failed.shrink(failed.token, {"--keep-scenario"});
        const std::string token = once.at("schedule").at("token");
        EXPECT_LT(token.size(), failed.token.size()) << broken;
        EXPECT_EQ(once.at("failure").at("oracle"), failed.oracle);
        const Ran ran = failed.sandbox.run({"replay", token, "--port", failed.port, "--json"});
        EXPECT_EQ(ran.code, 1) << ran.err;
        EXPECT_EQ(Json::parse(ran.out).at("step_hash"), once.at("schedule").at("step_hash"));
        const Json twice = failed.shrink(token, {"--keep-scenario"});
        EXPECT_EQ(twice.at("schedule").at("token"), token) << broken;
    }
}

TEST(CommandShrink, SaysWhichPickMadeItInevitableAndWhoHeldWhat) {
    const FailedAnyhow failed("counts-own-attempt");
    const Ran ran = failed.sandbox.run({"shrink", failed.repro});
    EXPECT_EQ(ran.code, 0) << ran.err;
    EXPECT_TRUE(has(ran.out, "nevitable")) << ran.out;
    EXPECT_TRUE(has(ran.out, "When truthful-errors spoke, at step ")) << ran.out;
    EXPECT_TRUE(has(ran.out, "A is held by ")) << ran.out;
    EXPECT_TRUE(has(ran.out, "lockstep replay ")) << ran.out;
}

TEST(CommandShrink, SaysIfAFileWasKeptForAnotherFailureThanTheFirst) {
    const FailedAnyhow failed("leaked-node");
    const std::string path = failed.sandbox.path("work") / failed.repro;
    EXPECT_FALSE(failed.shrink(failed.repro).contains("kept_for"));
    Repro repro = std::get<Repro>(read_repro(Sandbox::read(path)));
    repro.oracle = "lock-word";
    repro.word = "not-zero";
    ASSERT_FALSE(save_repro(repro, path));
    EXPECT_EQ(failed.shrink(failed.repro).at("kept_for"), "lock-word/not-zero");
    const Ran ran = failed.sandbox.run({"shrink", failed.repro});
    EXPECT_TRUE(has(ran.out, "note: the file was kept for lock-word/not-zero; ")) << ran.out;
}

TEST(CommandShow, TellsTheInflectionPointOfAFailureOnly) {
    const FailedAnyhow failed("never-queues");
    const Ran ran = failed.sandbox.run({"show", failed.repro, "--json"});
    EXPECT_EQ(ran.code, 0) << ran.err;
    const Json told = Json::parse(ran.out);
    const Json& inflection = told.at("inflection");
    EXPECT_GT(inflection.at("pick"), 0);
    EXPECT_LE(inflection.at("pick"), inflection.at("picks_total"));
    EXPECT_LT(inflection.at("before").at("failed"), inflection.at("before").at("of"));
    EXPECT_GE(inflection.at("curve").size(), 2U);
    EXPECT_FALSE(told.at("moment").empty());
    const Ran passing =
        failed.sandbox.run({"show", "uncontended", "--port", "rqspinlock", "--json"});
    EXPECT_FALSE(Json::parse(passing.out).contains("inflection"));
}

TEST(CommandShrink, RefusesWhatItCannotShrink) {
    const FailedAnyhow failed("unlinked-node");
    const Sandbox& sandbox = failed.sandbox;
    expect_refused(sandbox.run({"shrink", "nonsense"}), "expected a token");
    expect_refused(sandbox.run({"shrink", "gone.repro"}), "gone.repro: no such file");
    sandbox.write("mailed.repro", "lockstep-repro 1\r\nport\r\n");
    expect_refused(sandbox.run({"shrink", "mailed.repro"}),
                   "mailed.repro:1:1: the lines end in CR LF");
    expect_refused(sandbox.run({"shrink", "v1:contention-3cpu:zz"}), "token:");
    expect_refused(sandbox.run({"shrink", failed.repro, "--port", "rqspinlock"}), "refused");
    expect_refused(sandbox.run({"shrink", failed.repro, "-o", "/nowhere/x.repro"}), "/nowhere");
    expect_refused(sandbox.run({"shrink", failed.repro, "-o", "x.txt"}), ".repro");
    const std::string passes = failed.token.substr(0, failed.token.rfind(':') + 1) + "-";
    expect_refused(sandbox.run({"shrink", passes, "--port", "rqspinlock"}), "does not fail");
    const std::string misfit = failed.token.substr(0, failed.token.rfind(':') + 1) + "1/9";
    expect_refused(sandbox.run({"shrink", misfit, "--port", failed.port}), "do not fit");
}

}  // namespace
}  // namespace lockstep
