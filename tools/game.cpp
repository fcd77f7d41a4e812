// Playing: what may be typed, and what is shown after each move.
#include "tools/game.h"

#include <algorithm>

#include "scenarios/judge.h"
#include "scenarios/question.h"
#include "scenarios/reader_walk.h"
#include "scenarios/worker.h"
#include "sim/points.h"
#include "sim/token.h"
#include "tools/commands.h"
#include "tools/describe.h"
#include "tools/game_rules.h"
#include "tools/repro_store.h"
#include "tools/suggest.h"
#include "tools/text_columns.h"
#include "tools/trace.h"

namespace lockstep {

namespace {

constexpr std::size_t kNewsMax = 16;
constexpr std::uint32_t kMovesMax = 100'000;

// Passes events on to the recorder and watches for the condition.
class WatchedRecorder final : public TraceSink {
  public:
    WatchedRecorder(Recording& into, const StepCondition* until, std::size_t skip)
        : recorder_(into), until_(until), skip_(skip) {}
    void on_event(const Event& event) override {
        recorder_.on_event(event);
        if (skip_ > 0)
            --skip_;
        else if (until_ != nullptr && is_met_by(*until_, event))
            met_ = true;
    }
    const bool* met() const { return &met_; }

  private:
    Recorder recorder_;
    const StepCondition* until_;
    std::size_t skip_;  // events of the moves before
    bool met_ = false;
};

bool says_nothing(const Event& event) {
    return event.kind == EventKind::contention_begin || event.kind == EventKind::contention_end;
}

}  // namespace

Game::Game(const Subject& subject, const std::string& goal, unsigned width)
    : subject_(subject),
      width_(width),
      player_(open_to_questions(subject_.scenario), subject_.port),
      describe_pc_(pc_describer(subject_.port)) {
    for (Expression& condition : goals_of(subject_, goal)) goals_.push_back({condition, false});
    now_ = look({}, recording_, nullptr);
}

// An execution that did not end is no end: its last event is taken away.
Situation Game::look(const Play& play, Recording& into, const StepCondition* until) {
    const std::size_t known = recording_.events.size();
    into = name_recording(subject_.scenario, subject_.port);
    into.describe_pc = describe_pc_;
    WatchedRecorder recorder(into, until, known);
    Situation situation = player_.play(play, &recorder, recorder.met());
    if (!situation.over && !into.events.empty()) into.events.pop_back();
    into.findings = situation.result.findings;
    return situation;
}

RunState Game::state() const {
    RunState state(recording_);
    for (const Event& event : recording_.events) state.on_event(event);
    return state;
}

std::string Game::row(const Event& event) const {
    const std::string left = pad_right(context_text(event.cpu, event.context), 14) + " ";
    const std::string source = source_text(recording_, event);
    const std::string text = event_text(recording_, event);
    return cut(left + (source.empty() ? text : pad_right(text, 44) + " " + source), width_);
}

std::vector<std::string> Game::news(std::size_t events_before) const {
    std::vector<std::string> lines;
    for (std::size_t i = events_before; i < recording_.events.size(); ++i) {
        const Event& event = recording_.events[i];
        if (event.cpu >= kCpusMax || says_nothing(event)) continue;
        lines.push_back(row(event));
    }
    if (lines.size() <= kNewsMax) return lines;
    const std::size_t out = lines.size() - kNewsMax;
    const auto half = lines.begin() + kNewsMax / 2;
    lines.erase(half, half + static_cast<std::ptrdiff_t>(out));
    lines.insert(lines.begin() + kNewsMax / 2, "[ " + counted(out, "event") + " left out ]");
    return lines;
}

std::string Game::foreseen(std::size_t option) {
    Recording then;
    Play play;
    play.picks = now_.picks;
    play.picks.push_back(static_cast<std::uint16_t>(option));
    const std::size_t known = recording_.events.size();
    const Situation after = look(play, then, nullptr);
    if (after.crashed) return "the code under test crashes";
    std::string text, source;
    std::uint64_t step = ~std::uint64_t{0};
    for (std::size_t i = known; i < then.events.size(); ++i) {
        const Event& event = then.events[i];
        if (event.cpu >= kCpusMax || says_nothing(event)) continue;
        if (step == ~std::uint64_t{0}) step = event.step;
        if (event.step > step || text.size() > 60) break;
        text += (text.empty() ? "" : "; ") + event_text(then, event);
        if (source.empty()) source = source_text(then, event);
    }
    if (text.empty()) text = "goes on";
    return source.empty() ? text : pad_right(text, 44) + " " + source;
}

std::vector<std::string> Game::foresee() {
    std::vector<std::string> texts;
    while (texts.size() < now_.options.size()) {
        const std::size_t from = texts.size();
        WorkerTask task;
        task.work = [&](WorkerPort& to) {
            for (std::size_t i = from; i < now_.options.size(); ++i) {
                const std::string text = foreseen(i);
                to.send(text);
                if (text.ends_with("crashes")) break;  // this process is spoilt
            }
            return 0;
        };
        task.received = [&](const std::string& text) { texts.push_back(text); };
        run_worker(task);
        if (texts.size() == from) texts.emplace_back("the code under test crashes");
    }
    return texts;
}

std::vector<std::string> Game::option_lines() {
    if (now_.over) return {"the execution is over; `u` takes moves back, `q` ends"};
    const std::vector<std::string> texts = foresee();
    std::vector<std::string> lines = {"who is next?"};
    for (std::size_t i = 0; i < now_.options.size(); ++i)
        lines.push_back(
            cut(pad_left(std::to_string(i + 1), 3) + " " +
                    pad_right(option_name(subject_.scenario, recording_, now_.options[i]), 14) +
                    " " + texts[i],
                width_));
    return lines;
}

std::vector<std::string> Game::situation_lines() {
    std::vector<std::string> lines = state().queue_lines();
    for (const std::string& line : option_lines()) lines.push_back(line);
    return lines;
}

// Goals are told once; findings too, as long as they are not taken back.
std::vector<std::string> Game::reached() {
    std::vector<std::string> lines;
    for (const Finding& finding : now_.result.findings)
        lines.push_back("*** " + std::string(finding.oracle) + " (" + finding.word +
                        "): " + finding.text + " ***");
    for (Goal& goal : goals_) {
        const bool holds = player_.value(goal.condition).is_true();
        if (holds && !goal.reached)
            lines.push_back("*** goal reached: " + goal.condition.text + " ***");
        goal.reached = goal.reached || holds;
    }
    if (goals_.empty() && !any_reached_) {
        const auto error =
            std::find_if(recording_.events.begin(), recording_.events.end(), is_error);
        if (error != recording_.events.end())
            lines.push_back("*** goal reached: " + context_text(error->cpu, error->context) + ": " +
                            event_text(recording_, *error) + " ***");
        any_reached_ = !lines.empty();
    }
    return lines;
}

std::vector<std::string> Game::greeting() {
    std::vector<std::string> lines = {subject_.scenario.name + " on port " + subject_.port.name +
                                      ": " + subject_.scenario.summary};
    if (goals_.empty()) lines.push_back(std::string("goal: ") + kGoalOfAny);
    for (const Goal& goal : goals_) lines.push_back("goal: " + goal.condition.text);
    lines.emplace_back("You are the scheduler. `help` lists what may be typed.");
    for (const std::string& line : situation_lines()) lines.push_back(line);
    return lines;
}

std::string Game::title() const {
    const auto reached =
        std::count_if(goals_.begin(), goals_.end(), [](const Goal& goal) { return goal.reached; });
    const std::size_t goals = std::max<std::size_t>(goals_.size(), 1);
    return subject_.scenario.name + " on " + subject_.port.name + "   " +
           counted(moves_.size(), "move") + ", " + std::to_string(now_.result.picks.size()) +
           " picks   " + time_text(state().time()) + "   goals reached: " +
           std::to_string(goals_.empty() ? (any_reached_ ? 1 : 0) : reached) + " of " +
           std::to_string(goals) + (now_.over ? "   the execution is over" : "");
}

Answer Game::move(const Option& option, std::uint32_t times, const StepCondition* until) {
    if (now_.crashed) return refuse("the code under test has crashed; `q` ends");
    const std::size_t before = recording_.events.size(), picks = now_.picks.size();
    Play play;
    play.picks = now_.picks;
    play.wish = option;
    play.wishes = times;
    Recording after;
    now_ = look(play, after, until);
    recording_ = std::move(after);
    moves_.push_back(picks);
    Answer answer;
    answer.lines = news(before);
    if (now_.crashed) {
        answer.lines.emplace_back("the code under test crashes here");
        answer.quit = true;
        return answer;
    }
    const std::size_t made = now_.picks.size() - picks;
    if (times > 1 || until != nullptr) answer.lines.push_back("[ " + counted(made, "pick") + " ]");
    for (const std::string& line : reached()) answer.lines.push_back(line);
    for (const std::string& line : situation_lines()) answer.lines.push_back(line);
    return answer;
}

Answer Game::undo(const Words& words) {
    const auto times = words.size() == 1   ? std::optional<std::uint64_t>(1)
                       : words.size() == 2 ? parse_digits(words[1], kMovesMax)
                                           : std::nullopt;
    if (!times || *times == 0) return refuse("expected a number of moves behind `u`");
    if (moves_.empty()) return refuse("nothing to take back");
    Play play;
    for (std::uint64_t i = 0; i < *times && !moves_.empty(); ++i) {
        play.picks.assign(now_.picks.begin(),
                          now_.picks.begin() + static_cast<std::ptrdiff_t>(moves_.back()));
        moves_.pop_back();
    }
    Recording before;
    now_ = look(play, before, nullptr);
    recording_ = std::move(before);
    Answer answer;
    answer.lines = {"taken back; " + counted(moves_.size(), "move") + " left"};
    for (const std::string& line : situation_lines()) answer.lines.push_back(line);
    return answer;
}

// By its number, its name, or its name without a CPU if there is only one of that kind.
std::optional<std::size_t> Game::option_of(const Words& words, std::size_t& used, Answer& refused) {
    const std::size_t count = now_.options.size();
    used = 1;
    if (const auto number = parse_digits(words[0], count); number && *number > 0)
        return static_cast<std::size_t>(*number - 1);
    if (!now_.over && parse_digits(words[0], ~std::uint64_t{0} >> 1)) {
        refused = refuse("expected an option from 1 to " + std::to_string(count) + ", found `" +
                         words[0] + "`");
        return std::nullopt;
    }
    std::vector<std::size_t> found;
    Words known = {"u", "held", "queue", "bt", "p", "options", "token", "help", "q"};
    for (std::size_t i = 0; i < count; ++i) {
        const Words name = words_of(option_name(subject_.scenario, recording_, now_.options[i]));
        known.push_back(rest_of(name, 0));
        if (name[0] != words[0]) continue;
        if (name.size() > 1 && words.size() > 1 && words[1] != name[1]) continue;
        used = std::min(name.size(), words.size());
        found.push_back(i);
    }
    if (found.size() == 1) return found[0];
    if (found.size() > 1) {
        refused = refuse("which one? there is more than one `" + words[0] +
                         "`: add its CPU, or pick it by number");
        return std::nullopt;
    }
    const bool elsewhere = words[0].starts_with("cpu") && read_cpu(subject_.scenario, words[0]);
    refused = refuse(now_.over   ? "the execution is over; `u` takes moves back, `q` ends"
                     : elsewhere ? words[0] + " cannot go on now; `options` lists what can happen"
                                 : "no option `" + words[0] + "`" + did_you_mean(words[0], known) +
                                       "; `options` lists them");
    return std::nullopt;
}

// OPTION | OPTION TIMES | OPTION until CONDITION
Answer Game::pick(const Words& words) {
    std::size_t used = 1;
    Answer refused;
    const std::optional<std::size_t> index = option_of(words, used, refused);
    if (!index) return refused;
    const Option option = now_.options[*index];
    if (used == words.size()) return move(option, 1, nullptr);
    if (words[used] != "until") {
        const auto times = parse_digits(words[used], kMovesMax);
        if (!times || *times == 0 || used + 1 != words.size())
            return refuse("expected a number of times or `until` and a condition, found `" +
                          rest_of(words, used) + "`");
        return move(option, static_cast<std::uint32_t>(*times), nullptr);
    }
    const Words rest(words.begin() + static_cast<std::ptrdiff_t>(used) + 1, words.end());
    auto read = read_step_condition(subject_.scenario, rest);
    if (const std::string* problem = std::get_if<std::string>(&read)) return refuse(*problem);
    StepCondition& condition = std::get<StepCondition>(read);
    using Kind = StepCondition::Kind;
    if (condition.kind == Kind::finding || condition.kind == Kind::step ||
        condition.kind == Kind::expression)
        return refuse("here `until` takes error, returned, point, label, holds, waits or exited");
    if (!condition.cpu && option.kind == Option::Kind::run) condition.cpu = option.cpu;
    return move(option, kMovesMax, &condition);
}

Answer Game::look_at(const Words& words) {
    Answer answer;
    const RunState now = state();
    if (words[0] == "held") answer.lines = now.held_lines();
    if (words[0] == "queue") answer.lines = now.queue_lines();
    if (words[0] == "options") answer.lines = situation_lines();
    if (words[0] == "token") answer.lines = farewell();
    if (words[0] == "bt") {
        for (unsigned cpu = 0; cpu < subject_.scenario.machine.cpus; ++cpu) {
            if (words.size() > 1 && read_cpu(subject_.scenario, words[1]) != cpu) continue;
            answer.lines.push_back("CPU" + std::to_string(cpu));
            for (const std::string& line : now.backtrace_lines(static_cast<CpuId>(cpu)))
                answer.lines.push_back(line);
        }
        if (answer.lines.empty()) return refuse("no CPU `" + words[1] + "`");
    }
    if (words[0] == "p") {
        const std::string text = rest_of(words, 1);
        const auto read = read_question(subject_.scenario, text);
        if (const std::string* problem = std::get_if<std::string>(&read)) return refuse(*problem);
        const Evaluated value = player_.value(std::get<Expression>(read));
        answer.lines = {text + " = " + (value.known ? describe_value(value.value) : "unknown")};
    }
    return answer;
}

Answer Game::show_help() const {
    Answer answer;
    answer.lines = {
        "a number, or a name such as cpu1 or nmi   that option is next",
        "cpu1 20                                   the same again, as long as it can be",
        "cpu1 until point rq.head.wait             ... until that (also holds A, label, waits,",
        "                                          returned, error, exited)",
        "u [N]                                     take N moves back",
        "options, queue, held, bt [N], p EXPR      look at it",
        "token                                     what replays the moves so far",
        "q                                         end",
        "An empty line repeats the last command.",
    };
    return answer;
}

Answer Game::answer(const std::string& command) {
    static const Words kLooks = {"held", "queue", "options", "token", "bt", "p"};
    const Words words = words_of(command);
    if (words.empty()) return {};
    if (words[0] == "u" || words[0] == "undo") return undo(words);
    if (words[0] == "help" || words[0] == "h") return show_help();
    if (words[0] == "q" || words[0] == "quit") {
        Answer answer;
        answer.quit = true;
        return answer;
    }
    if (std::find(kLooks.begin(), kLooks.end(), words[0]) != kLooks.end()) return look_at(words);
    return pick(words);
}

std::string Game::token() const {
    const Scenario& scenario = subject_.scenario;
    return write_token({scenario.name, scenario.hash, now_.result.picks});
}

std::vector<std::string> Game::farewell() const {
    std::vector<std::string> lines;
    if (!now_.over)
        lines.emplace_back("the execution is not over: a replay goes on with the first option");
    lines.push_back("token: " + token());
    lines.push_back("lockstep replay " + shell_word(token()) + " --port " + subject_.port.name);
    return lines;
}

}  // namespace lockstep
