// Writes KTAP version 1 (Documentation/dev-tools/ktap.rst in a kernel tree describes it).
#include "tools/ktap.h"

namespace lockstep {

Ktap::Ktap(Output& output, std::size_t groups) : output_(output) {
    output_.line("1.." + std::to_string(groups));
}

void Ktap::begin_group(const std::string& name, std::size_t tests) {
    group_ = name;
    ++group_number_;
    test_number_ = 0;
    output_.line("    KTAP version 1");
    output_.line("    # Subtest: " + name);
    output_.line("    1.." + std::to_string(tests));
}

void Ktap::end_group(bool ok, bool skipped) {
    const std::string number = std::to_string(group_number_) + " " + group_;
    if (skipped)
        output_.line("ok " + number + " # SKIP");
    else
        output_.line(
            (ok ? output_.paint(Colour::green, "ok") : output_.paint(Colour::red, "not ok")) + " " +
            number);
}

void Ktap::test(Result result, const std::string& name, const std::string& comment) {
    const std::string number = std::to_string(++test_number_) + " " + name;
    std::string line = "    ";
    if (result == Result::not_ok)
        line += output_.paint(Colour::red, "not ok") + " " + number;
    else
        line += output_.paint(Colour::green, "ok") + " " + number;
    if (result == Result::skip)
        line += " # SKIP " + comment;
    else if (!comment.empty())
        line += output_.paint(Colour::dim, " # " + comment);
    output_.line(line);
}

void Ktap::note(const std::string& text) {
    output_.line("    #   " + text);
}

}  // namespace lockstep
