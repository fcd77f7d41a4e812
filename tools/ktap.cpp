// Writing KTAP (Documentation/dev-tools/ktap.rst).
#include "tools/ktap.h"

#include "sim/check.h"

namespace lockstep {

void KtapWriter::begin() {
    output_.line("KTAP version 1");
}

void KtapWriter::plan(std::size_t tests) {
    output_.line(indent() + "1.." + std::to_string(tests));
}

void KtapWriter::comment(const std::string& text, Colour colour) {
    std::string line = text.empty() ? "#" : "# " + text;
    output_.line(indent() + output_.paint(colour, line));
}

void KtapWriter::begin_subtest(const std::string& name) {
    levels_.emplace_back();
    output_.line(indent() + "KTAP version 1");
    output_.line(indent() + "# Subtest: " + name);
}

void KtapWriter::end_subtest(const std::string& name) {
    SIM_CHECK(levels_.size() > 1);
    Level level = levels_.back();
    levels_.pop_back();
    TestResult result = level.failed                             ? TestResult::failed
                        : level.all_skipped && level.number != 0 ? TestResult::skipped
                                                                 : TestResult::passed;
    number_result(result, name, result == TestResult::skipped ? "all skipped" : "");
}

void KtapWriter::result(TestResult result, const std::string& name, const std::string& note) {
    if (result == TestResult::passed) ++passed_;
    if (result == TestResult::failed) ++failed_;
    if (result == TestResult::skipped) ++skipped_;
    number_result(result, name, note);
}

void KtapWriter::number_result(TestResult result, const std::string& name,
                               const std::string& note) {
    Level& level = levels_.back();
    ++level.number;
    level.failed = level.failed || result == TestResult::failed;
    level.all_skipped = level.all_skipped && result == TestResult::skipped;
    bool failed = result == TestResult::failed;
    std::string word =
        output_.paint(failed ? Colour::red : Colour::green, failed ? "not ok" : "ok");
    std::string line = indent() + word + " " + std::to_string(level.number) + " " + name;
    if (result == TestResult::skipped)
        line += " # SKIP " + note;
    else if (!note.empty())
        line += " # " + note;
    output_.line(line);
}

}  // namespace lockstep
