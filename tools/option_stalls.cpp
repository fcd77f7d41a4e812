// --stalls rewrites the text, so that whoever replays what was found gets the same options:
//
//   machine: { cpus: 2, time_max: 2s }   ->   machine: { cpus: 2, time_max: 2s, clock: stalls,
//                                                        leaps: 3 }   (on one line)
//
// What came of it is read again and compared with what was wanted.
#include "tools/option_stalls.h"

#include <algorithm>
#include <regex>
#include <vector>

#include "scenarios/text_lines.h"
#include "tools/commands.h"

namespace lockstep {

namespace {

constexpr const char* kKey = "machine:";

bool is_time_entry(const std::string& entry) {
    static const std::regex kEntry("\\s*(clock|leaps)\\s*:[^]*");
    return std::regex_match(entry, kEntry);
}

// `machine: { ... }`, from its key to its closing brace.
std::string rewritten_braces(const std::string& piece, const std::string& clock) {
    const std::size_t open = piece.find('{'), close = piece.rfind('}');
    std::string kept;
    int depth = 0;
    std::string entry;
    const auto end_entry = [&] {
        const bool blank = entry.find_first_not_of(" \n") == std::string::npos;
        if (!blank && !is_time_entry(entry)) kept += entry + ",";
        entry.clear();
    };
    for (std::size_t i = open + 1; i < close; ++i) {
        depth += piece[i] == '[' || piece[i] == '{' ? 1 : 0;
        depth -= piece[i] == ']' || piece[i] == '}' ? 1 : 0;
        if (piece[i] == ',' && depth == 0)
            end_entry();
        else
            entry += piece[i];
    }
    end_entry();
    if (kept.empty()) kept = " ";
    while (kept.size() > 1 && kept[kept.size() - 2] == ' ') kept.erase(kept.size() - 2, 1);
    return piece.substr(0, open + 1) + kept + " clock: stalls, leaps: " + clock + " }" +
           piece.substr(close + 1);
}

std::string rewritten(const std::string& text, const std::string& leaps) {
    const std::vector<std::string> lines = split_lines(text);
    const auto machine = std::find_if(
        lines.begin(), lines.end(), [](const std::string& line) { return line.starts_with(kKey); });
    const auto end = std::find_if(
        machine == lines.end() ? machine : machine + 1, lines.end(),
        [](const std::string& line) { return !line.empty() && line[0] != ' ' && line[0] != '#'; });
    std::string before, piece, after;
    for (auto line = lines.begin(); line != lines.end(); ++line)
        (line < machine ? before : line < end ? piece : after) += *line + "\n";
    if (piece.empty()) return before + "machine: { clock: stalls, leaps: " + leaps + " }\n" + after;
    if (piece.find('{') != std::string::npos)
        return before + rewritten_braces(piece, leaps) + after;
    std::string block;
    for (auto line = machine + 1; line != end; ++line)
        if (!is_time_entry(*line)) block += *line + "\n";
    const std::size_t indent = std::min(block.find_first_not_of(' '), block.size());
    const std::string at(indent == 0 ? 2 : indent, ' ');
    return before + kKey + "\n" + at + "clock: stalls\n" + at + "leaps: " + leaps + "\n" + block +
           after;
}

}  // namespace

void use_stalls(Scenario& scenario, const std::string& wanted) {
    if (wanted.empty()) return;
    if (scenario.machine.clock == ClockMode::timed)
        throw UsageError("--stalls: " + scenario.name +
                         " has clock timed, where time goes on with every step");
    const bool digits = wanted.find_first_not_of("0123456789") == std::string::npos;
    const bool number = digits && wanted.size() <= 4 && std::stoul(wanted) <= 1000;
    if (!number && wanted != "unbounded")
        throw UsageError("--stalls: expected a number up to 1000 or `unbounded`, found `" + wanted +
                         "`");
    const ReadResult read = read_scenario(scenario.path, rewritten(scenario.text, wanted));
    const unsigned leaps = number ? static_cast<unsigned>(std::stoul(wanted)) : kLeapsUnbounded;
    const bool understood = read.scenario && read.scenario->machine.clock == ClockMode::stalls &&
                            read.scenario->machine.leaps_max == leaps &&
                            read.scenario->machine.cpus == scenario.machine.cpus;
    if (!understood)
        throw UsageError("--stalls: " + scenario.path +
                         ": cannot change its `machine:`; write `clock: stalls` and `leaps: " +
                         wanted + "` there");
    scenario = *read.scenario;
}

}  // namespace lockstep
