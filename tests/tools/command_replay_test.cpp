// A failure comes back: from another folder, from the file alone, from the token, with the same
// steps. And whatever was damaged, edited or does not fit is refused with the reason.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/lock/kernel_tree_for_tests.h"
#include "tests/tools/lockstep_process.h"

namespace lockstep {
namespace {

using Json = nlohmann::json;

// The rest of the first line of `text` that has `before` in it; empty if none has.
std::string behind(const std::string& text, const std::string& before) {
    for (const std::string& line : lines_of(text)) {
        const std::size_t at = line.find(before);
        if (at != std::string::npos) return line.substr(at + before.size());
    }
    return "";
}

// One failing run of a broken lock; it makes the sandbox's repro files.
struct Failed {
    Failed() {
        const Ran ran = sandbox.run({"run", "contention-3cpu", "--port", port});
        EXPECT_EQ(ran.code, 1) << ran.err;
        out = ran.out;
        line = "lockstep replay " + behind(ran.out, "# lockstep replay ");
        repro = behind(ran.out, "the whole run in one file: ");
        const Json told =
            Json::parse(sandbox.run({"run", "contention-3cpu", "--port", port, "--json"}).out);
        const Json& failure = told.at("scenarios").at(0).at("failures").at(0);
        hash = failure.at("step_hash");
        token = failure.at("token");
        text = Sandbox::read(repro);
    }
    Ran replay(const std::string& name, const std::string& content) const {
        return sandbox.run({"replay", sandbox.write(name, content)});
    }
    std::string port = "broken/leaked-node";
    Sandbox sandbox;
    std::string out, line, repro, hash, token, text;
};

TEST(ReplayLine, WorksFromAnotherFolderAndMakesTheSameSteps) {
    const Failed failed;
    HowToRun elsewhere;
    elsewhere.folder = failed.sandbox.path("elsewhere").string();
    const Ran ran = failed.sandbox.shell(failed.line, elsewhere);
    EXPECT_EQ(ran.code, 1) << failed.line << "\n" << ran.err;
    EXPECT_EQ(behind(ran.out, "step hash "), failed.hash) << ran.out;
    EXPECT_TRUE(has(ran.out, "queue-nodes")) << ran.out;
}

TEST(ReplayLine, OfAFileWorksWithoutTheLibraryAndUnderAnotherName) {
    const Failed failed;
    HowToRun alone;
    alone.environment = {"LOCKSTEP_SCENARIOS=" + failed.sandbox.path("elsewhere").string()};
    const std::string renamed = failed.sandbox.write("mailed.txt", failed.text);
    const Ran ran = failed.sandbox.run({"replay", renamed}, alone);
    EXPECT_EQ(ran.code, 1) << ran.err;
    EXPECT_EQ(behind(ran.out, "step hash "), failed.hash) << ran.out;
}

TEST(Token, ReplaysWithItsPortAndMakesTheSameSteps) {
    const Failed failed;
    const Ran ran = failed.sandbox.run({"replay", failed.token, "--port", failed.port});
    EXPECT_EQ(ran.code, 1) << ran.err;
    EXPECT_EQ(behind(ran.out, "step hash "), failed.hash) << ran.out;
}

TEST(Token, OnASoundPortDoesNotBringTheFailureBack) {
    const Failed failed;
    const Ran ran = failed.sandbox.run({"replay", failed.token, "--port", "rqspinlock"});
    EXPECT_TRUE(ran.code == 0 || ran.code == 64) << ran.out << ran.err;
}

TEST(Token, OfAScenarioThatChangedIsRefused) {
    const Failed failed;
    const std::string library = LOCKSTEP_SOURCE_DIR "/scenarios/basics/contention-3cpu.yaml";
    const std::string changed =
        failed.sandbox.write("changed.yaml", Sandbox::read(library) + "# one comment more\n");
    expect_refused(
        failed.sandbox.run({"replay", failed.token, "--scenario", changed, "--port", failed.port}),
        "changed");
}

TEST(ReproFile, CutOffAnywhereIsRefused) {
    const Failed failed;
    ASSERT_GT(failed.text.size(), 200U);
    const std::size_t step = failed.text.size() / 20;
    for (std::size_t size = 0; size < failed.text.size(); size += step)
        expect_refused(failed.replay("cut.repro", failed.text.substr(0, size)), "cut.repro:");
    // Without its last line end it is as short as a lost byte can make it.
    EXPECT_EQ(failed.replay("cut.repro", failed.text.substr(0, failed.text.size() - 2)).code, 64);
}

TEST(ReproFile, WithOneByteChangedAnywhereIsRefused) {
    const Failed failed;
    const std::size_t step = failed.text.size() / 40 + 1;
    for (std::size_t at = 0; at < failed.text.size(); at += step) {
        std::string edited = failed.text;
        edited[at] = edited[at] == '7' ? '8' : '7';
        expect_refused(failed.replay("edited.repro", edited), "edited.repro:");
    }
}

TEST(ReproFile, OnAPortItWasNotMadeOnIsRefused) {
    const Failed failed;
    expect_refused(failed.sandbox.run({"replay", failed.repro, "--port", "rqspinlock"}),
                   "rqspinlock");
}

TEST(ReproFile, IsRefusedForAnotherTextOfItsScenario) {
    const Failed failed;
    expect_refused(failed.sandbox.run({"replay", failed.repro, "--scenario", "contention-2cpu"}),
                   "hash");
}

TEST(ReproFile, ThatIsAFolderOrADeviceIsRefused) {
    const Sandbox sandbox;
    expect_refused(sandbox.run({"replay", "."}), ".");
    expect_refused(sandbox.run({"replay", "/dev/zero"}), "/dev/zero");
}

TEST(ReproFile, GoesToTheCurrentFolderWhenThereIsNoOther) {
    const Sandbox sandbox;
    HowToRun how;
    how.environment = {"XDG_STATE_HOME=/proc/nothing"};
    const Ran ran = sandbox.run({"run", "contention-3cpu", "--port", "broken/leaked-node"}, how);
    EXPECT_EQ(ran.code, 1) << ran.err;
    const std::string file = behind(ran.out, "the whole run in one file: ");
    EXPECT_TRUE(file.starts_with(sandbox.path("work").string())) << ran.out;
    EXPECT_EQ(sandbox.run({"replay", file}).code, 1);
}

// The first token of each page about a finding, with the port that stands behind it.
TEST(CommandReplay, LeadsToTheFindingWhoseTokenIsInItsPage) {
    SKIP_WITHOUT_KERNEL_TREE();
    const Sandbox sandbox;
    unsigned tokens = 0;
    const std::filesystem::path pages = LOCKSTEP_SOURCE_DIR "/docs/findings";
    for (const auto& page : std::filesystem::directory_iterator(pages)) {
        const std::string text = Sandbox::read(page.path());
        const std::string token = behind(text, "lockstep replay ");
        if (token.empty()) continue;
        ++tokens;
        const Ran ran = sandbox.shell("lockstep show " + token);
        EXPECT_EQ(ran.code, 0) << token << ran.err;
        EXPECT_TRUE(has(ran.out, "*** progress: nothing can ever happen again")) << token;
    }
    EXPECT_GE(tokens, 1U);
}

}  // namespace
}  // namespace lockstep
