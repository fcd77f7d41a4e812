// Bodies: every operation becomes its statement; labels, conditions and loops find their places.
#include <gtest/gtest.h>

#include "scenarios/body_operations.h"
#include "scenarios/scenario.h"

namespace lockstep {
namespace {

// A file whose only program has this body; `locks` is the kind of A and B.
ReadResult read_body(const std::string& body, const std::string& locks = "rqspinlock") {
    std::string indented;
    for (std::size_t begin = 0; begin < body.size();) {
        const std::size_t end = std::min(body.find('\n', begin), body.size());
        indented += "    " + body.substr(begin, end - begin) + "\n";
        begin = end + 1;
    }
    return read_scenario("<text>",
                         "scenario: 1\nname: bodies\nlocks: { A: " + locks + ", B: " + locks +
                             " }\nvariables: { x: 0, y: 0 }\nprograms:\n  worker: |\n" + indented +
                             "cpus:\n  0: { task: worker }\nexpect:\n  always:\n"
                             "    - A.word == 0\n");
}
constexpr std::uint32_t kFirstLine = 7;

Program compile_body(const std::string& body, const std::string& locks = "rqspinlock") {
    ReadResult result = read_body(body, locks);
    for (const Problem& problem : result.problems) ADD_FAILURE() << describe_problem(body, problem);
    return result.scenario ? result.scenario->programs[0] : Program{};
}

TEST(body, of_every_operation_as_its_form_says_becomes_its_statement) {
    for (const BodyOperation& operation : body_operations()) {
        const bool plain = operation.locks == BodyOperation::Locks::plain;
        std::string body;
        for (const ArgumentKind kind : operation.arguments) {
            if (kind == ArgumentKind::flags_in) body = "local_irq_save(flags);\n";
            if (kind == ArgumentKind::parties) body = "cpu_relax();\n";
        }
        std::string form(operation.form);
        if (operation.code == Statement::Code::barrier) form = "barrier(1);";
        const Program program = compile_body(body + form, plain ? "ticket" : "rqspinlock");
        ASSERT_FALSE(program.statements.empty()) << operation.name;
        EXPECT_EQ(program.statements.back().code, operation.code) << operation.name;
        EXPECT_EQ(program.statements.back().text, form);
    }
}

TEST(body, keeps_arguments) {
    const Program program = compile_body(
        "r0 = res_spin_lock(B);\nr1 = res_spin_lock_irqsave(A, flags);\n"
        "res_spin_unlock_irqrestore(A, flags);\nudelay(30);\nr2 = READ_ONCE(y);\n"
        "WRITE_ONCE(y, r2 + 1);\nr0 = -EDEADLK;\nwait_until(A.pending && x == 1);");
    const std::vector<Statement>& statements = program.statements;
    ASSERT_EQ(statements.size(), 8U);
    EXPECT_EQ(statements[0].lock, 1U);
    EXPECT_EQ(program.registers[static_cast<std::size_t>(statements[0].result)], "r0");
    EXPECT_EQ(program.registers[statements[1].flags_slot], "flags");
    EXPECT_EQ(statements[2].flags_slot, statements[1].flags_slot);
    EXPECT_EQ(statements[3].count, 30U);
    EXPECT_EQ(statements[4].variable, 1U);
    EXPECT_EQ(statements[5].argument->text, "r2 + 1");
    EXPECT_EQ(statements[6].argument->operations[0].value, -35);
    EXPECT_EQ(statements[6].argument->operations.size(), 1U);
    EXPECT_EQ(statements[7].argument->text, "A.pending && x == 1");
}

TEST(body, keeps_the_line_and_the_text_of_every_statement) {
    const Program program = compile_body(
        "cpu_relax();   // spin\n\n// nothing\nout:\n  if (1)\n"
        "  mdelay( 20 );");
    ASSERT_EQ(program.statements.size(), 2U);
    EXPECT_EQ(program.statements[0].line, kFirstLine);
    EXPECT_EQ(program.statements[0].text, "cpu_relax();");
    EXPECT_EQ(program.statements[1].line, kFirstLine + 3);
    EXPECT_EQ(program.statements[1].text, "out: if (1) mdelay( 20 );");
}

TEST(body, has_labels_in_the_order_of_the_text) {
    const Program program = compile_body("one: cpu_relax();\ncpu_relax();\ntwo: cpu_relax();");
    EXPECT_EQ(program.labels, (std::vector<std::string>{"one", "two"}));
    EXPECT_EQ(program.statements[0].label, 0);
    EXPECT_EQ(program.statements[1].label, -1);
    EXPECT_EQ(program.statements[2].label, 1);
}

TEST(body, has_conditions_over_its_own_registers) {
    const Program program = compile_body(
        "r0 = res_spin_trylock(A);\nif (r0 == 0) res_spin_unlock(A);\n"
        "if (!r0) r0 = r0 ? 1 : 2;");
    ASSERT_TRUE(program.statements[1].condition.has_value());
    EXPECT_EQ(program.statements[1].condition->text, "r0 == 0");
    EXPECT_EQ(program.statements[1].condition->operations[0].code, Operation::Code::body_register);
    EXPECT_TRUE(program.labels.empty()) << "the colon of ?: makes no label";
}

TEST(body, loops_know_where_they_begin_and_end) {
    const Program program = compile_body(
        "repeat (3) {\n  cpu_relax();\n  repeat (2) { smp_mb(); }\n}\n"
        "cpu_relax();");
    using Code = Statement::Code;
    const Code codes[] = {Code::loop_begin, Code::cpu_relax, Code::loop_begin, Code::smp_mb,
                          Code::loop_end,   Code::loop_end,  Code::cpu_relax};
    const std::int32_t targets[] = {6, -1, 5, -1, 2, 0, -1};
    const unsigned depths[] = {0, 1, 1, 2, 1, 0, 0};
    ASSERT_EQ(program.statements.size(), std::size(codes));
    for (std::size_t i = 0; i < std::size(codes); ++i) {
        EXPECT_EQ(program.statements[i].code, codes[i]) << i;
        EXPECT_EQ(program.statements[i].target, targets[i]) << i;
        EXPECT_EQ(program.statements[i].loop_depth, depths[i]) << i;
    }
    EXPECT_EQ(program.statements[0].count, 3U);
}

TEST(body, of_a_condition_in_braces_is_a_loop_of_one_round) {
    const Program program = compile_body(
        "r0 = res_spin_lock(A);\nif (!r0) {\n  mdelay(1);\n"
        "  res_spin_unlock(A);\n}");
    ASSERT_EQ(program.statements.size(), 5U);
    EXPECT_EQ(program.statements[1].code, Statement::Code::loop_begin);
    EXPECT_EQ(program.statements[1].count, 1U);
    EXPECT_EQ(program.statements[1].condition->text, "!r0");
    EXPECT_EQ(program.statements[1].target, 5);
}

TEST(body, on_one_line_of_the_file_is_taken_as_it_is) {
    const ReadResult result =
        read_scenario("<text>",
                      "scenario: 1\nname: one-line\nlocks: { A: tas }\n"
                      "programs: { worker: 'spin_lock(A); bang(A); spin_unlock(A);' }\n"
                      "cpus: { 0: { task: worker } }\nexpect: { always: [ A.word == 0 ] }\n");
    ASSERT_EQ(result.problems.size(), 1U);
    EXPECT_EQ(result.problems[0].line, 4U);
    EXPECT_EQ(result.problems[0].column, 36U);
}

TEST(body, columns_count_characters_and_not_bytes) {
    const ReadResult result = read_body("cpu_relax(); /* äö */");
    ASSERT_FALSE(result.problems.empty());
    EXPECT_EQ(result.problems[0].column, 5U + 13U);
    const ReadResult second = read_body("cpu_relax(); // äöü\nnothing();");
    ASSERT_EQ(second.problems.size(), 1U);
    EXPECT_EQ(second.problems[0].line, kFirstLine + 1);
    EXPECT_EQ(second.problems[0].column, 5U);
}

TEST(body, that_is_very_long_is_refused_in_time) {
    std::string body;
    for (int i = 0; i < 60'000; ++i) body += "cpu_relax();\n";
    const ReadResult result = read_body(body);
    ASSERT_FALSE(result.problems.empty());
    EXPECT_FALSE(result.scenario.has_value());
}

TEST(body, may_have_sixty_four_registers_and_no_more) {
    std::string body;
    for (int i = 0; i < 64; ++i) body += "r" + std::to_string(i) + " = 1;\n";
    EXPECT_EQ(compile_body(body).registers.size(), 64U);
    const ReadResult result = read_body(body + "r64 = 1;\n");
    ASSERT_FALSE(result.problems.empty());
    EXPECT_NE(result.problems[0].message.find("at most 64 registers"), std::string::npos);
}

}  // namespace
}  // namespace lockstep
