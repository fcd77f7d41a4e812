// Wording estimates.
#include "tools/explore_estimate.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

#include "tools/text_columns.h"

namespace lockstep {

namespace {

using Json = nlohmann::ordered_json;

std::string digits_of(double value, int digits) {
    std::array<char, 64> text{};
    std::snprintf(text.data(), text.size(), "%.*f", digits, value);
    return text.data();
}

std::string power_of_ten(double log10_value) {
    if (log10_value < 6) return digits_of(std::round(std::pow(10.0, log10_value)), 0);
    return "10^" + digits_of(log10_value, 1);
}

std::string duration_text(double log10_seconds) {
    struct Unit {
        double seconds;
        const char* name;
    };
    constexpr Unit kUnits[] = {
        {31'557'600, "years"}, {86'400, "days"}, {3'600, "hours"}, {60, "minutes"}};
    if (log10_seconds > 12)
        return "10^" + digits_of(log10_seconds - std::log10(31'557'600), 1) + " years";
    const double seconds = std::pow(10.0, log10_seconds);
    for (const Unit& unit : kUnits)
        if (seconds >= 2 * unit.seconds)
            return digits_of(seconds / unit.seconds, 1) + " " + unit.name;
    return digits_of(seconds, seconds < 10 ? 3 : 1) + " seconds";
}

// "137", "1.3 million"
std::string rounded(double number) {
    if (number < 1e4) return digits_of(number, 0);
    if (number < 1e6) return digits_of(number / 1e3, 0) + " thousand";
    if (number < 1e9) return digits_of(number / 1e6, number < 1e7 ? 1 : 0) + " million";
    return power_of_ten(std::log10(number));
}

double seconds_of(const StateEstimate& estimate, double states) {
    const double rate = estimate.states_per_second();
    return rate > 0 ? states / rate : 0;
}

std::string duration_of(const StateEstimate& estimate, double states) {
    const double seconds = seconds_of(estimate, states);
    if (seconds < 120) return digits_of(seconds, 1) + " seconds";
    return duration_text(std::log10(seconds));
}

Json whole(double number) {
    if (number < 1e18) return static_cast<std::uint64_t>(number);
    return number;
}

}  // namespace

std::vector<std::string> estimate_lines(const SpaceEstimate& space, unsigned workers) {
    return {"about " + power_of_ten(space.log10_mean) + " executions, from " +
                counted(space.probes, "random probe") + " (standard error of the mean " +
                digits_of(100 * space.relative_error, 0) + " %; single probes: median " +
                power_of_ten(space.log10_median) + ", from " + power_of_ten(space.log10_min) +
                " to " + power_of_ten(space.log10_max) + ")",
            digits_of(space.steps_mean, 1) + " steps each, " +
                digits_of(space.steps_per_second / 1e6, 2) +
                " million steps per second and worker: " +
                duration_text(log10_seconds(space, workers)) + " to make every one of them on " +
                counted(workers, "worker"),
            "the mean hangs on few large probes: more likely too low than too high; a search that "
            "remembers states needs less"};
}

std::vector<std::string> estimate_lines(const StateEstimate& estimate, const std::string& bounds) {
    const std::string within = "bounds: " + bounds;
    const double at_least = static_cast<double>(estimate.at_least());
    if (estimate.complete())
        return {counted(estimate.at_least(), "state") + ": all of them have been visited, in " +
                    digits_of(estimate.rounds.front().seconds, 2) + " seconds",
                within};
    const std::vector<double> states = estimate.states();
    std::vector<std::string> lines = {"at least " + rounded(at_least) +
                                      " states: so many have been visited"};
    if (states.empty()) {
        lines.push_back("how many more cannot be said: their number does not grow, it jumps");
        lines.push_back("that many take at least " + duration_of(estimate, at_least) + " on " +
                        counted(estimate.workers, "worker"));
        lines.push_back(within);
        return lines;
    }
    const double middle = states[states.size() / 2];
    lines.push_back("perhaps " + rounded(middle) + " states; single rounds: from " +
                    rounded(states.front()) + " to " + rounded(states.back()) + " (" +
                    std::to_string(states.size()) + " of " +
                    counted(estimate.rounds.size(), "round") + ")");
    lines.push_back("perhaps " + duration_of(estimate, middle) + " (from " +
                    duration_of(estimate, states.front()) + " to " +
                    duration_of(estimate, states.back()) + ") on " +
                    counted(estimate.workers, "worker") + " at " +
                    rounded(estimate.states_per_second()) + " states per second");
    lines.push_back(within);
    lines.push_back(
        "by growth: what is behind the last choices of a random path was visited, and its number "
        "led on to boot");
    lines.push_back(
        "as a power of the choices left, which nobody promises; only the first line is certain");
    return lines;
}

Json estimate_json(const SpaceEstimate& space, unsigned workers) {
    return {{"probes", space.probes},
            {"log10_mean", space.log10_mean},
            {"log10_median", space.log10_median},
            {"log10_min", space.log10_min},
            {"log10_max", space.log10_max},
            {"relative_error", space.relative_error},
            {"steps_mean", space.steps_mean},
            {"steps_per_second", space.steps_per_second},
            {"workers", workers},
            {"log10_seconds", log10_seconds(space, workers)}};
}

Json estimate_json(const StateEstimate& estimate, const std::string& bounds) {
    const std::vector<double> states = estimate.states();
    Json json = {{"method", "growth along random paths"},
                 {"bounds", bounds},
                 {"complete", estimate.complete()},
                 {"states_at_least", estimate.at_least()}};
    if (!states.empty()) {
        const double middle = states[states.size() / 2];
        json["states"] = whole(middle);
        json["states_low"] = whole(states.front());
        json["states_high"] = whole(states.back());
        json["seconds"] = seconds_of(estimate, middle);
        json["seconds_low"] = seconds_of(estimate, states.front());
        json["seconds_high"] = seconds_of(estimate, states.back());
    }
    json["states_per_second"] = estimate.states_per_second();
    json["workers"] = estimate.workers;
    json["rounds"] = Json::array();
    for (const StateRound& round : estimate.rounds)
        json["rounds"].push_back({{"choices", round.choices},
                                  {"exhausted", round.exhausted},
                                  {"visited", round.visited},
                                  {"states", whole(round.states)}});
    return json;
}

}  // namespace lockstep
