#!/usr/bin/env bash
# The same picks must mean the same steps in every build: failing runs are made with each of the
# given binaries, and every repro file is replayed with every binary, in another folder. Compilers,
# optimisation and sanitizers may not be visible in a step hash.
#
#   tests/tools/across_builds.sh build/lockstep build-asan/lockstep ...
set -uo pipefail

readonly kUsage=64
readonly broken_ports=(broken/leaked-node broken/counts-own-attempt broken/whole-word-unlock)
root=$(cd -- "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")/../.." && pwd)
readonly root
wrong=0 replays=0
hashes=()

if (($# < 2)); then
    printf 'usage: %s BINARY BINARY...\n' "$(basename "$0")" >&2
    exit "$kUsage"
fi
binaries=()
for binary in "$@"; do
    if [[ ! -x "$binary" ]]; then
        printf 'across_builds: no program %s\n' "$binary" >&2
        exit "$kUsage"
    fi
    binaries+=("$(readlink -f -- "$binary")")
done
scratch=$(mktemp -d)
readonly scratch
trap 'rm -rf -- "$scratch"' EXIT
export LOCKSTEP_SCENARIOS="$root/scenarios"
mkdir "$scratch/elsewhere"

# A condition that no lock can meet makes every port fail, the kernel's own as well.
impossible() {
    sed -e 's/^name: .*/name: impossible/' -e 's/^  always:$/&\n    - A.word == 1/' \
        "$root/scenarios/deadlock/abba-race.yaml"
}

complain() {
    printf 'across_builds: %s\n' "$*" >&2
    wrong=$((wrong + 1))
}

# Makes one failing run with binary number $1 of scenario $2 on port $3; prints its repro file.
make_failure() {
    local state="$scratch/state$1"
    XDG_STATE_HOME="$state" "${binaries[$1]}" run "$2" --port "$3" |
        sed -n 's/.*the whole run in one file: //p' | head -n 1
}

# Prints the step hash of replaying file $2 with binary number $1; fails unless the failure is back.
hash_of() {
    local told code
    told=$(cd -- "$scratch/elsewhere" && "${binaries[$1]}" replay "$2")
    code=$?
    sed -n 's/.*step hash \([0-9a-f]*\).*/\1/p' <<<"$told"
    ((code == 1))
}

# Makes a failure with every binary and replays each with all of them: one hash for all.
compare() {
    local scenario="$1" port="$2" maker player file hash first=''
    for maker in "${!binaries[@]}"; do
        file=$(make_failure "$maker" "$scenario" "$port")
        if [[ ! -s "$file" ]]; then
            complain "${binaries[$maker]} does not fail on $port"
            continue
        fi
        for player in "${!binaries[@]}"; do
            replays=$((replays + 1))
            if ! hash=$(hash_of "$player" "$file"); then
                complain "$port: ${binaries[$player]} cannot replay what ${binaries[$maker]} made"
            fi
            first="${first:-$hash}"
            if [[ -z "$hash" || "$hash" != "$first" ]]; then
                complain "$port: step hash $hash of ${binaries[$player]}, $first expected" \
                    "(made by ${binaries[$maker]})"
            fi
        done
    done
    hashes+=("$(printf '%-28s %s' "$port" "$first")")
}

impossible >"$scratch/impossible.yaml"
for port in "${broken_ports[@]}"; do compare contention-3cpu "$port"; done
for port in rqspinlock linux/x86_64 linux/arm64; do
    if "${binaries[0]}" list ports | grep -q "^$port "; then
        compare "$scratch/impossible.yaml" "$port"
    fi
done
printf '%s\n' "${hashes[@]}"
printf '%d replays with %d builds, %d wrong\n' "$replays" "${#binaries[@]}" "$wrong"
((wrong == 0))
