// Writing and reading repro files.
#include "scenarios/repro.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <string_view>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "sim/check.h"
#include "sim/token.h"

namespace lockstep {

namespace {

constexpr std::string_view kMagic = "lockstep-repro ";
constexpr char kEmpty[] = "-";  // no line ends in a blank: mail programs take those away
constexpr std::size_t kPickColumns = 90;
constexpr std::size_t kTextMax = std::size_t{64} << 20;

std::string hex(std::uint64_t value) {
    char text[17];
    std::snprintf(text, sizeof(text), "%016llx", static_cast<unsigned long long>(value));
    return text;
}

std::uint64_t checksum(std::string_view text) {
    return XXH3_64bits(text.data(), text.size());
}

// Field values are one line each.
std::string one_line(const std::string& text) {
    std::string line = text;
    for (char& c : line)
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
    return line;
}

void add_field(std::string& text, const char* name, const std::string& value) {
    text += std::string(name) + ": " + (value.empty() ? kEmpty : one_line(value)) + "\n";
}

void add_block(std::string& text, const char* name, const std::vector<std::string>& lines) {
    add_field(text, name, std::to_string(lines.size()));
    for (const std::string& line : lines) text += (line.empty() ? "|" : "| " + line) + "\n";
}

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    std::size_t at = 0;
    for (;;) {
        const std::size_t end = text.find('\n', at);
        if (end == std::string::npos) break;
        lines.push_back(text.substr(at, end - at));
        at = end + 1;
    }
    // What follows the last newline; empty for a file that ends as files do.
    lines.push_back(text.substr(at));
    return lines;
}

// Breaks the picks after a dot, so that mail programs leave the lines alone.
std::vector<std::string> pick_lines(const std::string& picks) {
    std::vector<std::string> lines(1);
    std::size_t at = 0;
    while (at < picks.size()) {
        const std::size_t dot = picks.find('.', at);
        const std::size_t end = dot == std::string::npos ? picks.size() : dot + 1;
        if (lines.back().size() + (end - at) > kPickColumns && !lines.back().empty())
            lines.emplace_back();
        lines.back().append(picks, at, end - at);
        at = end;
    }
    return lines;
}

// Walks over the lines of a repro file; the first thing that does not fit is the problem.
class ReproReader {
  public:
    explicit ReproReader(const std::string& text) : text_(text) {}

    std::variant<Repro, ReproProblem> read();

  private:
    bool failed() const { return problem_.has_value(); }
    void fail(std::uint32_t line, std::string message) {
        if (!problem_) problem_ = {line, std::move(message)};
    }
    // The next line without its newline. Fails at the end of the text.
    std::string_view line();
    std::string field(const char* name);
    std::uint64_t number(const char* name, int base);
    std::vector<std::string> block(const char* name);
    bool check_frame();
    void read_header(Repro& repro);
    void read_picks(Repro& repro);

    const std::string& text_;
    std::size_t at_ = 0;
    std::size_t end_ = 0;  // of the part the checksum covers
    std::uint32_t line_ = 0;
    std::optional<ReproProblem> problem_;
};

std::string_view ReproReader::line() {
    if (failed()) return {};
    ++line_;
    const std::size_t newline = at_ < end_ ? text_.find('\n', at_) : std::string::npos;
    if (newline == std::string::npos || newline >= end_) {
        fail(line_, "the file ends here, in the middle of its content");
        return {};
    }
    const std::string_view found(text_.data() + at_, newline - at_);
    at_ = newline + 1;
    return found;
}

std::string ReproReader::field(const char* name) {
    std::string_view found = line();
    const std::string wanted = std::string(name) + ": ";
    if (failed()) return {};
    if (found.substr(0, wanted.size()) != wanted) {
        fail(line_, "expected `" + std::string(name) + ": ...`");
        return {};
    }
    found.remove_prefix(wanted.size());
    return found == kEmpty ? std::string() : std::string(found);
}

std::uint64_t ReproReader::number(const char* name, int base) {
    const std::string text = field(name);
    std::uint64_t value = 0;
    const char* const end = text.data() + text.size();
    const auto [stopped, error] = std::from_chars(text.data(), end, value, base);
    if (!failed() && (text.empty() || error != std::errc() || stopped != end))
        fail(line_, std::string(name) + " must be a number, not `" + text + "`");
    return value;
}

std::vector<std::string> ReproReader::block(const char* name) {
    const std::uint64_t count = number(name, 10);
    std::vector<std::string> lines;
    for (std::uint64_t i = 0; i < count && !failed(); ++i) {
        const std::string_view found = line();
        if (failed()) break;
        if (found == "|")
            lines.emplace_back();
        else if (found.substr(0, 2) == "| ")
            lines.emplace_back(found.substr(2));
        else
            fail(line_, "expected a line that begins with `| `");
    }
    return lines;
}

// Before anything else is believed: first line, last line, checksum.
bool ReproReader::check_frame() {
    if (text_.size() > kTextMax) {
        fail(0, "the file is larger than any repro file");
        return false;
    }
    if (text_.compare(0, kMagic.size(), kMagic) != 0) {
        fail(1, "this is not a repro file: it must begin with `lockstep-repro`");
        return false;
    }
    const std::string version = text_.substr(kMagic.size(), text_.find('\n') - kMagic.size());
    if (version.ends_with('\r')) {
        fail(1,
             "the lines end in CR LF: something on its way changed the file, which must be as it "
             "was");
        return false;
    }
    if (version != std::to_string(kReproFormat)) {
        fail(1, "repro format `" + version + "` is unknown; this program reads format " +
                    std::to_string(kReproFormat));
        return false;
    }
    const std::size_t last = text_.rfind("\nchecksum: ");
    const auto count_lines = [this](std::size_t until) {
        std::uint32_t count = 1;
        for (std::size_t i = 0; i < until; ++i) count += text_[i] == '\n' ? 1 : 0;
        return count;
    };
    if (last == std::string::npos || text_.back() != '\n') {
        fail(count_lines(text_.size()), "the file is cut off: its last line must be the checksum");
        return false;
    }
    end_ = last + 1;
    const std::string sum = text_.substr(end_ + 10, text_.size() - end_ - 11);
    if (sum != hex(checksum(std::string_view(text_.data(), end_)))) {
        fail(count_lines(end_),
             "the checksum does not fit: the file was changed or damaged on its way");
        return false;
    }
    return true;
}

void ReproReader::read_header(Repro& repro) {
    line();  // the magic, already looked at
    repro.tool = field("tool");
    const std::uint64_t engine = number("engine", 10);
    if (!failed() && engine != kEngineVersion)
        fail(line_, "made by engine " + std::to_string(engine) + "; this is engine " +
                        std::to_string(kEngineVersion) + ", which may take other steps");
    repro.engine = static_cast<unsigned>(engine);
    repro.port = field("port");
    repro.port_source = field("port-source");
    repro.memory = field("memory");
    repro.clock = field("clock");
    repro.scenario_name = field("scenario");
    repro.scenario_hash = field("scenario-hash");
    repro.kind = field("failure");
    repro.oracle = field("oracle");
    repro.word = field("word");
    repro.text = field("text");
    repro.scheduler = field("scheduler");
    repro.seed = number("seed", 10);
    repro.steps = number("steps", 10);
    repro.step_hash = number("step-hash", 16);
}

void ReproReader::read_picks(Repro& repro) {
    const std::vector<std::string> lines = block("picks");
    if (failed()) return;
    const std::uint32_t first = line_ - static_cast<std::uint32_t>(lines.size()) + 1;
    std::string joined = "v1:" + repro.scenario_name + ":" + repro.scenario_hash + ":";
    for (const std::string& part : lines) joined += part;
    const std::variant<Token, TokenProblem> token = read_token(joined);
    if (const auto* const problem = std::get_if<TokenProblem>(&token))
        fail(first, "the picks cannot be read: " + problem->message);
    else
        repro.picks = std::get<Token>(token).picks;
}

std::variant<Repro, ReproProblem> ReproReader::read() {
    Repro repro;
    if (!check_frame()) return *problem_;
    read_header(repro);
    read_picks(repro);
    const std::vector<std::string> lines = block("scenario-text");
    for (std::size_t i = 0; i < lines.size(); ++i)
        repro.scenario_text += (i == 0 ? "" : "\n") + lines[i];
    if (!failed() && at_ != end_) fail(line_ + 1, "unexpected text before the checksum");
    if (failed()) return *problem_;
    return repro;
}

}  // namespace

const char* failure_kind_name(Failure::Kind kind) {
    constexpr const char* kNames[] = {"finding",        "expectation", "never_seen",
                                      "never_fired",    "never_found", "script_stuck",
                                      "nondeterminism", "crashed"};
    return kNames[static_cast<unsigned>(kind)];
}

Repro make_repro(const Scenario& scenario, const Port& port, const Failure& failure,
                 const std::string& tool) {
    Repro repro;
    repro.tool = tool;
    repro.port = port.name;
    repro.port_source = port.source_hash;
    repro.memory = scenario.machine.memory;
    repro.clock = clock_name(scenario.machine.clock);
    repro.scenario_name = scenario.name;
    repro.scenario_hash = scenario.hash;
    repro.kind = failure_kind_name(failure.kind);
    repro.oracle = failure.oracle;
    repro.word = failure.word;
    repro.text = failure.text;
    repro.scheduler = failure.scheduler;
    repro.seed = failure.seed;
    repro.steps = failure.result.steps;
    repro.step_hash = failure.result.step_hash;
    repro.picks = failure.picks;
    repro.scenario_text = scenario.text;
    return repro;
}

std::string write_repro(const Repro& repro) {
    std::string text = std::string(kMagic) + std::to_string(kReproFormat) + "\n";
    add_field(text, "tool", repro.tool);
    add_field(text, "engine", std::to_string(repro.engine));
    add_field(text, "port", repro.port);
    add_field(text, "port-source", repro.port_source);
    add_field(text, "memory", repro.memory);
    add_field(text, "clock", repro.clock);
    add_field(text, "scenario", repro.scenario_name);
    add_field(text, "scenario-hash", repro.scenario_hash);
    add_field(text, "failure", repro.kind);
    add_field(text, "oracle", repro.oracle);
    add_field(text, "word", repro.word);
    add_field(text, "text", repro.text);
    add_field(text, "scheduler", repro.scheduler);
    add_field(text, "seed", std::to_string(repro.seed));
    add_field(text, "steps", std::to_string(repro.steps));
    add_field(text, "step-hash", hex(repro.step_hash));
    add_block(text, "picks", pick_lines(write_picks(repro.picks)));
    add_block(text, "scenario-text", lines_of(repro.scenario_text));
    text += "checksum: " + hex(checksum(text)) + "\n";
    return text;
}

std::variant<Repro, ReproProblem> read_repro(const std::string& text) {
    return ReproReader(text).read();
}

std::string refuses_port(const Repro& repro, const Port& port) {
    if (port.name != repro.port)
        return "it was made on port " + repro.port + ", not on " + port.name;
    if (port.source_hash != repro.port_source)
        return "port " + port.name + " has changed: the repro was made with source " +
               repro.port_source + ", this is " + port.source_hash;
    return {};
}

std::variant<Scenario, ReproProblem> scenario_of(const Repro& repro) {
    ReadResult result = read_scenario(repro.scenario_name + ".yaml", repro.scenario_text);
    if (!result.problems.empty())
        return ReproProblem{0, "the scenario inside cannot be read: " +
                                   describe_problem(repro.scenario_name, result.problems.front())};
    SIM_CHECK(result.scenario.has_value());
    if (result.scenario->hash != repro.scenario_hash)
        return ReproProblem{0, "the scenario inside has hash " + result.scenario->hash +
                                   ", the repro is about " + repro.scenario_hash};
    return std::move(*result.scenario);
}

std::optional<std::string> save_repro(const Repro& repro, const std::string& path) {
    const std::string text = write_repro(repro);
    const std::string temporary = path + ".tmp" + std::to_string(getpid());
    const auto fail = [&](const char* what) {
        const std::string reason = std::strerror(errno);
        unlink(temporary.c_str());
        return std::optional<std::string>(std::string(what) + " " + path + ": " + reason);
    };
    const int file = open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (file < 0) return fail("cannot create");
    std::size_t written = 0;
    while (written < text.size()) {
        const ssize_t now = write(file, text.data() + written, text.size() - written);
        if (now < 0 && errno == EINTR) continue;
        if (now <= 0) {
            close(file);
            return fail("cannot write");
        }
        written += static_cast<std::size_t>(now);
    }
    const bool synced = fsync(file) == 0;
    if (close(file) != 0 || !synced) return fail("cannot write");
    if (rename(temporary.c_str(), path.c_str()) != 0) return fail("cannot rename to");
    return std::nullopt;
}

}  // namespace lockstep
