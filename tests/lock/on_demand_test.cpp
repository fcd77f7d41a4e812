// Plain kernel locks are built by asking for them.
#include "lock/linux/on_demand.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "lock/linux/loader.h"
#include "tests/lock/kernel_tree_for_tests.h"

namespace lockstep {
namespace {

// A tree as tools/linux-source leaves it in the cache of the test.
void put_into_cache(const std::string& version) {
    const auto place = ports_directory().parent_path() / "linux" / version;
    copy_port_files(*real_kernel_tree(), place);
    const KernelVersion parsed = parse_version(version);
    write_text(place / "Makefile", "VERSION = " + std::to_string(parsed.major) +
                                       "\nPATCHLEVEL = " + std::to_string(parsed.minor) +
                                       "\nSUBLEVEL = " + std::to_string(parsed.patch) +
                                       "\nEXTRAVERSION =\n");
    write_text(place / ".lockstep-source", "a test\n");
}

TEST(OnDemand, APlainKernelLockIsBuiltFromTheNewestTreeWhenItIsNamed) {
    SKIP_WITHOUT_KERNEL_TREE();
    const TemporaryCache cache;
    put_into_cache("7.2.3");
    put_into_cache("7.2.12");
    EXPECT_EQ(default_plain_port_name(), "linux/x86_64-qspinlock");
    const std::vector<std::string> before = ports_on_demand();
    EXPECT_EQ(std::count(before.begin(), before.end(), "linux/ticket"), 1);
    EXPECT_EQ(open_port("linux/ticket").version, "7.2.12");
    const std::vector<std::string> after = ports_on_demand();
    EXPECT_EQ(std::count(after.begin(), after.end(), "linux/ticket"), 0);
    EXPECT_EQ(open_port("linux-7.2.3/ticket").version, "7.2.3");
    EXPECT_EQ(list_kernel_ports().size(), 2U);
}

TEST(OnDemand, RqspinlockIsNotBuiltByAskingForIt) {
    SKIP_WITHOUT_KERNEL_TREE();
    const TemporaryCache cache;
    put_into_cache("7.2.12");
    EXPECT_FALSE(kernel_tree_for("linux/x86_64"));
    EXPECT_THROW(open_port("linux/x86_64"), PortError);
    EXPECT_FALSE(kernel_tree_for("linux/powerpcc"));
    EXPECT_FALSE(kernel_tree_for("linux-7.3/powerpc"));
}

TEST(OnDemand, WithoutATreeItSaysHowToGetOne) {
    const TemporaryCache cache;
    EXPECT_EQ(default_plain_port_name(), "qspinlock");
    EXPECT_TRUE(ports_on_demand().empty());
    try {
        open_port("linux/s390");
        FAIL() << "it was opened";
    } catch (const PortError& error) {
        EXPECT_NE(error.message.find("`linux/s390` is not built"), std::string::npos);
        EXPECT_NE(error.suggestion.find("tools/linux-source"), std::string::npos);
        EXPECT_NE(error.suggestion.find("--arch s390 --config queued"), std::string::npos);
    }
}

TEST(OnDemand, AnUnfinishedTreeIsNoTree) {
    SKIP_WITHOUT_KERNEL_TREE();
    const TemporaryCache cache;
    put_into_cache("7.2.12");
    std::filesystem::remove(ports_directory().parent_path() / "linux/7.2.12/.lockstep-source");
    EXPECT_FALSE(kernel_tree_for("linux/powerpc"));
}

}  // namespace
}  // namespace lockstep
