// lockstep report as a user types it: the file and what is in it. tests/page has the browser.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/tools/lockstep_process.h"

namespace lockstep {
namespace {

using Json = nlohmann::json;

// The text of the script element that holds the run.
std::string run_text(const std::string& page) {
    const std::string mark = "<script type=\"application/json\" id=\"run\">";
    const std::size_t begin = page.find(mark);
    if (begin == std::string::npos) return "";
    const std::size_t end = page.find("</script>", begin);
    return page.substr(begin + mark.size(), end - begin - mark.size());
}

struct Reported {
    explicit Reported(std::vector<std::string> words) {
        words.insert(words.begin(), "report");
        words.insert(words.end(), {"-o", "run.html"});
        ran = sandbox.run(words);
        page = Sandbox::read(sandbox.path("work/run.html"));
        if (ran.code == 0) run = Json::parse(run_text(page));
    }
    // The value of a slot behind the last row.
    Json last_value(const std::string& kind, unsigned a) const {
        for (std::size_t slot = 0; slot < run.at("slots").size(); ++slot) {
            if (run["slots"][slot] != Json{kind, a, 0}) continue;
            Json value = run["initial"][slot];
            for (const Json& row : run["rows"])
                for (std::size_t i = 0; i < row[10].size(); i += 2)
                    if (row[10][i] == slot) value = row[10][i + 1];
            return value;
        }
        return {};
    }
    Sandbox sandbox;
    Ran ran;
    std::string page;
    Json run;
};

TEST(CommandReport, WritesOneSmallFileThatNeedsNothingElse) {
    const Reported reported({"aa-nmi", "--port", "rqspinlock"});
    ASSERT_EQ(reported.ran.code, 0) << reported.ran.err;
    EXPECT_LT(reported.page.size(), 300'000U);
    const std::size_t data = reported.page.find("id=\"run\"");
    const std::size_t script = reported.page.find("<script>", data);
    const std::string without =
        reported.page.substr(0, data) + reported.page.substr(script);  // all but the run's text
    for (const char* foreign : {"http:", "https:", "src=", "@import", "url(h", "fetch("})
        EXPECT_FALSE(has(without, foreign)) << foreign;
    EXPECT_TRUE(has(without, "default-src 'none'"));
    for (const char* mark : {"@TITLE@", "@STYLE@", "@SCRIPT@", "@RUN@"})
        EXPECT_FALSE(has(reported.page, mark)) << mark;
}

TEST(CommandReport, HoldsEveryStepOfTheRunAndEndsInItsLastState) {
    const Reported reported({"aa-nmi", "--port", "rqspinlock"});
    ASSERT_EQ(reported.ran.code, 0) << reported.ran.err;
    std::uint64_t step = reported.run.at("first_step"), time = reported.run.at("first_time");
    for (const Json& row : reported.run.at("rows")) {
        step += row[0].get<std::uint64_t>();
        time += row[1].get<std::uint64_t>();
    }
    EXPECT_EQ(step, reported.run.at("steps"));
    EXPECT_EQ(time, reported.run.at("time_ns"));
    EXPECT_EQ(reported.last_value("word", 0), 0);
    EXPECT_EQ(reported.last_value("owner", 0), -1);
    EXPECT_EQ(reported.last_value("held", 0), Json::array());
    ASSERT_EQ(reported.run.at("moments").size(), 1U);
    const Json& moment = reported.run["moments"][0];
    EXPECT_TRUE(has(moment.at("text"), "-EDEADLK: AA")) << moment;
    const Json& row = reported.run["rows"][moment.at("row").get<std::size_t>()];
    EXPECT_TRUE(has(reported.run["texts"][row[6].get<std::size_t>()], "-EDEADLK")) << row;
}

TEST(CommandReport, ShowsTheFindingOfABrokenLockAndReplaysByItsToken) {
    const Reported reported(
        {"contention-3cpu", "--port", "broken/unlinked-node", "--no-inflection"});
    ASSERT_EQ(reported.ran.code, 0) << reported.ran.err;
    bool found = false;
    for (const Json& moment : reported.run.at("moments"))
        found = found || moment.at("kind") == "finding";
    EXPECT_TRUE(found);
    const Ran again = reported.sandbox.shell(reported.run.at("command").get<std::string>());
    EXPECT_EQ(again.code, 1) << again.err;
    const Ran same =
        reported.sandbox.run({"report", reported.run.at("token"), "--port", "broken/unlinked-node",
                              "--no-inflection", "-o", "again.html"});
    EXPECT_EQ(same.code, 0) << same.err;
    EXPECT_EQ(Sandbox::read(reported.sandbox.path("work/again.html")), reported.page);
}

TEST(CommandReport, SaysWhenTheFailureBecameInevitable) {
    const Reported reported({"uncontended", "--port", "broken/leaked-entry"});
    ASSERT_EQ(reported.ran.code, 0) << reported.ran.err;
    EXPECT_TRUE(has(reported.run.at("inflection").at("text"), "inevitable"));
    const Reported fine({"uncontended", "--port", "rqspinlock"});
    EXPECT_FALSE(fine.run.contains("inflection"));
    EXPECT_EQ(fine.run.at("moments").size(), 0U);
}

// Its word is a pointer and no node is promised to be free, but there are nodes to be drawn.
TEST(CommandReport, KnowsTheNodesOfAnMcsLock) {
    const Reported reported({"plain-contention", "--port", "mcs"});
    ASSERT_EQ(reported.ran.code, 0) << reported.ran.err;
    bool linked = false;
    for (const Json& row : reported.run.at("rows"))
        for (std::size_t i = 0; i < row[10].size(); i += 2)
            linked =
                linked || (reported.run["slots"].at(row[10][i].get<std::size_t>())[0] == "next" &&
                           row[10][i + 1] != -1);
    EXPECT_TRUE(linked);
}

TEST(CommandReport, DrawsARunWithABugBesideTheSameWithout) {
    const Reported reported({"r11-head-waits-for-nobody", "--port", "broken/r11-waits-for-nobody",
                             "--against-port", "rqspinlock", "--no-inflection"});
    ASSERT_EQ(reported.ran.code, 0) << reported.ran.err;
    EXPECT_LT(reported.page.size(), 300'000U);
    EXPECT_TRUE(has(reported.ran.out, "two runs")) << reported.ran.out;
    EXPECT_EQ(reported.run.at("format"), "lockstep-report-pair-1");
    const Json &before = reported.run.at("before"), &after = reported.run.at("after");
    EXPECT_EQ(before.at("port"), "broken/r11-waits-for-nobody");
    EXPECT_EQ(after.at("port"), "rqspinlock");
    EXPECT_TRUE(has(before.at("moments").dump(), "\"finding\""));
    EXPECT_FALSE(has(after.at("moments").dump(), "\"finding\""));
    bool shared = false;
    for (const Json& source : after.at("sources")) {
        if (!source.is_number()) continue;
        shared = true;
        EXPECT_FALSE(before["sources"].at(source.get<std::size_t>()).get<std::string>().empty());
    }
    EXPECT_TRUE(shared) << "a source that both runs have is stored twice";
}

TEST(CommandReport, DrawsATokenBesideAnother) {
    const Reported seven({"abba-2cpu", "--port", "rqspinlock", "--seed", "7"});
    const Reported eight({"abba-2cpu", "--port", "rqspinlock", "--seed", "8"});
    ASSERT_EQ(seven.ran.code + eight.ran.code, 0) << seven.ran.err << eight.ran.err;
    const Reported pair({seven.run.at("token"), "--port", "rqspinlock", "--against",
                         eight.run.at("token"), "--no-inflection"});
    ASSERT_EQ(pair.ran.code, 0) << pair.ran.err;
    EXPECT_EQ(pair.run.at("before").at("step_hash"), seven.run.at("step_hash"));
    EXPECT_EQ(pair.run.at("after").at("step_hash"), eight.run.at("step_hash"));
    EXPECT_NE(pair.run.at("before").at("step_hash"), pair.run.at("after").at("step_hash"));
}

TEST(CommandReport, RefusesASecondRunThatIsNone) {
    const Sandbox sandbox;
    expect_refused(sandbox.run({"report", "aa-nmi", "--port", "rqspinlock", "--against", "aa-nmi"}),
                   "both are the same run");
    expect_refused(
        sandbox.run({"report", "aa-nmi", "--port", "rqspinlock", "--against", "v1:aa-nmi"}),
        "token:");
    expect_refused(
        sandbox.run({"report", "aa-nmi", "--port", "rqspinlock", "--against-port", "no-lock"}),
        "no-lock");
    for (const std::string& file : sandbox.files()) EXPECT_FALSE(has(file, ".html")) << file;
}

TEST(CommandReport, RefusesWhatIsNoRunAndWritesNothing) {
    const Sandbox sandbox;
    expect_refused(sandbox.run({"report"}), "what is required");
    expect_refused(sandbox.run({"report", "no-such-thing"}), "no-such-thing");
    expect_refused(sandbox.run({"report", "v1:aa-nmi"}), "token:");
    expect_refused(sandbox.run({"report", "missing.repro"}), "missing.repro");
    expect_refused(sandbox.run({"report", "aa-nmi", "--port", "no-lock"}), "no-lock");
    expect_refused(sandbox.run({"report", "aa-nmi", "--tree", "nowhere"}), "nowhere");
    expect_refused(sandbox.run({"report", "aa-nmi", "--port", "rqspinlock", "-o", "."}),
                   "is a folder");
    for (const std::string& file : sandbox.files()) EXPECT_FALSE(has(file, ".html")) << file;
}

TEST(CommandReport, AsksToTryAgainWhenTheFileCannotBeWritten) {
    const Sandbox sandbox;
    const Ran ran =
        sandbox.run({"report", "aa-nmi", "--port", "rqspinlock", "-o", "no/such/folder/x.html"});
    EXPECT_EQ(ran.code, 75) << ran.err;
    EXPECT_TRUE(has(ran.err, "no/such/folder/x.html")) << ran.err;
}

TEST(CommandReport, SaysInJsonWhatItWrote) {
    const Sandbox sandbox;
    const Ran ran = sandbox.run({"report", "aa-nmi", "--port", "rqspinlock", "--json"});
    ASSERT_EQ(ran.code, 0) << ran.err;
    const Json told = Json::parse(ran.out);
    EXPECT_EQ(told.at("file"), "aa-nmi.html");
    EXPECT_EQ(told.at("bytes"), Sandbox::read(sandbox.path("work/aa-nmi.html")).size());
}

TEST(CommandReport, HasAPageWhoseFunctionsAndColoursAreRight) {
    const Sandbox sandbox;
    if (sandbox.shell("command -v node").code != 0)
        GTEST_SKIP() << "no node to run the page's tests";
    const Ran ran =
        sandbox.shell("node '" LOCKSTEP_SOURCE_DIR
                      "/tests/tools/report_model_test.js' '" LOCKSTEP_SOURCE_DIR "/tools/report'");
    EXPECT_EQ(ran.code, 0) << ran.out << ran.err;
}

}  // namespace
}  // namespace lockstep
