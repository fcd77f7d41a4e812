// Features are read off the source. Each fix is taken back in a copy of a real tree, the way it
// was before, and must be missing from then on; text of neither form is undecided.
#include "lock/linux/features.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <regex>

#include "tests/lock/kernel_tree_for_tests.h"

namespace lockstep {
namespace {

struct Text {
    std::string lock;
    std::string header;
};

Text real_text() {
    return {read_text(*real_kernel_tree() / "kernel/bpf/rqspinlock.c"),
            read_text(*real_kernel_tree() / "include/asm-generic/rqspinlock.h")};
}

Features features_of(const Text& text, const char* flavour) {
    return read_features({SourceText(text.lock), SourceText(text.header)},
                         *flavour_by_name(flavour));
}

bool lists(const std::vector<std::string>& names, const char* name) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

// Replaces the first match; the test is void if there is none.
std::string edited(const std::string& text, const char* pattern, const char* by) {
    const std::regex regex(pattern);
    EXPECT_TRUE(std::regex_search(text, regex)) << pattern;
    return std::regex_replace(text, regex, by, std::regex_constants::format_first_only);
}

// True if `feature` was there, and `pattern` replaced in the lock's file makes it absent without
// touching what else was decided.
void expect_taken_back(const char* feature, const char* pattern, const char* by) {
    Text text = real_text();
    const Features before = features_of(text, "x86_64");
    if (!lists(before.present, feature)) GTEST_SKIP() << "this tree has no " << feature;
    text.lock = edited(text.lock, pattern, by);
    const Features after = features_of(text, "x86_64");
    EXPECT_FALSE(lists(after.present, feature));
    EXPECT_FALSE(lists(after.undecided, feature));
    EXPECT_EQ(before.undecided, after.undecided);
}

TEST(KernelFeatures, AnNmiThatNeverQueuesHasNoNmiIdx) {
    SKIP_WITHOUT_KERNEL_TREE();
    expect_taken_back("nmi-idx", R"(in_nmi\(\) && idx > 0)", "in_nmi()");
}

TEST(KernelFeatures, AFirstCheckThatOnlyArmsTheTimerHasNoAaImmediate) {
    SKIP_WITHOUT_KERNEL_TREE();
    expect_taken_back("aa-immediate",
                      R"(if \(check_deadlock_AA\(lock\)\)\s+return -EDEADLK;\s+ts->cur)",
                      "ts->cur");
}

TEST(KernelFeatures, QueueingWithoutALookAtTheOwnTableHasNoAaBeforeQueue) {
    SKIP_WITHOUT_KERNEL_TREE();
    expect_taken_back("aa-before-queue", R"(if \(check_deadlock_AA\(lock\)\) \{)", "if (0) {");
}

TEST(KernelFeatures, AFlushedWaiterThatReturnsEdeadlkHasNoDestroyEtimedout) {
    SKIP_WITHOUT_KERNEL_TREE();
    expect_taken_back("destroy-etimedout", R"(ret = -ETIMEDOUT;)", "ret = -EDEADLK;");
}

TEST(KernelFeatures, ADeadlockedHeadThatDestroysTheQueueHasNoKeepQueue) {
    SKIP_WITHOUT_KERNEL_TREE();
    expect_taken_back("keep-queue", R"(if \(ret == -EDEADLK\) \{)", "if (0) {");
}

TEST(KernelFeatures, ADeadlockedHeadThatOnlyHandsOverHasNoTailReset) {
    SKIP_WITHOUT_KERNEL_TREE();
    expect_taken_back("tail-reset", R"((ret == -EDEADLK\) \{\s+if \()!try_cmpxchg_tail\([^)]*\))",
                      "$011");
}

TEST(KernelFeatures, AnEntryRecordedAfterTheFastPathIsNotEnclosed) {
    SKIP_WITHOUT_KERNEL_TREE();
    Text text = real_text();
    ASSERT_TRUE(lists(features_of(text, "x86_64").present, "entry-enclosed"));
    text.header =
        edited(text.header, R"(grab_held_lock_entry\(lock\);(\s+if \(likely\([^;]*)return)",
               "$1 grab_held_lock_entry(lock); return");
    const Features after = features_of(text, "x86_64");
    EXPECT_FALSE(lists(after.present, "entry-enclosed"));
    EXPECT_FALSE(lists(after.undecided, "entry-enclosed"));
}

TEST(KernelFeatures, AnEntryRecordedTwiceIsNotSingle) {
    SKIP_WITHOUT_KERNEL_TREE();
    Text text = real_text();
    if (!lists(features_of(text, "paravirt").present, "tas-single-entry"))
        GTEST_SKIP() << "this tree has no tas-single-entry";
    text.lock = edited(text.lock, R"((resilient_tas_spin_lock\(rqspinlock_t \*lock\)\s*\{))",
                       "$1 grab_held_lock_entry(lock);");
    const Features after = features_of(text, "paravirt");
    EXPECT_FALSE(lists(after.present, "tas-single-entry"));
    EXPECT_FALSE(lists(after.undecided, "tas-single-entry"));
}

// The first kernels recorded an attempt in the fast path where it took the lock, and elsewhere in
// each slow path, the test-and-set loop among them: once.
TEST(KernelFeatures, AnEntryRecordedWhereTheFastPathWonIsNotCountedForTheLoop) {
    SKIP_WITHOUT_KERNEL_TREE();
    Text text = real_text();
    text.lock = edited(text.lock, R"((resilient_tas_spin_lock\(rqspinlock_t \*lock\)\s*\{))",
                       "$1 grab_held_lock_entry(lock);");
    text.header =
        edited(text.header, R"(grab_held_lock_entry\(lock\);(\s+if \(likely\([^;]*)return 0;)",
               "$1 { grab_held_lock_entry(lock); return 0; }");
    const Features features = features_of(text, "paravirt");
    EXPECT_TRUE(lists(features.present, "tas-single-entry"));
    EXPECT_FALSE(lists(features.present, "entry-before-lock"));
}

// As they were at first: the calls without irqs, with interrupts off around them.
TEST(KernelFeatures, NestedMacrosEnablePreemptionBeforeInterrupts) {
    SKIP_WITHOUT_KERNEL_TREE();
    Text text = real_text();
    for (const char* name : {"raw_res_spin_lock_irqsave", "raw_res_spin_unlock_irqrestore"})
        text.header += std::string("#define ") + name +
                       "(lock, flags) ({ raw_res_spin_unlock(lock); local_irq_restore(flags); })\n";
    const Features features = features_of(text, "x86_64");
    EXPECT_FALSE(lists(features.present, "irqs-before-preempt"));
    EXPECT_FALSE(lists(features.undecided, "irqs-before-preempt"));
}

// Between two fixes a head in a deadlock left alone, and waited for a successor in any case.
TEST(KernelFeatures, AHeadThatLeavesAloneWithoutAResetKeepsTheQueueOnly) {
    SKIP_WITHOUT_KERNEL_TREE();
    Text text = real_text();
    text.lock =
        edited(text.lock, R"((ret == -EDEADLK\) \{)\s+if \(!try_cmpxchg_tail[^{}]*\{([^{}]*)\})",
               "$1 if (!next) $2");
    const Features features = features_of(text, "x86_64");
    EXPECT_TRUE(lists(features.present, "keep-queue"));
    EXPECT_FALSE(lists(features.present, "tail-reset"));
    EXPECT_TRUE(features.undecided.empty());
}

TEST(KernelFeatures, TextOfNeitherFormIsUndecidedAndNotGuessed) {
    const Features features = features_of({"int something_else;\n", "\n"}, "x86_64");
    EXPECT_EQ(features.present, (std::vector<std::string>{"queued", "pending-byte", "timed-wait"}));
    EXPECT_EQ(
        features.undecided,
        (std::vector<std::string>{
            "aa-immediate", "entry-enclosed", "entry-before-lock", "entry-after-unlock",
            "error-entry-ordered", "irqs-before-preempt", "keep-queue", "nmi-aside", "nmi-queues",
            "nmi-idx", "aa-before-queue", "aa-exit-releases", "tail-reset", "destroy-etimedout"}));
}

TEST(KernelFeatures, CommentsAreNoCode) {
    const Text text{
        "int check_timeout(int a)\n{\n if (!ts->timeout_end) {\n"
        " /* check_deadlock_AA(lock) */ ts->timeout_end = 1;\n } // x\n}\n",
        ""};
    const Features features = features_of(text, "x86_64");
    EXPECT_FALSE(lists(features.present, "aa-immediate"));
    EXPECT_FALSE(lists(features.undecided, "aa-immediate"));
}

TEST(KernelSourceText, JoinsTheLinesOfAStatement) {
    const SourceText text(
        "int f(void)\n{\n\tone();\n\t/* why */\n\ttwo(a,\n\t    b);\n\tthree();\n}\n");
    EXPECT_EQ(text.statement_at(5), "two(a, b);");
    EXPECT_EQ(text.statement_at(6), "two(a, b);");
    EXPECT_EQ(text.statement_at(7), "three();");
    EXPECT_EQ(text.statement_at(99), "");
}

}  // namespace
}  // namespace lockstep
