// Wording and drawing inflection points.
//
//   100% |              ######
//    75% |              ######
//    50% |         ##   ######
//    25% | # ##  ##########################
//        +------------------------
//         0 picks       ^        31
#include "tools/inflection_text.h"

#include <algorithm>

#include "tools/describe.h"
#include "tools/text_columns.h"

namespace lockstep {

namespace {

using Json = nlohmann::ordered_json;

constexpr unsigned kRows = 4;

std::string cpu_text(CpuId cpu) {
    return "CPU" + std::to_string(cpu);
}

std::string share_text(const Share& share) {
    return std::to_string(share.failed) + " of " + std::to_string(share.of);
}

std::string injection_text(const Recording& recording, std::size_t injection) {
    if (injection < recording.injections.size()) return recording.injections[injection];
    return "injection " + std::to_string(injection);
}

// The first thing the CPU does behind the pick, with its place in the source.
std::string deed_text(const Recording& recording, const Taken& taken) {
    for (const Event& event : recording.events) {
        if (event.step <= taken.step || event.cpu != taken.option.cpu) continue;
        const std::string source = source_text(recording, event);
        return event_text(recording, event) + (source.empty() ? "" : "  (" + source + ")");
    }
    return "";
}

std::string certainty_text(const Inflection& inflection) {
    const std::string number = std::to_string(inflection.continuations);
    if (!inflection.exact) return "every one of " + number + " tried";
    return inflection.continuations == 1 ? "there is only one" : "all " + number + " there are";
}

bool filled(const Share& share, unsigned row) {
    return share.of > 0 && std::uint64_t{share.failed} * kRows >= std::uint64_t{share.of} * row &&
           share.failed > 0;
}

std::vector<std::string> curve_lines(const Inflection& inflection) {
    std::vector<std::string> lines;
    if (inflection.curve.size() < 2) return lines;
    for (unsigned row = kRows; row >= 1; --row) {
        std::string line = pad_left(std::to_string(100 * row / kRows) + "%", 6) + " |";
        for (const CurvePoint& point : inflection.curve)
            line += filled(point.share, row) ? '#' : ' ';
        lines.push_back(trim_right(line));
    }
    lines.push_back("       +" + std::string(inflection.curve.size(), '-'));
    std::string axis = "        0";
    for (std::size_t i = 1; i < inflection.curve.size(); ++i)
        axis += inflection.curve[i].picks >= inflection.pick &&
                        inflection.curve[i - 1].picks < inflection.pick
                    ? '^'
                    : ' ';
    lines.push_back(axis + " " + std::to_string(inflection.curve.back().picks) + " of " +
                    counted(inflection.picks_total, "pick"));
    return lines;
}

}  // namespace

std::string choice_text(const Recording& recording, const Taken& taken) {
    const std::string cpu = cpu_text(taken.option.cpu);
    switch (taken.option.kind) {
        case Option::Kind::run:
            if (taken.before == taken.option.cpu) return cpu + " goes on, and no other moves";
            if (taken.before == Taken::kNobodyRan) return cpu + " is the next to run";
            return cpu + " runs, and " + cpu_text(taken.before) + " does not go on";
        case Option::Kind::preempt:
            return cpu + " switches to another task";
        case Option::Kind::inject:
            return injection_text(recording, taken.option.argument) + " strikes " + cpu;
        case Option::Kind::give_up:
            return "the bounded spin of " + cpu + " gives up";
        case Option::Kind::leap:
            return taken.option.argument == Option::kBeforeInjections
                       ? "time goes on although an interrupt could strike"
                       : "time leaps to the next deadline although somebody could run";
        case Option::Kind::family:
            return injection_text(recording, taken.option.cpu) + " is to strike at its point " +
                   std::to_string(taken.option.argument + 1);
    }
    return "?";
}

std::vector<std::string> inflection_lines(const Recording& recording, const Inflection& inflection,
                                          unsigned width) {
    std::vector<std::string> lines;
    const auto say = [&](const std::string& text) {
        for (const std::string& line : wrap(text, width)) lines.push_back(line);
    };
    if (!inflection.taken) {
        say("No pick made it inevitable: it fails on every schedule (" +
            certainty_text(inflection) + ").");
        return lines;
    }
    say("Inevitable since pick " + std::to_string(inflection.pick) + " of " +
        std::to_string(inflection.picks_total) + ", after step " +
        std::to_string(inflection.taken->step) + ": " + choice_text(recording, *inflection.taken) +
        ".");
    const std::string deed = deed_text(recording, *inflection.taken);
    if (!deed.empty()) say("  " + cpu_text(inflection.taken->option.cpu) + " then: " + deed);
    say("Before it " + share_text(inflection.before) +
        " random continuations fail so, behind it all of them (" + certainty_text(inflection) +
        ").");
    lines.push_back("");
    lines.push_back("Share of random continuations that fail so, by picks already made:");
    for (const std::string& line : curve_lines(inflection)) lines.push_back(line);
    return lines;
}

Json inflection_json(const Recording& recording, const Inflection& inflection) {
    const auto share = [](const Share& of) { return Json{{"failed", of.failed}, {"of", of.of}}; };
    Json json = {{"pick", inflection.pick}, {"picks_total", inflection.picks_total}};
    if (inflection.taken) {
        json["step"] = inflection.taken->step;
        json["cpu"] = inflection.taken->option.cpu;
        json["choice"] = choice_text(recording, *inflection.taken);
        json["before"] = share(inflection.before);
    }
    json["exact"] = inflection.exact;
    json["continuations"] = inflection.continuations;
    json["curve"] = Json::array();
    for (const CurvePoint& point : inflection.curve) {
        json["curve"].push_back(share(point.share));
        json["curve"].back()["picks"] = point.picks;
    }
    return json;
}

}  // namespace lockstep
