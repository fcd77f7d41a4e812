// Inline assembly of the kernel: found in its text, and refused when it is not the one whose body
// in C was written.
#include "lock/linux/inline_assembly.h"

#include <gtest/gtest.h>

#include <regex>

#include "lock/linux/builder.h"
#include "tests/lock/kernel_tree_for_tests.h"

namespace lockstep {
namespace {

constexpr const char* kText = R"(
#define hint() do { asm volatile("hint" ::: "memory"); } while (0)
/* asm volatile("in a comment"); */
static inline int two(int *p)
{
	int v;

	asm volatile(
"1:	load	%0 ) ;		# not the end	\n"
	: "=r" (v) : "r" (p));
	if (v)
		asm_inline ("other" : : "r" (f(v)));
	return v;
}
)";

TEST(InlineAssembly, IsFoundWithItsFunctionAndLine) {
    const std::vector<AssemblyStatement> found = assembly_in(kText);
    ASSERT_EQ(found.size(), 3U);
    EXPECT_EQ(found[0].function, "hint");
    EXPECT_EQ(found[1].function, "two");
    EXPECT_EQ(found[1].line, 8U);
    EXPECT_EQ(found[2].function, "two");
    EXPECT_NE(found[1].sha256, found[2].sha256);
}

std::string changed(std::string text, const std::string& from, const std::string& to) {
    EXPECT_NE(text.find(from), std::string::npos) << from;
    return text.replace(text.find(from), from.size(), to);
}

TEST(InlineAssembly, IsTheSameWithOtherBlanksAndCommentsAndNotWithOtherWords) {
    const std::string before = assembly_in(kText)[1].sha256;
    EXPECT_EQ(assembly_in(changed(kText, ": \"r\" (p)", ":  /* why */ \"r\"  (p)"))[1].sha256,
              before);
    EXPECT_NE(assembly_in(changed(kText, "load", "store"))[1].sha256, before);
}

struct Body {
    const char* arch;
    const char* config;
    const char* file;
    const char* from;  // in the assembly
    const char* to;
    const char* function;
};

// One word of each is another one. None of these is the kernel's business to change soon.
const Body kBodies[] = {
    {"powerpc", "qspinlock", "arch/powerpc/lib/qspinlock.c", "# set_mustq\\s*\\\\n\"\n\"\tor\t",
     "# set_mustq\\n\"\n\"\txor\t", "set_mustq"},
    {"powerpc", "qspinlock", "arch/powerpc/include/asm/qspinlock.h", "\"\tandc\\.\t", "\"\tand.\t",
     "__queued_spin_trylock_steal"},
    {"s390", "queued", "arch/s390/lib/spinlock.c", "%\\[owner\\],%\\[lock\\]", "%[lock],%[owner]",
     "arch_load_niai4"},
    {"s390", "classic", "arch/s390/include/asm/spinlock.h", "mvhhi\t%\\[lock\\],0",
     "mvhhi\t%[lock],1", "arch_spin_unlock"},
};

class ChangedAssembly : public testing::TestWithParam<Body> {};

TEST_P(ChangedAssembly, IsRefusedByFileAndFunctionWithWhatToDo) {
    SKIP_WITHOUT_KERNEL_TREE();
    const TemporaryCache cache;
    const TemporaryFolder tree;
    copy_port_files(*real_kernel_tree(), tree.path());
    const Body& body = GetParam();
    BuildOptions options;
    options.tree = tree.path();
    options.arch = body.arch;
    options.config = body.config;
    EXPECT_FALSE(build_kernel_port(options).reused);
    const auto file = tree.path() / body.file;
    const std::string before = read_text(file);
    const std::string after = std::regex_replace(before, std::regex(body.from), body.to,
                                                 std::regex_constants::format_first_only);
    ASSERT_NE(before, after) << body.from;
    write_text(file, after);
    try {
        build_kernel_port(options);
        FAIL() << "it was built";
    } catch (const PortError& error) {
        EXPECT_NE(error.message.find(body.file), std::string::npos) << error.message;
        EXPECT_NE(error.message.find(std::string(body.function) + "()"), std::string::npos)
            << error.message;
        EXPECT_NE(error.suggestion.find("lock/linux/include/kshim/"), std::string::npos);
        EXPECT_NE(error.suggestion.find("lock/linux/inline_assembly.cpp"), std::string::npos);
    }
}

TEST_P(ChangedAssembly, OfAFunctionThatHadNoneIsRefusedToo) {
    SKIP_WITHOUT_KERNEL_TREE();
    const TemporaryCache cache;
    const TemporaryFolder tree;
    copy_port_files(*real_kernel_tree(), tree.path());
    const auto file = tree.path() / GetParam().file;
    write_text(file, read_text(file) + "\nstatic void more(void)\n{\n\tasm volatile(\"x\");\n}\n");
    const Flavour& flavour = *flavour_by_config(GetParam().arch, GetParam().config);
    EXPECT_THROW(check_inline_assembly(flavour, GetParam().file, read_text(file)), PortError);
}

INSTANTIATE_TEST_SUITE_P(Some, ChangedAssembly, testing::ValuesIn(kBodies),
                         [](const auto& body) { return std::string(body.param.function); });

}  // namespace
}  // namespace lockstep
