// lockstep step: one execution, forwards and backwards, a step at a time.
#include "tools/commands.h"
#include "tools/console.h"
#include "tools/shown_run.h"
#include "tools/stepper.h"
#include "tools/stepper_screen.h"

namespace lockstep {

int command_step(const StepArguments& arguments, Output& output) {
    const ShownRun shown(arguments.run);
    if (const std::optional<int> code = shown.refused("step through")) return *code;
    Stepper stepper(shown.subject, shown.trace,
                    arguments.width != 0 ? arguments.width : output.width());
    if (arguments.screen) {
        step_on_screen(stepper);
        return kExitAsExpected;
    }
    if (!arguments.json)
        for (const std::string& line : stepper.greeting()) output.line(line);
    return converse({"(step) ", arguments.json}, output,
                    [&](const std::string& command) { return stepper.answer(command); });
}

}  // namespace lockstep
