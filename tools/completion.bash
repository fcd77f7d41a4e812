# Completion of the lockstep command for bash: source this file. Options come from the program's own
# help and ports from its list, so neither can be out of date. It never builds anything: before the
# first build it completes commands and files only.

# Prints the built binary that command $1 stands for.
_lockstep_binary() {
    local path
    path=$(type -P -- "$1") || return 1
    path=$(readlink -f -- "$path")
    case "$path" in
        */tools/lockstep) path="${LOCKSTEP_BUILD:-${path%/tools/lockstep}/build}/lockstep" ;;
    esac
    [[ -x "$path" ]] && printf '%s\n' "$path"
}

# Prints what can follow the words typed so far; nothing means files.
_lockstep_words() {
    local before="$1" typed="$2" command="$3" second="$4" binary="$5"
    if [[ "$before" == --@(port|against-port) && -n "$binary" ]]; then
        "$binary" port list --json 2>/dev/null |
            sed -n -E 's/.*"name" *: *"([^"]+)".*/\1/p'
    elif [[ "$before" == --oracle ]]; then
        printf '%s\n' data-race fairness
    elif [[ "$before" == --strategy ]]; then
        printf '%s\n' random pct pos urw portfolio exhaustive bfs
    elif [[ "$typed" == -* && -n "$binary" ]]; then
        local words=(${command:+"$command"})
        if [[ "$command" == port && "$second" != -* ]]; then words+=(${second:+"$second"}); fi
        "$binary" "${words[@]}" --help 2>/dev/null | grep -oE -- '--[a-z][a-z-]+' | sort -u
    elif [[ -z "$command" ]]; then
        printf '%s\n' run explore replay show report step play learn export shrink matrix doctor \
            rqsl torture bpf-selftest list port completion --help --version
    elif [[ "$command" == port && -z "$second" ]]; then
        printf '%s\n' add edit bugs list remove
    elif [[ "$before" == --arch ]]; then
        printf '%s\n' x86_64 arm64 generic
    elif [[ "$before" == --config ]]; then
        printf '%s\n' queued tas paravirt
    fi
}

_lockstep() {
    local typed="${COMP_WORDS[COMP_CWORD]}" before="${COMP_WORDS[COMP_CWORD - 1]}"
    local command='' second='' words
    if ((COMP_CWORD > 1)); then command="${COMP_WORDS[1]}"; fi
    if ((COMP_CWORD > 2)); then second="${COMP_WORDS[2]}"; fi
    words=$(_lockstep_words "$before" "$typed" "$command" "$second" \
        "$(_lockstep_binary "${COMP_WORDS[0]}")")
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$typed")
    if ((${#COMPREPLY[@]} == 0)) && [[ "$typed" != -* ]] &&
        [[ "$before" != --@(port|against-port|oracle|strategy) ]]; then
        compopt -o filenames 2>/dev/null
        mapfile -t COMPREPLY < <(compgen -f -- "$typed")
    fi
}

complete -F _lockstep lockstep tools/lockstep ./tools/lockstep
