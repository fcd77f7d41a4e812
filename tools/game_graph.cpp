// Walking along all states, breadth first. What leads to a state is made by playing it from the
// start, as a player does; which states are one is what the explorer says.
#include "tools/game_graph.h"

#include <deque>
#include <map>
#include <memory>
#include <set>
#include <utility>

#include "scenarios/player.h"
#include "scenarios/question.h"
#include "scenarios/successors.h"
#include "scenarios/worker.h"
#include "sim/token.h"
#include "tools/commands.h"
#include "tools/console.h"
#include "tools/describe.h"
#include "tools/game_rules.h"
#include "tools/interrupt.h"
#include "tools/report_rows.h"
#include "tools/report_run.h"
#include "tools/repro_store.h"
#include "tools/text_columns.h"
#include "tools/trace.h"
#include "tools/waits.h"

namespace lockstep {

namespace {

using GraphJson = nlohmann::ordered_json;

constexpr std::size_t kTellEvery = 256;  // states

// A state whose options have not been looked at.
struct OpenState {
    std::size_t node = 0;
    Situation situation;
    GraphJson goals;     // that hold there
    Path path;           // of all choices
    RowWriter writer;    // behind the last row that led here
    std::size_t events;  // until here
    std::uint64_t last_step;
    TimeNs last_time;
};

// What came of a move.
struct Arrival {
    Situation situation;
    Recording recording;
    GraphJson goals = GraphJson::array();  // that hold there
};

// What is counted is part of a state: only a goal that asks for counts is worth it.
Scenario played_scenario(const Subject& subject, const std::string& goal) {
    for (const Expression& condition : goals_of(subject, goal))
        for (const Operation& operation : condition.operations)
            if (operation.code == Operation::Code::events)
                return open_to_questions(subject.scenario);
    return subject.scenario;
}

class GameGraph {
  public:
    GameGraph(const Subject& subject, const GameGraphOptions& options, WorkerPort& to);
    GraphJson build();

  private:
    Arrival play(std::vector<std::uint16_t> picks);
    void expand(OpenState& from);
    void take(OpenState& from, std::size_t option, const Arrival& arrival, std::uint64_t hash);
    std::size_t node_of(OpenState arrived, std::uint64_t hash, const GraphJson& state);
    std::size_t add_node(OpenState arrived);
    void write_events(const Recording& recording, OpenState& at, GraphJson& edge);
    void note_edge(const OpenState& from, std::size_t option, const Arrival& arrival);
    void mark(const OpenState& arrived);
    int name(const std::string& text);
    int row(const GraphJson& row);
    void finish(GraphJson& json);

    const Subject& subject_;
    const GameGraphOptions& options_;
    WorkerPort& to_;
    Player player_;
    Successors successors_;
    std::vector<Expression> goals_;
    std::function<std::string(std::uintptr_t)> describe_pc_;
    Recording names_;
    RowTexts texts_;
    std::map<std::string, int> name_index_, row_index_;
    std::map<std::pair<std::uint64_t, std::string>, std::size_t> known_;
    std::deque<OpenState> open_;
    GraphJson names_json_ = GraphJson::array(), rows_ = GraphJson::array(),
              nodes_ = GraphJson::array(), marks_ = GraphJson::object(),
              notes_ = GraphJson::object(), start_ = GraphJson::array();
    std::set<int> errors_;  // rows in which a lock call fails
    std::size_t transitions_ = 0;
};

std::string state_text(const MachineSlots& machine) {
    GraphJson values = GraphJson::array();
    for (const MachineSlot& slot : machine.slots()) values.push_back(slot.value);
    return values.dump();
}

GameGraph::GameGraph(const Subject& subject, const GameGraphOptions& options, WorkerPort& to)
    : subject_(subject),
      options_(options),
      to_(to),
      player_(played_scenario(subject, options.goal), subject.port),
      goals_(goals_of(subject, options.goal)),
      describe_pc_(pc_describer(subject.port)) {}

// An execution that did not end is no end: its last event is taken away.
Arrival GameGraph::play(std::vector<std::uint16_t> picks) {
    Arrival arrival;
    arrival.recording = name_recording(subject_.scenario, subject_.port);
    arrival.recording.describe_pc = describe_pc_;
    Recorder recorder(arrival.recording);
    Play play;
    play.picks = std::move(picks);
    arrival.situation = player_.play(play, &recorder, nullptr);
    std::vector<Event>& events = arrival.recording.events;
    if (arrival.situation.crashed)
        throw UsageError("the code under test crashes in this scenario on port " +
                         subject_.port.name +
                         ", and a page cannot play on: `lockstep play` at a terminal says where");
    if (!arrival.situation.over && !events.empty()) events.pop_back();
    for (std::size_t goal = 0; goal < goals_.size(); ++goal)
        if (player_.value(goals_[goal]).is_true()) arrival.goals.push_back(goal);
    return arrival;
}

int GameGraph::name(const std::string& text) {
    const auto [at, added] = name_index_.try_emplace(text, static_cast<int>(name_index_.size()));
    if (added) names_json_.push_back(text);
    return at->second;
}

int GameGraph::row(const GraphJson& row) {
    const auto [at, added] = row_index_.try_emplace(row.dump(), static_cast<int>(rows_.size()));
    if (added) rows_.push_back(row);
    return at->second;
}

// Adds the rows of what happened since `at`, which moves on.
void GameGraph::write_events(const Recording& recording, OpenState& at, GraphJson& edge) {
    std::vector<bool> failed;
    for (std::size_t i = at.events; i < recording.events.size(); ++i) {
        const Event& event = recording.events[i];
        const bool contention =
            event.kind == EventKind::contention_begin || event.kind == EventKind::contention_end;
        if (contention)
            at.writer.skip(event);
        else if (at.writer.write(event))
            failed.push_back(is_error(event));
    }
    at.events = recording.events.size();
    const GraphJson rows = at.writer.take_rows();
    for (std::size_t i = 0; i < rows.size(); ++i) {
        edge.push_back(row(rows[i]));
        if (failed[i]) errors_.insert(edge.back().get<int>());
        at.last_step += rows[i][0].get<std::uint64_t>();
        at.last_time += rows[i][1].get<TimeNs>();
    }
}

// Goals that hold there, and why nothing follows.
void GameGraph::mark(const OpenState& arrived) {
    GraphJson marked;
    if (!arrived.goals.empty()) marked["goals"] = arrived.goals;
    if (arrived.situation.over)
        marked["over"] =
            "The end: " + std::string(end_reason_text(arrived.situation.result.reason)) + ".";
    if (!marked.is_null()) marks_[std::to_string(arrived.node)] = std::move(marked);
}

// Findings, and the reasons of errors.
void GameGraph::note_edge(const OpenState& from, std::size_t option, const Arrival& arrival) {
    GraphJson notes = GraphJson::array();
    const std::vector<Event>& events = arrival.recording.events;
    bool error = false;
    for (std::size_t i = from.events; i < events.size(); ++i) error |= is_error(events[i]);
    if (error) {
        const Waits waits = fold_waits(arrival.recording);
        for (const Attempt& attempt : waits.attempts) {
            if (!attempt.ended || attempt.ret >= 0 || attempt.end < from.events) continue;
            const std::string reason = explain_attempt(arrival.recording, attempt);
            notes.push_back(
                {"error", texts_.text(actor_text(attempt.who) + " " + return_text(attempt.ret) +
                                      (reason.empty() ? "" : ": " + reason))});
        }
    }
    const std::vector<Finding>& findings = arrival.situation.result.findings;
    for (std::size_t i = from.situation.result.findings.size(); i < findings.size(); ++i)
        notes.push_back(
            {"finding", texts_.text(std::string(findings[i].oracle) + ": " + findings[i].text)});
    if (!notes.empty())
        notes_[std::to_string(from.node) + "." + std::to_string(option)] = std::move(notes);
}

std::size_t GameGraph::add_node(OpenState arrived) {
    arrived.node = nodes_.size();
    if (arrived.node >= options_.states_max)
        throw UsageError("scenario " + subject_.scenario.name + " on port " + subject_.port.name +
                         " has more than " + std::to_string(options_.states_max) +
                         " states, too many for a page: `lockstep play` plays it at a terminal; " +
                         "fewer CPUs, injections or rounds make it smaller, --max-states N " +
                         "allows more (`lockstep explore --every-step` counts them)");
    nodes_.push_back(GraphJson::array());
    mark(arrived);
    if (!arrived.situation.over) open_.push_back(std::move(arrived));
    return nodes_.size() - 1;
}

// States are one if they are to the explorer and look alike: then their futures do too.
std::size_t GameGraph::node_of(OpenState arrived, std::uint64_t hash, const GraphJson& state) {
    const auto [at, added] = known_.try_emplace(std::make_pair(hash, state.dump()), nodes_.size());
    if (added) add_node(std::move(arrived));
    return at->second;
}

void GameGraph::take(OpenState& from, std::size_t option, const Arrival& arrival,
                     std::uint64_t hash) {
    ++transitions_;
    OpenState to{0,           arrival.situation, arrival.goals,  from.path,
                 from.writer, from.events,       from.last_step, from.last_time};
    to.path.push_back(from.situation.options[option]);
    GraphJson edge = {name(option_name(subject_.scenario, names_, from.situation.options[option])),
                      0};
    write_events(arrival.recording, to, edge);
    note_edge(from, option, arrival);
    // How far the machine is beyond the last row is part of what the next row says.
    const GraphJson state = {
        arrival.situation.result.steps - to.last_step, arrival.situation.result.time - to.last_time,
        arrival.situation.result.findings.size(), state_text(to.writer.machine())};
    const std::size_t node = from.node;
    edge[1] = node_of(std::move(to), hash, state);
    nodes_[node].push_back(std::move(edge));
}

void GameGraph::expand(OpenState& from) {
    if (*InterruptGuard::asked() != 0)
        throw UsageError("interrupted after " + counted(nodes_.size(), "state") +
                         "; nothing was written");
    if (from.node % kTellEvery == 0) to_.send("~" + counted(nodes_.size(), "state"));
    // Played first: where the code under test crashes, the explorer must not go.
    std::deque<Arrival>
        arrivals;  // in which none is ever copied: events point to texts beside them
    for (std::size_t option = 0; option < from.situation.options.size(); ++option) {
        std::vector<std::uint16_t> picks = from.situation.picks;
        picks.push_back(static_cast<std::uint16_t>(option));
        arrivals.push_back(play(std::move(picks)));
    }
    const std::vector<std::uint64_t> hashes = successors_.of(from.path);
    if (hashes.size() != arrivals.size())
        throw EngineBug("a player and the explorer see different options");
    for (std::size_t option = 0; option < hashes.size(); ++option)
        take(from, option, arrivals[option], hashes[option]);
}

void GameGraph::finish(GraphJson& json) {
    std::vector<std::string> goals;
    for (const Expression& goal : goals_) goals.push_back(goal.text);
    const Scenario& scenario = subject_.scenario;
    json["goals"] = goals;
    json["any_error"] = goals.empty() ? kGoalOfAny : "";
    json["errors"] = errors_;
    json["token"] = write_token({scenario.name, scenario.hash, {}});
    json["command"] = "lockstep replay '@' --port " + subject_.port.name;
    json["states"] = nodes_.size();
    json["transitions"] = transitions_;
    json["locks"] = report_locks_json(names_);
    json["kinds"] = report_kinds_json();
    json["texts"] = texts_.texts;
    json["files"] = texts_.files;
    json["sources"] = report_sources_json(subject_.port, options_.tree, texts_.files);
    json["sites"] = texts_.sites;
    json["names"] = names_json_;
    json["rows"] = rows_;
    json["start"] = start_;
    json["marks"] = marks_;
    json["notes"] = notes_;
    json["nodes"] = nodes_;
}

GraphJson GameGraph::build() {
    Arrival first = play({});
    names_ = first.recording;
    const std::vector<Event>& events = first.recording.events;
    OpenState at{0, first.situation, first.goals, {}, RowWriter(names_, texts_), 0, 0, 0};
    GraphJson json = report_head_json("lockstep-game-1", subject_);
    json["cpus"] = names_.cpus;
    json["slots"] = GraphJson::array();
    json["initial"] = GraphJson::array();
    for (const MachineSlot& slot : at.writer.machine().slots()) {
        json["slots"].push_back({slot.kind, slot.a, slot.b});
        json["initial"].push_back(slot.value);
    }
    if (!events.empty()) {
        at.writer.begin(events.front());
        at.last_step = events.front().step;
        at.last_time = events.front().time;
    }
    json["first_step"] = at.last_step;
    json["first_time"] = at.last_time;
    write_events(first.recording, at, start_);
    add_node(std::move(at));
    while (!open_.empty()) {
        OpenState next = std::move(open_.front());
        open_.pop_front();
        expand(next);
    }
    finish(json);
    return json;
}

}  // namespace

// In a process of its own, as the code under test may crash. Its messages begin with what they are:
// "~" how far it is, "!" a problem, "=" the graph.
GraphJson game_graph_json(const Subject& subject, const GameGraphOptions& options) {
    std::string graph, problem;
    Progress progress;
    InterruptGuard guard;
    WorkerTask task;
    task.interrupted = InterruptGuard::asked();
    task.work = [&](WorkerPort& to) {
        try {
            GameGraph game(subject, options, to);
            to.send("=" + game.build().dump(-1, ' ', false, GraphJson::error_handler_t::replace));
        } catch (const UsageError& error) {
            to.send(std::string("!") + error.what());
        }
        return 0;
    };
    task.received = [&](const std::string& message) {
        if (message.starts_with("~")) progress.show(message.substr(1));
        if (message.starts_with("!")) problem = message.substr(1);
        if (message.starts_with("=")) graph = message.substr(1);
    };
    const WorkerEnd end = run_worker(task);
    if (!problem.empty()) throw UsageError(problem);
    if (end.how == WorkerEnd::How::interrupted)
        throw UsageError("interrupted; nothing was written");
    if (graph.empty()) throw EngineBug("the process that made the game has died");
    return GraphJson::parse(graph);
}

}  // namespace lockstep
