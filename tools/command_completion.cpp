// lockstep completion: the script for a shell to source.
#include "tools/command.h"
#include "tools/library.h"

namespace lockstep {

// The completion script asks the program itself for words, so that it cannot be out of date.
void add_completion_command(CLI::App& app, CommandBody& body) {
    const auto shell = std::make_shared<std::string>();
    CLI::App* const command = app.add_subcommand("completion", "print a shell completion script");
    command->add_option("shell", *shell, "bash")->required();
    command->footer("Example:\n  source <(lockstep completion bash)");
    command->callback([shell, &body] {
        body = [shell](Output& output) -> int {
            if (*shell != "bash") {
                complain("completion: `" + *shell + "` is not a known shell; expected bash");
                return kExitUsage;
            }
            std::string problem;
            const auto text = read_text_file(
                std::string(LOCKSTEP_SOURCE_DIR) + "/tools/completion.bash", problem);
            if (!text) {
                complain(problem);
                return kExitTryAgain;
            }
            output.write(*text);
            return kExitAsExpected;
        };
    });
}

}  // namespace lockstep
