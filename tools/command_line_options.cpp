// Options that several commands share.
#include "tools/command_line_options.h"

#include <charconv>
#include <cmath>
#include <cstdio>
#include <optional>

namespace lockstep {

namespace {

std::optional<std::uint64_t> whole_number_in(const std::string& text) {
    std::uint64_t number = 0;
    const char* const end = text.data() + text.size();
    const auto [stopped, error] = std::from_chars(text.data(), end, number);
    if (error != std::errc() || stopped != end) return std::nullopt;
    return number;
}

std::optional<double> amount_in(const std::string& text) {
    double number = 0;
    const char* const end = text.data() + text.size();
    const auto [stopped, error] = std::from_chars(text.data(), end, number);
    if (error != std::errc() || stopped != end || !std::isfinite(number)) return std::nullopt;
    return number;
}

std::string short_text(double number) {
    char text[32];
    std::snprintf(text, sizeof text, "%.12g", number);
    return text;
}

std::string expected(const std::string& what, const std::string& found) {
    return "expected " + what + ", found `" + found + "`";
}

}  // namespace

CLI::Validator whole_number(std::uint64_t from, std::uint64_t to) {
    const auto check = [from, to](std::string& text) -> std::string {
        const std::optional<std::uint64_t> number = whole_number_in(text);
        if (!number || *number < from || *number > to)
            return expected(
                "a whole number from " + std::to_string(from) + " to " + std::to_string(to), text);
        text = std::to_string(*number);  // without zeros before it, which mean octal to CLI11
        return "";
    };
    return {check, std::to_string(from) + ".." + std::to_string(to)};
}

CLI::Validator amount(double from, double to, const std::string& unit) {
    const std::string low = short_text(from), high = short_text(to);
    const auto check = [=](std::string& text) -> std::string {
        const std::optional<double> number = amount_in(text);
        if (number && *number >= from && *number <= to) return "";
        return expected("a number of " + unit + " from " + low + " to " + high, text);
    };
    return {check, low + ".." + high};
}

CLI::Validator bound_up_to(std::uint64_t to) {
    const auto check = [to](std::string& text) -> std::string {
        const std::optional<std::uint64_t> number = whole_number_in(text);
        if (text == "unbounded" || (number && *number <= to)) return "";
        return expected("a number up to " + std::to_string(to) + " or `unbounded`", text);
    };
    return {check, "0.." + std::to_string(to) + "|unbounded"};
}

void refuse_empty_values(const CLI::App& app) {
    for (const CLI::Option* option : app.get_options()) {
        if (option->get_lnames().empty() || option->get_items_expected_max() == 0) continue;
        for (const std::string& value : option->results())
            if (value.empty())
                throw UsageError(option->get_name() +
                                 ": expected a value, found ``; leave the option out, or say what "
                                 "it is for: " +
                                 option->get_description());
    }
    for (const CLI::App* command : app.get_subcommands()) refuse_empty_values(*command);
}

void add_run_options(CLI::App& command, ChosenRun& chosen) {
    command.add_option("what", chosen.what, "A token, a repro file (*.repro) or a scenario")
        ->required();
    command.add_option("--scenario", chosen.scenario,
                       "Where the token's scenario is (default: by name in the library)");
    command.add_option("--port,-p", chosen.port, "Lock under test");
    add_oracle_option(command, chosen.oracles);
    command.add_option("--seed", chosen.seed, "Which random schedule of a scenario")
        ->transform(whole_number(0, kSeedMax));
    command.add_option("--scheduler", chosen.scheduler, "Scheduler for a scenario");
}

void add_width_option(CLI::App& command, unsigned& width) {
    command.add_option("--width", width, "Columns of the output (default: the terminal's)")
        ->transform(whole_number(60, 400));
}

void add_oracle_option(CLI::App& command, std::vector<std::string>& names) {
    command
        .add_option("--oracle", names,
                    "data-race: judge by this optional oracle too (slower); fairness: tell how "
                    "long each CPU waited and how often it was served")
        ->allow_extra_args(false);
}

void add_ci_options(CLI::App& command, CiArguments& arguments) {
    command.add_option("--sarif", arguments.sarif, "Also write findings as SARIF 2.1.0")
        ->type_name("FILE");
    command.add_option("--junit", arguments.junit, "Also write verdicts as JUnit XML")
        ->type_name("FILE");
    command.add_flag("--github", arguments.github, "Also print findings as GitHub annotations");
}

void add_figure_options(CLI::App& command, FigureTables& tables) {
    command.add_flag("--lock-stat", tables.lock_stat, "The columns of /proc/lock_stat");
    command.add_flag("--lock-events", tables.lock_events, "The kernel's lock event counters");
    command.add_flag("--latency", tables.latency,
                     "Histograms of how long acquiring took, per context");
}

}  // namespace lockstep
