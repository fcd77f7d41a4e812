// What each command does.
#include "tools/stepper.h"

#include <algorithm>

#include "scenarios/judge.h"
#include "scenarios/reader_walk.h"
#include "scenarios/repro.h"
#include "sim/check.h"
#include "sim/token.h"
#include "tools/describe.h"
#include "tools/failure_text.h"
#include "tools/finding_text.h"
#include "tools/output.h"
#include "tools/suggest.h"
#include "tools/text_columns.h"
#include "tools/timeline.h"

namespace lockstep {

namespace {

constexpr std::uint64_t kListedAround = 5;
constexpr std::uint64_t kStepNumberMax = ~std::uint64_t{0} >> 1;

Answer say(std::vector<std::string> lines) {
    Answer answer;
    answer.lines = std::move(lines);
    return answer;
}

// The number behind a command; `otherwise` without one, nothing if it is no number above 0.
std::optional<std::uint64_t> number_of(const std::vector<std::string>& words,
                                       std::uint64_t otherwise) {
    if (words.size() < 2) return otherwise;
    const auto number = parse_digits(words[1], kStepNumberMax);
    return number && *number > 0 && words.size() == 2 ? number : std::nullopt;
}

Answer refuse_number(const std::vector<std::string>& words) {
    return refuse("expected a number above 0 behind `" + words[0] + "`, found `" +
                  rest_of(words, 1) + "`");
}

}  // namespace

const std::vector<Stepper::Command>& Stepper::commands() {
    static const std::vector<Command> kCommands = {
        {"s", "step", &Stepper::forward, "[N]", "make N steps"},
        {"b", "back", &Stepper::back, "[N]", "take N steps back"},
        {"c", "continue", &Stepper::go_on, "", "to the next finding, else to the end"},
        {"until", "u", &Stepper::until, "CONDITION",
         "[cpuN] finding, error, returned [A], point NAME [of A], label NAME, holds A, waits, "
         "exited, cpu N, step N, or an expression: A.pending && held(1) == 2"},
        {"goto", "g", &Stepper::go_to, "N", "to behind step N; 0 is before step 1"},
        {"w", "word", &Stepper::next_word, "", "to the next change of a lock word"},
        {"W", "", &Stepper::word_before, "", "back to the last one"},
        {"n", "", &Stepper::next_trouble, "", "to the next failed lock call or finding"},
        {"N", "", &Stepper::trouble_before, "", "back to the last one"},
        {"cpu", "", &Stepper::choose_cpu, "N|all", "step along this CPU only"},
        {"p", "print", &Stepper::print, "[EXPR]",
         "the lock words, one of them (A), or an expression: A.tail, worker@0.r0, held(1)"},
        {"held", "", &Stepper::held, "", "who holds what, and the tables of held locks"},
        {"queue", "", &Stepper::queue, "", "each lock's word and its queue from the head on"},
        {"bt", "backtrace", &Stepper::backtrace, "[N|all]", "where the contexts of CPU N stand"},
        {"list", "l", &Stepper::list, "[N]", "the steps around this one"},
        {"save", "", &Stepper::save, "FILE", "FILE.repro of a failing run; else its token"},
        {"help", "h", &Stepper::help, "", "this list"},
        {"q", "quit", &Stepper::quit, "", "end"},
    };
    return kCommands;
}

Stepper::Stepper(const Subject& subject, const Trace& trace, unsigned width)
    : subject_(subject), trace_(trace), width_(width) {
    SIM_CHECK_MSG(!trace.crashed, "stepping needs a recording");
}

std::vector<std::string> Stepper::greeting() const {
    const Recording& recording = trace_.recording;
    std::vector<std::string> lines = {subject_.scenario.name + " on port " + subject_.port.name +
                                      ": " + subject_.scenario.summary};
    for (const std::string& bug : subject_.port.bugs)
        lines.push_back("With upstream bug " + bug + ", put in on purpose (`lockstep port bugs`).");
    lines.push_back(counted(last_step(), "step") + ", " +
                    counted(recording.findings.size(), "finding") +
                    "; you are before step 1. `help` lists the commands.");
    if (recording.events_dropped > 0)
        lines.push_back("[ " + counted(recording.events_dropped, "event") +
                        " beyond the limit of the recorder ]");
    for (const std::string& row : rows(0, 0, true)) lines.push_back(row);
    return lines;
}

std::string Stepper::title() const {
    std::string text = subject_.scenario.name + " on " + subject_.port.name + "   step " +
                       std::to_string(step_) + " of " + std::to_string(last_step()) + "   " +
                       time_text(state().time());
    if (cpu_) text += "   along CPU" + std::to_string(*cpu_);
    return text;
}

Answer Stepper::answer(const std::string& command) {
    const Words words = words_of(command);
    if (words.empty()) return {};
    Words known;
    for (const Command& each : commands()) {
        if (words[0] == each.name || words[0] == each.other) return (this->*each.handler)(words);
        known.push_back(each.name);
        if (each.other[0] != '\0') known.push_back(each.other);
    }
    return refuse("unknown command `" + words[0] + "`" + did_you_mean(words[0], known) +
                  (nearest(words[0], known).empty() ? "; `help` lists them" : ""));
}

bool Stepper::counts(const Event& event) const {
    if (event.cpu >= kCpusMax) return false;
    return !cpu_ || event.cpu == *cpu_ || event.kind == EventKind::execution_end;
}

std::uint64_t Stepper::last_step() const {
    const std::vector<Event>& events = trace_.recording.events;
    return events.empty() ? 0 : events.back().step;
}

std::optional<std::uint64_t> Stepper::next_step(std::uint64_t after) const {
    for (const Event& event : trace_.recording.events)
        if (event.step > after && counts(event)) return event.step;
    return std::nullopt;
}

std::optional<std::uint64_t> Stepper::step_before(std::uint64_t step) const {
    std::optional<std::uint64_t> found;
    for (const Event& event : trace_.recording.events) {
        if (event.step >= step) break;
        if (counts(event)) found = event.step;
    }
    return found;
}

std::optional<std::uint64_t> Stepper::next_finding() const {
    std::optional<std::uint64_t> found;
    for (const Finding& finding : trace_.recording.findings)
        if (finding.step > step_ && (!found || finding.step < *found)) found = finding.step;
    return found;
}

std::optional<std::uint64_t> Stepper::find(const StepCondition& condition) {
    if (condition.kind == StepCondition::Kind::finding) return next_finding();
    if (condition.kind == StepCondition::Kind::step) {
        if (condition.step <= step_ || condition.step > last_step()) return std::nullopt;
        return condition.step;
    }
    std::uint64_t looked_at = step_;
    for (const Event& event : trace_.recording.events) {
        if (event.step <= step_) continue;
        if (condition.kind != StepCondition::Kind::expression) {
            const bool mine = condition.cpu || counts(event);
            if (mine && is_met_by(condition, event)) return event.step;
            continue;
        }
        if (event.step == looked_at) continue;
        looked_at = event.step;
        if (!rerun_) rerun_ = std::make_unique<Rerun>(subject_);
        if (rerun_->value(condition.expression, event.step).is_true()) return event.step;
    }
    return std::nullopt;
}

RunState Stepper::state() const {
    RunState state(trace_.recording);
    for (const Event& event : trace_.recording.events) {
        if (event.step > step_) break;
        state.on_event(event);
    }
    return state;
}

std::vector<std::string> Stepper::rows(std::uint64_t from, std::uint64_t to, bool header) const {
    TimelineOptions options;
    options.width = width_;
    options.step_from = from;
    options.step_to = to;
    std::vector<std::string> lines = draw_timeline(trace_.recording, options);
    if (!header && !lines.empty()) lines.erase(lines.begin());
    return lines;
}

std::string Stepper::end_text() const {
    return "this is the end, at step " + std::to_string(last_step()) + ": " +
           end_reason_text(result_of(trace_.report).reason);
}

// Shows the step that was gone to, with what an oracle says about it.
Answer Stepper::stop_at(std::uint64_t step) {
    step_ = step;
    Answer answer = say(rows(step, step, false));
    const std::vector<Finding>& findings = trace_.recording.findings;
    const std::size_t told = trace_.recording.told;
    if (told >= findings.size() || findings[told].step != step) return answer;
    for (const std::string& line : finding_lines(trace_.recording, fold_waits(trace_.recording)))
        answer.lines.push_back(line);
    return answer;
}

Answer Stepper::forward(const Words& words) {
    const auto times = number_of(words, 1);
    if (!times) return refuse_number(words);
    Answer answer;
    std::uint64_t from = 0, made = 0;
    for (std::optional<std::uint64_t> next; made < *times && (next = next_step(step_)); ++made) {
        if (made == 0) from = *next;
        step_ = *next;
        if (!cpu_) continue;
        const std::vector<std::string> lines = rows(step_, step_, false);
        answer.lines.insert(answer.lines.end(), lines.begin(), lines.end());
    }
    if (made > 0 && !cpu_) answer.lines = rows(from, step_, false);
    if (made < *times) answer.lines.push_back(end_text());
    return answer;
}

Answer Stepper::back(const Words& words) {
    const auto times = number_of(words, 1);
    if (!times) return refuse_number(words);
    for (std::uint64_t made = 0; made < *times && step_ > 0; ++made)
        step_ = step_before(step_).value_or(0);
    if (step_ == 0) return say({"before step 1"});
    return say(rows(step_, step_, false));
}

Answer Stepper::go_on(const Words& words) {
    if (words.size() > 1) return refuse("`c` takes nothing; `until` takes a condition");
    if (const auto finding = next_finding()) return stop_at(*finding);
    if (step_ == last_step()) return say({end_text()});
    Answer answer = stop_at(last_step());
    answer.lines.push_back("no further finding; " + end_text());
    for (const std::string& line :
         explanation_lines(trace_.recording, fold_waits(trace_.recording)))
        answer.lines.push_back(line);
    return answer;
}

Answer Stepper::until(const Words& words) {
    const auto read = read_step_condition(subject_.scenario, {words.begin() + 1, words.end()});
    if (const std::string* problem = std::get_if<std::string>(&read)) return refuse(*problem);
    const StepCondition& condition = std::get<StepCondition>(read);
    if (const auto found = find(condition)) return stop_at(*found);
    std::string text = "never after step " + std::to_string(step_) + "; still there";
    if (condition.kind == StepCondition::Kind::finding)
        text = "no finding after step " + std::to_string(step_) +
               "; still there. `until error` stops where a lock call fails";
    return say({text});
}

Answer Stepper::go_to(const Words& words) {
    const auto step = words.size() == 2 ? parse_digits(words[1], last_step()) : std::nullopt;
    if (!step)
        return refuse("expected a step from 0 to " + std::to_string(last_step()) + ", found `" +
                      rest_of(words, 1) + "`");
    if (*step != 0) return stop_at(*step);
    step_ = 0;
    return say({"before step 1"});
}

std::vector<std::uint64_t> Stepper::word_changes() const {
    std::vector<std::uint64_t> steps;
    std::vector<std::uint32_t> words(subject_.scenario.locks.size(), 0);
    for (const Event& event : trace_.recording.events) {
        const bool word =
            event.kind == EventKind::store && event.object_kind == ObjectKind::lock_word;
        if (!word || event.lock >= words.size()) continue;
        const std::uint32_t after = merge_word(words[event.lock], event, event.value);
        if (after != words[event.lock] && counts(event)) steps.push_back(event.step);
        words[event.lock] = after;
    }
    return steps;
}

std::vector<std::uint64_t> Stepper::troubles() const {
    std::vector<std::uint64_t> steps;
    StepCondition error;
    error.kind = StepCondition::Kind::error;
    for (const Event& event : trace_.recording.events)
        if (counts(event) && is_met_by(error, event)) steps.push_back(event.step);
    for (const Finding& finding : trace_.recording.findings) steps.push_back(finding.step);
    std::sort(steps.begin(), steps.end());
    return steps;
}

Answer Stepper::jump(const Words& words, const std::vector<std::uint64_t>& steps, bool forward,
                     const char* what) {
    if (words.size() > 1) return refuse("`" + words[0] + "` takes nothing");
    const auto after = std::upper_bound(steps.begin(), steps.end(), step_);
    const auto from = std::lower_bound(steps.begin(), steps.end(), step_);
    if (forward && after != steps.end()) return stop_at(*after);
    if (!forward && from != steps.begin()) return stop_at(*std::prev(from));
    return say({std::string("no ") + what + (forward ? " after" : " before") + " step " +
                std::to_string(step_)});
}

Answer Stepper::next_word(const Words& words) {
    return jump(words, word_changes(), true, "change of a lock word");
}

Answer Stepper::word_before(const Words& words) {
    return jump(words, word_changes(), false, "change of a lock word");
}

Answer Stepper::next_trouble(const Words& words) {
    return jump(words, troubles(), true, "failed lock call or finding");
}

Answer Stepper::trouble_before(const Words& words) {
    return jump(words, troubles(), false, "failed lock call or finding");
}

Answer Stepper::choose_cpu(const Words& words) {
    if (words.size() == 2 && words[1] == "all") {
        cpu_.reset();
        return say({"all CPUs"});
    }
    const auto cpu = words.size() == 2 ? read_cpu(subject_.scenario, words[1]) : std::nullopt;
    if (!cpu)
        return refuse("expected `all` or a CPU from 0 to " +
                      std::to_string(subject_.scenario.machine.cpus - 1) + ", found `" +
                      rest_of(words, 1) + "`");
    cpu_ = cpu;
    return say({"along CPU" + std::to_string(*cpu) + "; `cpu all` ends that"});
}

Answer Stepper::print(const Words& words) {
    const RunState now = state();
    const std::vector<LockDeclaration>& locks = subject_.scenario.locks;
    Answer answer;
    if (words.size() == 1) {
        for (std::size_t i = 0; i < locks.size(); ++i)
            answer.lines.push_back(now.word_line(static_cast<LockId>(i)));
        answer.lines.push_back("step " + std::to_string(step_) + ", " + time_text(now.time()));
        return answer;
    }
    const std::string text = rest_of(words, 1);
    for (std::size_t i = 0; i < locks.size(); ++i)
        if (locks[i].name == text) return say({now.word_line(static_cast<LockId>(i))});
    if (!rerun_) rerun_ = std::make_unique<Rerun>(subject_);
    const auto asked = rerun_->ask(text, step_);
    if (const std::string* problem = std::get_if<std::string>(&asked)) return refuse(*problem);
    const Evaluated& value = std::get<Evaluated>(asked);
    return say({text + " = " +
                (value.known ? describe_value(value.value) : "unknown, nothing was assigned yet")});
}

Answer Stepper::held(const Words& words) {
    if (words.size() > 1) return refuse("`held` takes nothing; `p held(0)` counts entries");
    return say(state().held_lines());
}

Answer Stepper::queue(const Words& words) {
    if (words.size() > 1) return refuse("`queue` takes nothing: it shows all locks");
    return say(state().queue_lines());
}

Answer Stepper::backtrace(const Words& words) {
    const unsigned cpus = subject_.scenario.machine.cpus;
    const bool all = words.size() == 1 || (words.size() == 2 && words[1] == "all");
    const auto one = words.size() == 2 ? read_cpu(subject_.scenario, words[1]) : std::nullopt;
    if (!all && !one)
        return refuse("expected `all` or a CPU from 0 to " + std::to_string(cpus - 1) +
                      ", found `" + rest_of(words, 1) + "`");
    const RunState now = state();
    Answer answer;
    for (unsigned cpu = 0; cpu < cpus; ++cpu) {
        if (one && cpu != *one) continue;
        if (all) answer.lines.push_back("CPU" + std::to_string(cpu));
        for (const std::string& line : now.backtrace_lines(static_cast<CpuId>(cpu)))
            answer.lines.push_back(line);
    }
    return answer;
}

Answer Stepper::list(const Words& words) {
    const auto around = number_of(words, kListedAround);
    if (!around) return refuse_number(words);
    const std::uint64_t more = std::min(*around, last_step());
    return say(rows(step_ > more ? step_ - more : 0, step_ + more, true));
}

Answer Stepper::save(const Words& words) {
    if (words.size() != 2) return refuse("save where? expected one file name");
    const std::string& path = words[1];
    std::string problem;
    if (path.ends_with(".repro")) {
        const std::vector<Failure>& failures = trace_.report.failures;
        const auto failed = std::find_if(failures.begin(), failures.end(), [](const Failure& each) {
            return each.result.steps != 0;
        });
        if (failed == failures.end())
            return refuse(
                "a .repro file is of a failing run, and this one is as expected; another "
                "name saves its token");
        const Repro repro =
            make_repro(subject_.scenario, subject_.port, *failed, "lockstep " LOCKSTEP_VERSION);
        problem = save_repro(repro, path).value_or("");
    } else {
        const Scenario& scenario = subject_.scenario;
        problem = write_file_safely(
            path, write_token({scenario.name, scenario.hash, subject_.picks}) + "\n");
    }
    return problem.empty() ? say({"saved " + path}) : refuse(problem);
}

Answer Stepper::help(const Words&) {
    constexpr std::size_t kLeft = 20;
    Answer answer;
    for (const Command& each : commands()) {
        std::string left = each.name;
        if (each.other[0] != '\0') left += std::string("|") + each.other;
        left = pad_right(left + " " + each.arguments, kLeft);
        for (const std::string& part : wrap(each.help, width_ > 60 ? width_ - kLeft - 1 : 40)) {
            answer.lines.push_back(left + " " + part);
            left = std::string(kLeft, ' ');
        }
    }
    answer.lines.push_back("An empty line repeats the last command.");
    return answer;
}

Answer Stepper::quit(const Words&) {
    Answer answer;
    answer.quit = true;
    return answer;
}

}  // namespace lockstep
