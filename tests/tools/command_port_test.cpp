// Ports as the command tells of them: every lock broken on purpose is caught by the oracle it
// names, and a kernel port is made of exactly the files that lie in the tree.
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "tests/sanitized.h"
#include "tests/tools/lockstep_process.h"

namespace lockstep {
namespace {

using Json = nlohmann::json;

Json list_of_ports() {
    const Ran ran = Sandbox().run({"port", "list", "--json"});
    EXPECT_EQ(ran.code, 0) << ran.err;
    return Json::parse(ran.out);
}

TEST(PortList, HasTheDocumentedKeysAndOneDefault) {
    unsigned defaults = 0;
    for (const Json& port : list_of_ports()) {
        for (const char* key : {"name", "alias", "summary", "version", "arch", "config", "features",
                                "event_stream", "points", "files", "source_hash", "default"})
            EXPECT_TRUE(port.contains(key)) << key << " of " << port;
        if (port.at("default")) ++defaults;
    }
    EXPECT_EQ(defaults, 1U);
}

TEST(BrokenPort, OnTheBasicsFailsByTheOracleItNames) {
    const Sandbox sandbox;
    unsigned count = 0;
    for (const Json& port : list_of_ports()) {
        const std::string name = port.at("name");
        // A lock with an upstream bug is caught in scenarios/upstream, and a test there says so.
        if (!name.starts_with("broken/") || port.contains("bugs")) continue;
        ++count;
        if (kSanitized && count % 4 != 1) continue;  // each run of a library is a whole process
        const Ran ran = sandbox.run({"run", "scenarios/basics", "--port", name, "--json"});
        EXPECT_EQ(ran.code, 1) << name << ran.err;
        std::set<std::string> oracles;
        const Json told = Json::parse(ran.out);
        for (const Json& scenario : told.at("scenarios"))
            for (const Json& failure : scenario.value("failures", Json::array()))
                if (failure.contains("oracle")) oracles.insert(failure.at("oracle"));
        EXPECT_TRUE(oracles.contains(port.at("caught_by")))
            << name << " should be caught by " << port.at("caught_by") << "; was by "
            << Json(oracles);
    }
    EXPECT_GE(count, 10U);
}

// `sha256sum` is somebody else's program: what it says is no echo of our own arithmetic.
std::string sha256_of(const Sandbox& sandbox, const std::filesystem::path& file) {
    return sandbox.shell("sha256sum < '" + file.string() + "'").out.substr(0, 64);
}

TEST(KernelPort, IsMadeOfTheFilesInTheTreeAndFindsAllItsPoints) {
    const Sandbox sandbox;
    std::set<std::string> compared;
    for (const Json& port : list_of_ports()) {
        if (port.at("files").empty() || port.contains("edited")) continue;
        const std::string version = port.at("version");
        for (const Json& point : port.at("points"))
            EXPECT_TRUE(point.at("resolved")) << port.at("name") << " " << point;
        const auto tree = Sandbox::cache() / "lockstep/linux" / version;
        if (!std::filesystem::exists(tree)) continue;
        for (const Json& file : port.at("files")) {
            const std::string path = file.at("path");
            EXPECT_EQ(file.at("sha256"), sha256_of(sandbox, tree / path)) << path;
            compared.insert(path);
        }
    }
    if (compared.empty()) GTEST_SKIP() << "no kernel port; run `lockstep port add`";
    EXPECT_TRUE(compared.contains("kernel/bpf/rqspinlock.c"));
}

TEST(PortBugs, TellsWhatEachBugIsAndWhereItCanBeSeen) {
    const Sandbox sandbox;
    const Json bugs = Json::parse(sandbox.run({"port", "bugs", "--json"}).out);
    EXPECT_GE(bugs.size(), 14U);
    const std::string text = sandbox.run({"port", "bugs"}).out;
    for (const Json& bug : bugs) {
        for (const char* key : {"bug", "title", "edit", "files", "fixes", "feature", "flavours"})
            EXPECT_TRUE(bug.contains(key)) << key << " of " << bug;
        EXPECT_FALSE(bug.at("flavours").empty()) << bug;
        for (const char* key : {"bug", "title", "edit", "feature"})
            EXPECT_NE(text.find(bug.at(key)), std::string::npos) << bug.at(key);
    }
}

// The newest tree in the cache; nothing if there is none.
std::string cached_tree() {
    const auto trees = Sandbox::cache() / "lockstep/linux";
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(trees, error))
        if (std::filesystem::exists(entry.path() / "Makefile")) return entry.path().string();
    return "";
}

TEST(PortAdd, PutsABugBackAndRunsItsScenarioOnTheResult) {
    const std::string tree = cached_tree();
    if (tree.empty()) GTEST_SKIP() << "no kernel tree; run tools/linux-source";
    const Sandbox sandbox;
    const HowToRun own_cache{
        "", {"XDG_CACHE_HOME=" + sandbox.path("elsewhere").string()}, "", false, ""};
    const Ran added =
        sandbox.run({"port", "add", tree, "--with", "R11", "--with", "R7"}, own_cache);
    EXPECT_EQ(added.code, 0) << added.err;
    EXPECT_NE(added.out.find("x86_64+R7+R11 built"), std::string::npos) << added.out;
    EXPECT_NE(added.out.find("put back R11: "), std::string::npos) << added.out;
    const Ran listed = sandbox.run({"port", "list"}, own_cache);
    EXPECT_NE(listed.out.find("upstream bugs in it: R7, R11"), std::string::npos) << listed.out;
    const Ran ran = sandbox.run(
        {"run", "r11-head-waits-for-nobody", "--port", "linux/x86_64+R7+R11"}, own_cache);
    EXPECT_EQ(ran.code, 0) << ran.out;
    EXPECT_NE(ran.out.find("put back on purpose: R7, R11"), std::string::npos) << ran.out;
    const Ran shown =
        sandbox.run({"show", "r07-late-first-check", "--port", "linux/x86_64+R7+R11"}, own_cache);
    EXPECT_NE(shown.out.find("With upstream bug R11, put in on purpose"), std::string::npos);
    const Ran refused = sandbox.run({"port", "add", tree, "--with", "R4,R5"}, own_cache);
    EXPECT_EQ(refused.code, 64);
    EXPECT_NE(refused.err.find("R4 and R5 cannot"), std::string::npos) << refused.err;
}

TEST(PortEdit, WritesATreeOnceAndRefusesWhatItCannotDo) {
    const std::string tree = cached_tree();
    if (tree.empty()) GTEST_SKIP() << "no kernel tree; run tools/linux-source";
    const Sandbox sandbox;
    const std::vector<std::string> command = {"port", "edit", tree, "--with", "R8", "-o", "out"};
    const Ran first = sandbox.run(command);
    EXPECT_EQ(first.code, 0) << first.err;
    EXPECT_NE(first.out.find("edited: kernel/bpf/rqspinlock.c"), std::string::npos) << first.out;
    const Ran again = sandbox.run(command);
    EXPECT_EQ(again.code, 64);
    EXPECT_NE(again.err.find("is there already"), std::string::npos) << again.err;
    const Ran twice = sandbox.run({"port", "edit", "out", "--with", "R8", "-o", "other"});
    EXPECT_EQ(twice.code, 64);
    EXPECT_NE(twice.err.find("R8 is in this source already"), std::string::npos) << twice.err;
    EXPECT_EQ(sandbox.run({"port", "edit", tree, "--with", "R42", "-o", "x"}).code, 64);
}

}  // namespace
}  // namespace lockstep
