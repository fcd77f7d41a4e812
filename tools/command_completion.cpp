// lockstep completion: a script for bash or zsh that completes commands, options and names. The
// names come from `lockstep list` at the moment of pressing TAB, so they are never out of date.
#include "tools/commands.h"
#include "tools/suggest.h"

namespace lockstep {

namespace {

constexpr const char* kBash =
    R"script(# lockstep completion for bash: source <(lockstep completion bash)
_lockstep_names() {
    "$1" list "$2" --json 2>/dev/null | sed -n 's/^ *"name": "\([^"]*\)",*$/\1/p'
}
_lockstep() {
    local program="${COMP_WORDS[0]}" current="${COMP_WORDS[COMP_CWORD]}"
    local previous="${COMP_WORDS[COMP_CWORD-1]}" command="${COMP_WORDS[1]}" words=""
    if [[ $COMP_CWORD -eq 1 ]]; then
        words="run replay show list port completion --help --version"
    elif [[ $previous == --port ]]; then
        words="$(_lockstep_names "$program" ports)"
    elif [[ $previous == --scheduler ]]; then
        words="$(_lockstep_names "$program" schedulers)"
    elif [[ $previous == --arch ]]; then
        words="x86_64 arm64 generic"
    elif [[ $previous == --config ]]; then
        words="queued tas paravirt noevtstrm nopending"
    elif [[ $current == -* ]]; then
        words="$("$program" "$command" --help 2>/dev/null | grep -o -- '--[a-z][a-z-]*' | sort -u)"
    else
        case "$command" in
            run | show) words="$(_lockstep_names "$program" scenarios)" ;;
            list) words="scenarios ports oracles schedulers memories points" ;;
            port) words="add list remove" ;;
            completion) words="bash zsh" ;;
        esac
        COMPREPLY=($(compgen -f -- "$current"))
    fi
    COMPREPLY+=($(compgen -W "$words" -- "$current"))
}
complete -o filenames -F _lockstep lockstep
)script";

constexpr const char* kZsh = R"script(#compdef lockstep
# lockstep completion for zsh: source <(lockstep completion zsh)
autoload -U +X bashcompinit && bashcompinit
)script";

}  // namespace

int command_completion(const std::string& shell, Output& output) {
    if (shell != "bash" && shell != "zsh")
        throw UsageError("no completion for shell `" + shell + "`; expected bash or zsh" +
                         did_you_mean(shell, {"bash", "zsh"}));
    if (shell == "zsh") output.write(kZsh);
    output.write(kBash);
    return kExitAsExpected;
}

}  // namespace lockstep
