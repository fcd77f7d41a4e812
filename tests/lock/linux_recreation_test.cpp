// Putting upstream bugs back: what an edit changes, what it leaves alone, and what is refused.
#include "lock/linux/recreation.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "lock/linux/builder.h"
#include "lock/linux/loader.h"
#include "tests/lock/kernel_tree_for_tests.h"

namespace lockstep {
namespace {

SourceTexts files_of_real_tree() {
    SourceTexts files;
    for (const Flavour& flavour : flavours())
        for (const KernelFile& file : kernel_files(flavour))
            if (std::filesystem::exists(*real_kernel_tree() / file.path))
                files[file.path] = read_text(*real_kernel_tree() / file.path);
    return files;
}

const Flavour& flavour_with(const Recreation& recreation) {
    for (const Flavour& flavour : flavours())
        if (concerns(recreation, flavour)) return flavour;
    std::abort();
}

std::set<std::string> features_on(const Flavour& flavour, const SourceTexts& files) {
    const Features features = read_features(lock_source(files), flavour);
    EXPECT_TRUE(features.undecided.empty()) << features.undecided.front();
    return {features.present.begin(), features.present.end()};
}

// The message of the PortError that putting the bugs back throws, or "done".
std::string refusal_of(const std::vector<std::string>& bugs, SourceTexts files,
                       const char* flavour = "x86_64") {
    try {
        recreate(bugs, *flavour_by_name(flavour), files);
        return "done";
    } catch (const PortError& error) {
        EXPECT_FALSE(error.suggestion.empty()) << error.message;
        return error.message;
    }
}

bool says(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

// Features that only say the same in other words.
const std::map<std::string, std::string> kSummaries = {{"nmi-aside", "nmi-idx"},
                                                       {"nmi-queues", "nmi-idx"},
                                                       {"entry-before-lock", "entry-enclosed"},
                                                       {"entry-after-unlock", "entry-enclosed"}};

TEST(Recreation, TakesAwayItsFeatureAndNoOther) {
    SKIP_WITHOUT_KERNEL_TREE();
    const SourceTexts unmodified = files_of_real_tree();
    for (const char* name : {"x86_64", "arm64", "tas", "paravirt"}) {
        const Flavour& flavour = *flavour_by_name(name);
        const std::set<std::string> before = features_on(flavour, unmodified);
        for (const Recreation& recreation : recreations()) {
            if (!concerns(recreation, flavour)) continue;
            std::set<std::string> expected = before;
            EXPECT_EQ(expected.erase(recreation.feature), 1U) << recreation.bug;
            if (const auto found = kSummaries.find(recreation.feature); found != kSummaries.end())
                expected.erase(found->second);
            SourceTexts files = unmodified;
            EXPECT_EQ(recreate({recreation.bug}, flavour, files),
                      std::vector<std::string>{recreation.edits[0].paths[0]});
            EXPECT_EQ(features_on(flavour, files), expected) << recreation.bug << " on " << name;
        }
    }
}

TEST(Recreation, IsRefusedWhereTheBugIsAlready) {
    SKIP_WITHOUT_KERNEL_TREE();
    for (const Recreation& recreation : recreations()) {
        const Flavour& flavour = flavour_with(recreation);
        SourceTexts files = files_of_real_tree();
        recreate({recreation.bug}, flavour, files);
        const std::string refusal = refusal_of({recreation.bug}, files, flavour.name.c_str());
        EXPECT_TRUE(says(refusal, recreation.bug + " is in this source already")) << refusal;
        EXPECT_TRUE(says(refusal, recreation.feature)) << refusal;
    }
}

TEST(Recreation, SaysWhichFileAndPlaceItDoesNotKnow) {
    SKIP_WITHOUT_KERNEL_TREE();
    SourceTexts files = files_of_real_tree();
    std::string& header = files.at("include/asm-generic/rqspinlock.h");
    // A second barrier, which might be the one that matters.
    header.insert(header.find("smp_wmb();"), "smp_wmb(); ");
    const std::string twice = refusal_of({"R3"}, files);
    EXPECT_TRUE(says(twice, "include/asm-generic/rqspinlock.h")) << twice;
    EXPECT_TRUE(says(twice, "release_held_lock_entry()")) << twice;
    EXPECT_TRUE(says(twice, "expected smp_wmb() once, found 2 places")) << twice;
    files.at("kernel/bpf/rqspinlock.c") = "int something_else;\n";
    const std::string none = refusal_of({"R11"}, files);
    EXPECT_TRUE(says(none, "`kernel/bpf/rqspinlock.c` defines no ")) << none;
    files.erase("kernel/bpf/rqspinlock.c");
    EXPECT_TRUE(says(refusal_of({"R11"}, files), "no file `kernel/bpf/rqspinlock.c`"));
}

TEST(Recreation, SeesNoPatternInAComment) {
    SKIP_WITHOUT_KERNEL_TREE();
    SourceTexts files = files_of_real_tree();
    std::string& header = files.at("include/asm-generic/rqspinlock.h");
    header.insert(header.find("smp_wmb();"), "/* not smp_wmb(); here */ ");
    EXPECT_EQ(refusal_of({"R3"}, files), "done");
}

TEST(Recreation, KnowsTheFileWhereTheFirstPostingKeptIt) {
    SKIP_WITHOUT_KERNEL_TREE();
    SourceTexts files = files_of_real_tree();
    files["kernel/locking/rqspinlock.c"] = files.at("kernel/bpf/rqspinlock.c");
    files.erase("kernel/bpf/rqspinlock.c");
    EXPECT_EQ(recreate({"R10"}, *flavour_by_name("x86_64"), files),
              std::vector<std::string>{"kernel/locking/rqspinlock.c"});
}

// R9 was there before R11 came, but a tree between the two fixes has R11's form of the code.
TEST(Recreation, PutsR9BackWhereAHeadInADeadlockHandsOverWithoutALookAtTheTail) {
    SKIP_WITHOUT_KERNEL_TREE();
    SourceTexts files = files_of_real_tree();
    recreate({"R11"}, *flavour_by_name("x86_64"), files);
    EXPECT_EQ(refusal_of({"R9"}, files), "done");
}

TEST(Recreation, RefusesBugsThatExcludeEachOther) {
    for (const auto& [one, other] :
         {std::pair{"R4", "R5"}, std::pair{"R8", "R14"}, std::pair{"R9", "R11"}}) {
        const std::string refusal = refusal_of({one, other}, {});
        EXPECT_TRUE(says(refusal, std::string(one) + " and " + other)) << refusal;
    }
}

TEST(RecreationNames, AreTakenInAnyCaseAndOrderAndUnknownOnesRefused) {
    EXPECT_EQ(bugs_of({"r11,R4", "r6A", "R4"}), (std::vector<std::string>{"R4", "R6a", "R11"}));
    EXPECT_EQ(bugs_of({"R2"}), std::vector<std::string>{"R1"});
    for (const char* word : {"R6", "R15", "R99", "", "R4,", "11"})
        EXPECT_THROW(bugs_of({word}), PortError) << word;
}

BuildOptions options_with(const std::vector<std::string>& bugs) {
    BuildOptions options;
    options.tree = *real_kernel_tree();
    options.bugs = bugs;
    return options;
}

TEST(RecreatedPort, IsRegisteredUnderANameOfItsOwnAndSaysWhatIsInIt) {
    SKIP_WITHOUT_KERNEL_TREE();
    const TemporaryCache cache;
    build_kernel_port(options_with({}));
    const BuiltPort built = build_kernel_port(options_with({"R11"}));
    EXPECT_FALSE(built.reused);
    EXPECT_TRUE(build_kernel_port(options_with({"r11"})).reused);
    EXPECT_EQ(built.manifest.bugs, std::vector<std::string>{"R11"});
    EXPECT_EQ(built.manifest.edited, std::vector<std::string>{"kernel/bpf/rqspinlock.c"});
    EXPECT_EQ(read_manifest(built.directory)->bugs, built.manifest.bugs);
    const Port port = open_port("linux/x86_64+R11");
    EXPECT_EQ(port.bugs, built.manifest.bugs);
    EXPECT_TRUE(says(port.summary, "with R11: ")) << port.summary;
    EXPECT_TRUE(says(port.alias, "/x86_64+R11")) << port.alias;
    const Port unmodified = open_port("linux/x86_64");
    EXPECT_TRUE(unmodified.bugs.empty());
    EXPECT_NE(unmodified.source_hash, port.source_hash);
    EXPECT_EQ(default_port_name(), "linux/x86_64");
}

TEST(RecreatedPort, IsRefusedWhereTheCodeDoesNotRun) {
    SKIP_WITHOUT_KERNEL_TREE();
    const TemporaryCache cache;
    BuildOptions options = options_with({"R12"});
    try {
        build_kernel_port(options);
        FAIL() << "R12 is about the fallback";
    } catch (const PortError& error) {
        EXPECT_TRUE(says(error.message, "R12 cannot show with --arch x86_64 --config queued"));
        EXPECT_TRUE(says(error.suggestion, "--config tas")) << error.suggestion;
    }
}

TEST(EditedTree, IsACopyThatBuildsWithTheBugAndLeavesTheTreeAlone) {
    SKIP_WITHOUT_KERNEL_TREE();
    const TemporaryCache cache;
    const TemporaryFolder folder;
    const auto copy = folder.path() / "copy";
    const std::string lock = "kernel/bpf/rqspinlock.c";
    const std::string before = read_text(*real_kernel_tree() / lock);
    EXPECT_EQ(write_edited_tree(*real_kernel_tree(), {"R4", "R1"}, copy),
              (std::vector<std::string>{"arch/arm64/include/asm/rqspinlock.h", lock}));
    EXPECT_EQ(read_text(*real_kernel_tree() / lock), before);
    EXPECT_NE(read_text(copy / lock), before);
    EXPECT_THROW(write_edited_tree(*real_kernel_tree(), {"R4"}, copy), PortError);
    BuildOptions options;
    options.tree = copy;
    const auto features = build_kernel_port(options).manifest.features;
    EXPECT_EQ(std::count(features.begin(), features.end(), "nmi-aside"), 0);
}

}  // namespace
}  // namespace lockstep
