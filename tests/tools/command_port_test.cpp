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
        if (!name.starts_with("broken/")) continue;
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
        if (port.at("files").empty()) continue;
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

}  // namespace
}  // namespace lockstep
