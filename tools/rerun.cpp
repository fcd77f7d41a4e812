// A replay that is paused: the machine itself holds what the events do not say.
#include "tools/rerun.h"

#include "scenarios/family_scheduler.h"
#include "scenarios/question.h"
#include "sim/check.h"

namespace lockstep {

Rerun::Rerun(const Subject& subject)
    : subject_(subject),
      scenario_(open_to_questions(subject_.scenario)),
      prepared_(scenario_, subject_.port) {
    Machine::instance().set_trace(nullptr);
    Machine::instance().hash_ends(false);
}

void Rerun::begin(std::uint64_t step) {
    Machine& machine = Machine::instance();
    machine.set_replay(subject_.picks);
    machine.set_scheduler(*find_scheduler("replay"));
    ended_ = !machine.run_until(0, step).paused;
    begun_ = true;
}

void Rerun::go_to(std::uint64_t step) {
    if (begun_ && step == at_) return;
    if (!begun_ || step < at_)
        begin(step);
    else if (!ended_)
        ended_ = !Machine::instance().resume(step).paused;
    at_ = step;
}

Evaluated Rerun::value(const Expression& expression, std::uint64_t step) {
    SIM_CHECK(!expression.operations.empty());
    go_to(step);
    return evaluate(expression, prepared_.surroundings());
}

std::variant<Evaluated, std::string> Rerun::ask(const std::string& text, std::uint64_t step) {
    std::variant<Expression, std::string> read = read_question(subject_.scenario, text);
    if (const std::string* problem = std::get_if<std::string>(&read)) return *problem;
    return value(std::get<Expression>(read), step);
}

}  // namespace lockstep
