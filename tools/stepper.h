// Stepper: the commands of `lockstep step` over one recorded execution. It stands behind a step;
// 0 is before step 1.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tools/console.h"
#include "tools/rerun.h"
#include "tools/run_state.h"
#include "tools/step_condition.h"
#include "tools/subject.h"
#include "tools/trace.h"

namespace lockstep {

class Stepper {
  public:
    // REQUIRES: the trace is of the subject and did not crash; both outlive this.
    Stepper(const Subject& subject, const Trace& trace, unsigned width);
    std::vector<std::string> greeting() const;
    Answer answer(const std::string& command);
    std::uint64_t step() const { return step_; }
    std::string title() const;  // where it stands, in a line
    void set_width(unsigned columns) { width_ = columns; }

  private:
    using Words = std::vector<std::string>;
    using Handler = Answer (Stepper::*)(const Words&);
    struct Command {
        const char* name;
        const char* other;  // another name, or ""
        Handler handler;
        const char* arguments;
        const char* help;
    };
    static const std::vector<Command>& commands();

    Answer forward(const Words& words);
    Answer back(const Words& words);
    Answer go_on(const Words& words);
    Answer until(const Words& words);
    Answer go_to(const Words& words);
    Answer next_word(const Words& words);
    Answer word_before(const Words& words);
    Answer next_trouble(const Words& words);
    Answer trouble_before(const Words& words);
    Answer choose_cpu(const Words& words);
    Answer print(const Words& words);
    Answer held(const Words& words);
    Answer queue(const Words& words);
    Answer backtrace(const Words& words);
    Answer list(const Words& words);
    Answer save(const Words& words);
    Answer help(const Words& words);
    Answer quit(const Words& words);

    RunState state() const;
    // The steps at which something happened, of the chosen CPU if there is one.
    bool counts(const Event& event) const;
    std::optional<std::uint64_t> next_step(std::uint64_t after) const;
    std::optional<std::uint64_t> step_before(std::uint64_t step) const;
    std::optional<std::uint64_t> find(const StepCondition& condition);
    std::optional<std::uint64_t> next_finding() const;
    std::vector<std::uint64_t> word_changes() const;  // the steps, rising
    std::vector<std::uint64_t> troubles() const;      // errors and findings
    // To the next of these steps, or back to the last one.
    Answer jump(const Words& words, const std::vector<std::uint64_t>& steps, bool forward,
                const char* what);
    std::uint64_t last_step() const;
    Answer stop_at(std::uint64_t step);
    std::vector<std::string> rows(std::uint64_t from, std::uint64_t to, bool header) const;
    std::string end_text() const;

    const Subject& subject_;
    const Trace& trace_;
    unsigned width_;
    std::uint64_t step_ = 0;
    std::optional<CpuId> cpu_;
    std::unique_ptr<Rerun> rerun_;  // once an expression was asked
};

}  // namespace lockstep
