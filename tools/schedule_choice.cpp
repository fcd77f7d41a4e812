// Which schedules were typed.
#include "tools/schedule_choice.h"

#include <vector>

#include "sim/scheduler.h"
#include "tools/commands.h"
#include "tools/suggest.h"
#include "tools/text_columns.h"

namespace lockstep {

std::pair<std::uint64_t, std::uint64_t> parse_seeds(const std::string& text) {
    std::size_t dots = text.find("..");
    std::string first = text.substr(0, dots);
    std::string last = dots == std::string::npos ? first : text.substr(dots + 2);
    const auto digits = [](const std::string& word) {
        return !word.empty() && word.size() <= 18 &&
               word.find_first_not_of("0123456789") == std::string::npos;
    };
    if (!digits(first) || !digits(last))
        throw UsageError("--seeds: expected `a..b` or `a`, found `" + text + "`");
    std::pair<std::uint64_t, std::uint64_t> seeds = {std::stoull(first), std::stoull(last)};
    if (seeds.first > seeds.second)
        throw UsageError("--seeds: " + first + " is greater than " + last);
    return seeds;
}

void check_scheduler(const std::string& name) {
    if (name.empty()) return;
    std::vector<std::string> known;
    for (const SchedulerEntry& entry : scheduler_registry()) {
        // These two need more than a seed: a recorded run, or the scenario's own script.
        if (std::string(entry.name) == "replay" || std::string(entry.name) == "script") continue;
        known.push_back(entry.name);
        if (name == entry.name) return;
    }
    throw UsageError("no scheduler `" + name + "` to run with" + did_you_mean(name, known) +
                     "\nexpected " + joined(known));
}

}  // namespace lockstep
