// The scheduler that follows the picks and leaves the execution at the first choice without one,
// in the way of a replay whose pick does not fit. What it follows is outside the arena.
#include "scenarios/player.h"

#include <new>

#include "sim/check.h"

namespace lockstep {

namespace {

constexpr unsigned kPlayWatchdogMs = 5000;

struct PlayTable {
    Play play;
    const bool* stop = nullptr;
    std::vector<std::uint16_t> made;
    std::vector<Option> offered;
    std::uint32_t granted = 0;
    std::uint32_t findings = 0;  // made when it stopped
    bool stopped = false;
};

PlayTable& play_table() {
    static PlayTable table;
    return table;
}

class PlayScheduler final : public Scheduler {
  public:
    const char* name() const override { return "play"; }
    void begin(std::uint64_t) override {}
    Pick pick(const Choices& choices) override {
        SIM_CHECK(choices.count >= 2);
        PlayTable& table = play_table();
        const std::uint32_t index = choose(choices, table);
        if (index < choices.count) {
            table.made.push_back(static_cast<std::uint16_t>(index));
            return {index, 0};
        }
        table.offered.assign(choices.options, choices.options + choices.count);
        table.findings = Machine::instance().findings_until_now();
        table.stopped = true;
        return {choices.count, 0};
    }

  private:
    static std::uint32_t choose(const Choices& choices, PlayTable& table) {
        if (table.made.size() < table.play.picks.size()) return table.play.picks[table.made.size()];
        const bool stop = table.stop != nullptr && *table.stop;
        if (stop || table.granted == table.play.wishes) return choices.count;
        for (std::uint32_t i = 0; i < choices.count; ++i) {
            if (!(choices.options[i] == table.play.wish)) continue;
            ++table.granted;
            return i;
        }
        return choices.count;
    }
};

Scheduler* make_play_scheduler(void* memory) {
    return new (memory) PlayScheduler;
}

const SchedulerEntry& play_entry() {
    static const SchedulerEntry entry = {"play", "asks a person", sizeof(PlayScheduler),
                                         alignof(PlayScheduler), make_play_scheduler};
    return entry;
}

}  // namespace

Player::Player(const Scenario& scenario, const Port& port)
    : scenario_(scenario), prepared_(scenario_, port), guard_(kPlayWatchdogMs) {
    Machine::instance().hash_ends(false);
}

Situation Player::play(const Play& play, TraceSink* trace, const bool* stop) {
    PlayTable& table = play_table();
    table = {};
    table.play = play;
    table.stop = stop;
    Machine& machine = Machine::instance();
    machine.set_scheduler(play_entry());
    machine.set_trace(trace);
    Situation situation;
    situation.result = guard_.run(machine, 0);
    machine.set_trace(nullptr);
    situation.crashed = !guard_.crash().empty();
    situation.over = !table.stopped;
    situation.options = table.offered;
    situation.picks = table.made;
    // What oracles say of an end that is none does not count.
    std::vector<Finding>& findings = situation.result.findings;
    if (table.stopped && findings.size() > table.findings) findings.resize(table.findings);
    return situation;
}

Evaluated Player::value(const Expression& expression) const {
    return evaluate(expression, prepared_.surroundings());
}

}  // namespace lockstep
