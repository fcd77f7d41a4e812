// `lockstep doctor` on whole trees: what it finds, what it says of what it cannot build, and what
// it refuses. A tree is never changed; each test edits a copy of its own.
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <regex>

#include "lock/linux/builder.h"
#include "tests/lock/kernel_tree_for_tests.h"
#include "tests/sanitized.h"
#include "tests/tools/lockstep_process.h"

namespace lockstep {
namespace {

namespace fs = std::filesystem;
using DoctorJson = nlohmann::json;

// Every test runs with a cache of its own, in which nothing may be left.
class DoctorTest : public testing::Test {
  protected:
    Ran doctor(const std::vector<std::string>& words) const {
        std::vector<std::string> all = {"doctor"};
        all.insert(all.end(), words.begin(), words.end());
        return sandbox_.run(all, with_cache("cache"));
    }
    HowToRun with_cache(const std::string& name) const {
        HowToRun how;
        how.environment = {"XDG_CACHE_HOME=" + sandbox_.path(name).string()};
        return how;
    }
    std::string tree(const std::string& name) const { return sandbox_.path(name).string(); }
    void expect_cache_empty() const {
        std::error_code error;
        const fs::path folder = sandbox_.path("cache") / "lockstep" / "doctor";
        EXPECT_TRUE(!fs::exists(folder, error) || fs::is_empty(folder)) << "left in " << folder;
    }

    Sandbox sandbox_;
};

std::vector<std::string> names_with_state(const DoctorJson& told, const char* kind,
                                          const char* state) {
    std::vector<std::string> names;
    for (const DoctorJson& row : told.at(kind))
        if (row.at("state") == state) names.push_back(row.at("name"));
    return names;
}

void replace_in(const fs::path& file, const char* pattern, const char* by) {
    const std::string text = read_text(file);
    ASSERT_TRUE(std::regex_search(text, std::regex(pattern))) << pattern << " in " << file;
    write_text(file, std::regex_replace(text, std::regex(pattern), by));
}

TEST_F(DoctorTest, FindsNoneOfTheBugsInATreeThatHasAllFixes) {
    SKIP_WITHOUT_KERNEL_TREE();
    if (kSanitized) GTEST_SKIP() << "half a minute without sanitizers already";
    const Ran ran = doctor({real_kernel_tree()->string()});
    EXPECT_EQ(ran.code, 0) << ran.out << ran.err;
    EXPECT_TRUE(has(ran.out, "# none of the known bugs was found")) << ran.out;
    EXPECT_FALSE(has(ran.out, "not ok")) << ran.out;
    EXPECT_FALSE(has(ran.out, "DIFFERS")) << ran.out;
    EXPECT_TRUE(has(line_with(ran.out, " R11 "), "absent: x86_64 arm64")) << ran.out;
    expect_cache_empty();
}

TEST_F(DoctorTest, FindsTheOneBugOfATreeThatHasOne) {
    SKIP_WITHOUT_KERNEL_TREE();
    if (kSanitized) GTEST_SKIP() << "half a minute without sanitizers already";
    write_edited_tree(*real_kernel_tree(), {"R11"}, tree("r11"));
    const Ran ran = doctor({tree("r11"), "--json"});
    EXPECT_EQ(ran.code, 1) << ran.err;
    const DoctorJson told = DoctorJson::parse(ran.out);
    EXPECT_EQ(told.at("format"), "lockstep-doctor-1");
    EXPECT_EQ(names_with_state(told, "bugs", "present"), std::vector<std::string>{"R11"});
    EXPECT_EQ(names_with_state(told, "bugs", "undecided"), std::vector<std::string>{});
    EXPECT_EQ(names_with_state(told, "limits", "differs"), std::vector<std::string>{});
    for (const DoctorJson& flavour : told.at("flavours")) EXPECT_TRUE(flavour.at("built"));
    for (const DoctorJson& row : told.at("bugs"))
        for (const DoctorJson& cell : row.at("cells"))
            EXPECT_TRUE(cell.at("state") == "absent" || cell.at("reason") != "") << row;
    expect_cache_empty();
}

// As the postings had it: the file among the other locks, other names, no arm64 header and no
// fallback; and one flavour that does not compile. The others are asked all the same.
TEST_F(DoctorTest, AsksATreeOfAnotherShapeWhatItCanAndNamesWhatItCannot) {
    SKIP_WITHOUT_KERNEL_TREE();
    if (kSanitized) GTEST_SKIP() << "half a minute without sanitizers already";
    const fs::path posting = tree("posting");
    copy_port_files(*real_kernel_tree(), posting);
    for (const char* file : {"rqspinlock.c", "rqspinlock.h"}) {
        fs::rename(posting / "kernel/bpf" / file, posting / "kernel/locking" / file);
        replace_in(posting / "kernel/locking" / file, R"("\.\./locking/)", "\"");
    }
    replace_in(posting / "Makefile", R"(VERSION = \d+\nPATCHLEVEL = \d+)",
               "VERSION = 6\nPATCHLEVEL = 13");
    const fs::path lock = posting / "kernel/locking/rqspinlock.c";
    replace_in(lock, R"(\brqnodes\b)", "qnodes");
    replace_in(lock, R"(\bresilient_tas_spin_lock\b)", "resilient_some_spin_lock");
    replace_in(posting / "arch/x86/include/asm/rqspinlock.h", R"(resilient_tas_spin_lock)",
               "resilient_some_spin_lock");
    fs::remove(posting / "arch/arm64/include/asm/rqspinlock.h");
    const Ran ran = doctor({posting.string(), "--markdown"});
    EXPECT_EQ(ran.code, 1) << ran.out << ran.err;
    EXPECT_TRUE(has(ran.out, "# Known rqspinlock bugs in Linux 6.13")) << ran.out;
    EXPECT_TRUE(has(ran.out, "None of the known bugs was found; undecided: 1; not built: arm64, "))
        << ran.out;
    EXPECT_TRUE(has(line_with(ran.out, "- tas was not built"), "no test-and-set fallback"))
        << ran.out;
    EXPECT_TRUE(has(line_with(ran.out, "- arm64 was not built"),
                    "no file `arch/arm64/include/asm/rqspinlock.h`"))
        << ran.out;
    // The guest's loop has a name that no rule knows, so its scenario cannot be followed.
    EXPECT_TRUE(
        has(line_with(ran.out, "- R12 undecided (paravirt)"), "rq.tas.wait did not resolve"))
        << ran.out;
    // x86_64 was asked, arm64 was not.
    EXPECT_TRUE(
        std::regex_search(line_with(ran.out, "| R8 |"), std::regex(R"(\| absent \| not asked \|)")))
        << ran.out;
    expect_cache_empty();
}

TEST_F(DoctorTest, RefusesWhatIsNoTreeOfThisLock) {
    expect_refused(doctor({tree("nowhere")}), "there is no such folder");
    const std::string file = sandbox_.write("file", "text\n");
    expect_refused(doctor({file}), "it is no folder");
    expect_refused(doctor({sandbox_.path("work").string()}), "it has no Makefile");
    sandbox_.write("old/Makefile", "VERSION = 6\nPATCHLEVEL = 14\nSUBLEVEL = 0\nEXTRAVERSION =\n");
    expect_refused(doctor({"old"}), "rqspinlock exists from 6.15 on");
    sandbox_.write("new/Makefile", "VERSION = 6\nPATCHLEVEL = 15\nSUBLEVEL = 0\nEXTRAVERSION =\n");
    expect_refused(doctor({"new"}), "no file `kernel/bpf/rqspinlock.c`");
    expect_refused(doctor({"new", "--json", "--markdown"}), "excludes");
    expect_cache_empty();
}

TEST_F(DoctorTest, ShowsTheFirstErrorsOfATreeThatDoesNotCompile) {
    SKIP_WITHOUT_KERNEL_TREE();
    const fs::path broken = tree("broken");
    copy_port_files(*real_kernel_tree(), broken);
    write_text(broken / "include/asm-generic/rqspinlock.h",
               "#error one\n#error two\n#error three\n#error four\n");
    const Ran ran = doctor({broken.string()});
    expect_refused(ran, "does not build as x86_64");
    EXPECT_TRUE(has(ran.err, "#error one") && has(ran.err, "#error three")) << ran.err;
    EXPECT_FALSE(has(ran.err, "#error four")) << ran.err;
    expect_cache_empty();
}

TEST_F(DoctorTest, RefusesACacheThatCannotBeWritten) {
    SKIP_WITHOUT_KERNEL_TREE();
    HowToRun how;
    how.environment = {"XDG_CACHE_HOME=/proc/self"};
    expect_refused(sandbox_.run({"doctor", real_kernel_tree()->string()}, how),
                   "XDG_CACHE_HOME moves it");
}

// Ctrl-C as soon as the first flavour is being built.
TEST_F(DoctorTest, GivesAPartialAnswerAfterCtrlCAndLeavesNothingBehind) {
    SKIP_WITHOUT_KERNEL_TREE();
    const std::string line =
        "lockstep() { exec \"" LOCKSTEP_BINARY "\" \"$@\"; }; lockstep doctor '" +
        real_kernel_tree()->string() +
        "' --json & until test -d \"$XDG_CACHE_HOME\"/lockstep/doctor/*/x86_64; do sleep 0.1; "
        "done; kill -INT $!; wait $!";
    const Ran ran = sandbox_.shell(line, with_cache("cache"));
    EXPECT_EQ(ran.code, 75) << ran.out << ran.err;
    const DoctorJson told = DoctorJson::parse(ran.out);
    EXPECT_TRUE(told.at("interrupted"));
    EXPECT_TRUE(has(told.at("verdict"), "interrupted")) << told.at("verdict");
    EXPECT_FALSE(names_with_state(told, "bugs", "not asked").empty()) << told;
    for (const DoctorJson& flavour : told.at("flavours")) {
        EXPECT_NE(flavour.at("name"), "");
        EXPECT_EQ(flavour.at("built"), flavour.at("reason") == "") << flavour;
    }
    expect_cache_empty();
}

}  // namespace
}  // namespace lockstep
