// Saving repro files and wording the replay line.
#include "tools/repro_store.h"

#include <cctype>
#include <cstdlib>
#include <filesystem>
#include <optional>

#include "scenarios/repro.h"
#include "sim/token.h"
#include "tools/library.h"

namespace lockstep {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kTokenLengthMax = 200;  // longer ones are no pleasure to copy

std::string file_name(const Scenario& scenario, const Port& port, const Failure& failure) {
    // The same failure found again goes to the same file.
    std::string key = port.name + failure.text + write_picks(failure.picks);
    std::uint64_t hash = 0xcbf29ce484222325ULL;
    for (char c : key) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
    static constexpr char kDigits[] = "0123456789abcdef";
    std::string text;
    for (unsigned shift = 0; shift < 32; shift += 4) text += kDigits[(hash >> shift) & 15];
    return scenario.name + "-" + text + ".repro";
}

}  // namespace

std::string repro_folder() {
    const char* state = std::getenv("XDG_STATE_HOME");
    if (state != nullptr && *state == '/') return std::string(state) + "/lockstep/repro";
    const char* home = std::getenv("HOME");
    if (home == nullptr || *home != '/') return "";
    return std::string(home) + "/.local/state/lockstep/repro";
}

std::string shell_word(const std::string& text) {
    bool plain = !text.empty();
    for (char c : text)
        plain = plain && (std::isalnum(static_cast<unsigned char>(c)) != 0 ||
                          std::string("/._-+:,@%").find(c) != std::string::npos);
    if (plain) return text;
    std::string word = "'";
    for (char c : text) word += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return word + "'";
}

ReplayHint store_failure(const Scenario& scenario, const Port& port, const Failure& failure) {
    ReplayHint hint;
    if (failure.picks.empty() && failure.result.steps == 0) return hint;
    Repro repro = make_repro(scenario, port, failure, "lockstep " LOCKSTEP_VERSION);
    std::string name = file_name(scenario, port, failure);
    std::error_code error;
    for (const std::string& folder : {repro_folder(), fs::current_path(error).string()}) {
        if (folder.empty()) continue;
        fs::create_directories(folder, error);
        std::optional<std::string> problem = save_repro(repro, folder + "/" + name);
        if (!problem) {
            hint.file = folder + "/" + name;
            break;
        }
        if (hint.problem.empty()) hint.problem = *problem;
    }
    std::string token = write_token({scenario.name, scenario.hash, failure.picks});
    // What an option changed in the scenario is only in the repro file.
    std::string problem;
    const bool as_in_file = read_text_file(scenario.path, problem) == scenario.text;
    const bool short_token = token.size() <= kTokenLengthMax && as_in_file;
    if (!short_token && !hint.file.empty()) {
        hint.command = "lockstep replay " + shell_word(hint.file);
    } else {
        hint.command = "lockstep replay '" + token + "' --scenario " +
                       shell_word(fs::absolute(scenario.path, error).lexically_normal().string()) +
                       " --port " + shell_word(port.name);
        for (const std::string& oracle : scenario.oracles) hint.command += " --oracle " + oracle;
    }
    return hint;
}

}  // namespace lockstep
