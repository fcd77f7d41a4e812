// Building kernel ports: what is built, what is refused and why, and that nothing half-built stays.
#include "lock/linux/builder.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "lock/linux/compiler.h"
#include "tests/lock/kernel_tree_for_tests.h"

namespace lockstep {
namespace {

namespace fs = std::filesystem;

BuildOptions options_for(const fs::path& tree) {
    BuildOptions options;
    options.tree = tree;
    return options;
}

// The message of the PortError that building throws, or "built".
std::string refusal(const BuildOptions& options) {
    try {
        build_kernel_port(options);
        return "built";
    } catch (const PortError& error) {
        return error.message;
    }
}

void write_makefile(const fs::path& tree, const std::string& version) {
    write_text(tree / "Makefile", version);
}

// A tree with all files a port needs, none of them with anything in it that compiles.
void write_hollow_tree(const fs::path& tree) {
    write_makefile(tree, "VERSION = 7\nPATCHLEVEL = 2\nSUBLEVEL = 12\nEXTRAVERSION =\n");
    for (const Flavour& flavour : flavours())
        for (const KernelFile& file : kernel_files(flavour)) write_text(tree / file.path, "\n");
}

bool mentions(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

unsigned files_below(const fs::path& folder) {
    unsigned count = 0;
    std::error_code error;
    for (const auto& entry : fs::recursive_directory_iterator(folder, error))
        count += entry.is_regular_file() ? 1 : 0;
    return count;
}

TEST(KernelPortBuilder, RefusesAFolderThatDoesNotExist) {
    const TemporaryCache cache;
    EXPECT_TRUE(
        mentions(refusal(options_for(cache.path() / "nowhere")), "there is no such folder"));
}

TEST(KernelPortBuilder, RefusesAFolderThatIsNoKernelTree) {
    const TemporaryCache cache;
    const TemporaryFolder tree;
    EXPECT_TRUE(mentions(refusal(options_for(tree.path())), "it has no Makefile"));
    write_makefile(tree.path(), "all:\n\ttrue\n");
    EXPECT_TRUE(mentions(refusal(options_for(tree.path())), "names no kernel version"));
}

TEST(KernelPortBuilder, RefusesAKernelWithoutTheLockAndNamesItsVersion) {
    const TemporaryCache cache;
    const TemporaryFolder tree;
    write_makefile(tree.path(), "VERSION = 6\nPATCHLEVEL = 14\nSUBLEVEL = 9\nEXTRAVERSION =\n");
    EXPECT_TRUE(mentions(refusal(options_for(tree.path())), "is Linux 6.14.9"));
}

TEST(KernelPortBuilder, NamesTheFileThatIsMissing) {
    const TemporaryCache cache;
    const TemporaryFolder tree;
    write_hollow_tree(tree.path());
    fs::remove(tree.path() / "kernel/locking/qspinlock.h");
    EXPECT_TRUE(mentions(refusal(options_for(tree.path())), "`kernel/locking/qspinlock.h`"));
}

TEST(KernelPortBuilder, ShowsWhatTheCompilerSaidAndLeavesNothingBehind) {
    const TemporaryCache cache;
    const TemporaryFolder tree;
    write_hollow_tree(tree.path());
    write_text(tree.path() / "kernel/bpf/rqspinlock.c", "#error nothing here is a lock\n");
    const std::string message = refusal(options_for(tree.path()));
    EXPECT_TRUE(mentions(message, "nothing here is a lock")) << message;
    EXPECT_TRUE(mentions(message, "Linux 7.2.12 does not build as x86_64")) << message;
    EXPECT_EQ(files_below(cache.path() / "lockstep"), 0u);  // a compiler cache may be beside it
}

TEST(KernelPortBuilder, DoesNotFindAHeaderThatIsNotOnTheList) {
    const TemporaryCache cache;
    const TemporaryFolder tree;
    write_hollow_tree(tree.path());
    write_text(tree.path() / "include/linux/extra.h", "\n");
    write_text(tree.path() / "kernel/bpf/rqspinlock.c", "#include <linux/extra.h>\n");
    EXPECT_TRUE(mentions(refusal(options_for(tree.path())), "linux/extra.h"));
    write_text(tree.path() / "kernel/bpf/rqspinlock.c", "#include <stdlib.h>\n");
    EXPECT_TRUE(mentions(refusal(options_for(tree.path())), "stdlib.h"));
}

TEST(KernelPortBuilder, SaysWhichConfigurationsThereAre) {
    const TemporaryCache cache;
    const TemporaryFolder tree;
    BuildOptions options = options_for(tree.path());
    options.config = "queud";
    EXPECT_TRUE(mentions(refusal(options), "arch `x86_64` and config `queud`"));
    options.config = "queued";
    options.name = "../elsewhere";
    EXPECT_TRUE(mentions(refusal(options), "cannot be the name of a port"));
}

TEST(KernelPortBuilder, SaysWhenThereIsNoCompiler) {
    const TemporaryCache cache;
    const TemporaryFolder tree;
    write_hollow_tree(tree.path());
    BuildOptions options = options_for(tree.path());
    options.compiler = "no-such-compiler";
    EXPECT_TRUE(mentions(refusal(options), "`no-such-compiler` cannot be run"));
}

class EveryFlavour : public testing::TestWithParam<std::string> {};

TEST_P(EveryFlavour, BuildsFromARealTreeWithAllPointsResolvedAndAllFeaturesDecided) {
    SKIP_WITHOUT_KERNEL_TREE();
    const TemporaryCache cache;
    const Flavour& flavour = *flavour_by_name(GetParam());
    BuildOptions options = options_for(*real_kernel_tree());
    options.arch = flavour.arch;
    options.config = flavour.config;
    const BuiltPort built = build_kernel_port(options);
    EXPECT_EQ(built.manifest.flavour, flavour.name);
    EXPECT_TRUE(built.manifest.undecided.empty());
    // Of plain locks only the queued ones have points.
    EXPECT_GE(built.manifest.points.size(), resilient(flavour) ? 7u : flavour.queued ? 4u : 0u);
    for (const std::string& point : built.manifest.points)
        EXPECT_TRUE(std::any_of(built.manifest.places.begin(), built.manifest.places.end(),
                                [&](const PointPlace& place) { return place.point == point; }))
            << point;
    for (const PointPlace& place : built.manifest.places)
        EXPECT_TRUE(fs::exists(*real_kernel_tree() / place.file)) << place.file;
}

INSTANTIATE_TEST_SUITE_P(All, EveryFlavour,
                         testing::Values("x86_64", "arm64", "arm64-noevtstrm", "tas", "paravirt",
                                         "x86_64-nopending", "x86_64-qspinlock", "arm64-qspinlock",
                                         "x86_64-pv-qspinlock", "powerpc", "s390", "s390-classic",
                                         "ticket"),
                         [](const auto& name) {
                             std::string words = name.param;
                             std::replace(words.begin(), words.end(), '-', '_');
                             return words;
                         });

TEST(KernelPortBuilder, ShowsTheHashesThatSha256sumShows) {
    SKIP_WITHOUT_KERNEL_TREE();
    const TemporaryCache cache;
    const BuiltPort built = build_kernel_port(options_for(*real_kernel_tree()));
    ASSERT_GE(built.manifest.files.size(), 10u);
    for (const PortFile& file : built.manifest.files) {
        const ProcessResult sum = run_process({"sha256sum", file.path}, *real_kernel_tree());
        EXPECT_EQ(sum.output.substr(0, 64), file.sha256) << file.path;
    }
}

TEST(KernelPortBuilder, BuildsOnceAndAgainOnlyWhenAKernelFileChanged) {
    SKIP_WITHOUT_KERNEL_TREE();
    const TemporaryCache cache;
    const TemporaryFolder tree;
    copy_port_files(*real_kernel_tree(), tree.path());
    const BuiltPort first = build_kernel_port(options_for(tree.path()));
    EXPECT_FALSE(first.reused);
    EXPECT_TRUE(build_kernel_port(options_for(tree.path())).reused);
    const fs::path lock = tree.path() / "kernel/bpf/rqspinlock.c";
    write_text(lock, read_text(lock) + "/* one more line */\n");
    const BuiltPort changed = build_kernel_port(options_for(tree.path()));
    EXPECT_FALSE(changed.reused);
    EXPECT_NE(changed.manifest.source_hash, first.manifest.source_hash);
    for (const auto& entry : fs::directory_iterator(changed.directory.parent_path()))
        EXPECT_EQ(entry.path().filename(), "x86_64");
}

TEST(KernelPortBuilder, KeepsTheOldPortWhenTheNewOneDoesNotBuild) {
    SKIP_WITHOUT_KERNEL_TREE();
    const TemporaryCache cache;
    const TemporaryFolder tree;
    copy_port_files(*real_kernel_tree(), tree.path());
    const BuiltPort first = build_kernel_port(options_for(tree.path()));
    write_text(tree.path() / "kernel/bpf/rqspinlock.c", "#error gone\n");
    EXPECT_TRUE(mentions(refusal(options_for(tree.path())), "gone"));
    EXPECT_EQ(read_manifest(first.directory)->source_hash, first.manifest.source_hash);
}

TEST(KernelPortBuilder, PutsNoPathOfThisMachineIntoAPort) {
    SKIP_WITHOUT_KERNEL_TREE();
    const TemporaryCache cache;
    const BuiltPort built = build_kernel_port(options_for(*real_kernel_tree()));
    const std::string object = read_text(built.directory / kObjectFile);
    EXPECT_FALSE(mentions(object, cache.path().string()));
    EXPECT_FALSE(mentions(object, real_kernel_tree()->string() + "/"));
    EXPECT_FALSE(mentions(object, LOCKSTEP_SOURCE_DIR "/lock"));
}

// The list of what tools/linux-source unpacks has everything a port asks for.
TEST(KernelFiles, AreAllUnpackedByLinuxSource) {
    const std::string script = read_text(LOCKSTEP_SOURCE_DIR "/tools/linux-source");
    for (const Flavour& flavour : flavours())
        for (const KernelFile& file : kernel_files(flavour))
            EXPECT_TRUE(mentions(script, "\n    " + file.path + "\n")) << file.path;
}

TEST(KernelPortBuilder, BuildsAllPlainLocksItCanAndNamesTheOthers) {
    SKIP_WITHOUT_KERNEL_TREE();
    const TemporaryCache cache;
    const TemporaryFolder tree;
    copy_port_files(*real_kernel_tree(), tree.path());
    fs::remove(tree.path() / "arch/powerpc/lib/qspinlock.c");
    std::vector<PortError> refused;
    EXPECT_TRUE(build_plain_kernel_ports(tree.path(), "", true, refused).empty());
    EXPECT_TRUE(refused.empty()) << "none was there to be built again";
    EXPECT_EQ(build_plain_kernel_ports(tree.path(), "", false, refused).size(), 6u);
    ASSERT_EQ(refused.size(), 1u);
    EXPECT_TRUE(mentions(refused[0].message, "arch/powerpc/lib/qspinlock.c"));
    refused.clear();
    EXPECT_EQ(build_plain_kernel_ports(tree.path(), "", true, refused).size(), 6u);
}

TEST(KernelVersionOrder, PutsCandidatesBeforeTheReleaseAndCountsThemAsNumbers) {
    EXPECT_LT(parse_version("7.3-rc9"), parse_version("7.3-rc10"));
    EXPECT_LT(parse_version("7.3-rc10"), parse_version("7.3"));
    EXPECT_LT(parse_version("7.2.12"), parse_version("7.3-rc1"));
    EXPECT_LT(parse_version("7.2.9"), parse_version("7.2.12"));
    EXPECT_EQ(parse_version("7.2.12").text(), "7.2.12");
    EXPECT_EQ(parse_version("7.3-rc1").text(), "7.3-rc1");
}

}  // namespace
}  // namespace lockstep
