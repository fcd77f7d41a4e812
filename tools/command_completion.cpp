// lockstep completion: the script for a shell to source. It asks the program itself for words, so
// that it cannot be out of date.
#include "tools/commands.h"
#include "tools/library.h"
#include "tools/suggest.h"

namespace lockstep {

int command_completion(const std::string& shell, Output& output) {
    if (shell != "bash" && shell != "zsh")
        throw UsageError("no completion for shell `" + shell + "`; expected bash or zsh" +
                         did_you_mean(shell, {"bash", "zsh"}));
    std::string problem;
    std::optional<std::string> text =
        read_text_file(LOCKSTEP_SOURCE_DIR "/tools/completion.bash", problem);
    if (!text) throw TryAgain(problem);
    // zsh runs the script of bash in its own emulation.
    if (shell == "zsh") output.line("autoload -U +X bashcompinit && bashcompinit");
    output.write(*text);
    return kExitAsExpected;
}

}  // namespace lockstep
