#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# test_model.sh - has SPIN search all states of each model, and sees to it that each claim can fail.
#
#     test_model.sh SOURCE BUILD
#
# A search counts only when it was complete and found nothing; a broken model only when an assertion or a deadlock was found.
set -uo pipefail
models=$1/tests/model
work=$2/model
passed=0
failed=0
depth=8000000

verdict() {
    if [ "$1" = ok ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        printf 'FAILED: '
    fi
    printf '%s: %s\n' "$2" "$3"
}

# search MODEL DEFINE... leaves SPIN's report in $report; fails when there is none.
search() {
    local folder
    folder=$(mktemp -d -p "$work")
    report=$(
        cd "$folder" || exit 1
        spin -a "${@:2}" "$models/$1.pml" && cc -w -O2 -DSAFETY -DCOLLAPSE -DMEMLIM=4000 -o pan pan.c && ./pan -m$depth
    ) 2>&1
    rm -rf "$folder"
    grep -q '^State-vector' <<<"$report"
}

states() { sed -n 's/^ *\([0-9e+.]*\) states, stored.*/\1 states/p' <<<"$report"; }

# all_states MODEL WORDS DEFINE...: nothing is found, and nothing was left out.
all_states() {
    if search "$1" "${@:3}" && grep -q 'errors: 0$' <<<"$report" \
        && ! grep -qE 'max search depth too small|MEMLIM|out of memory|Search not completed|truncated|aborted' <<<"$report"; then
        verdict ok "$1, $2" "$(states), no error"
    else
        verdict bad "$1, $2" "$(grep -E '^pan|errors:|[Ee]rror|depth too small' <<<"$report" | head -n 5)"
    fi
}

# must_fail MODEL DEFINE: the broken model is found out.
must_fail() {
    if search "$1" "-D$2" && grep -q 'errors: 1$' <<<"$report" \
        && grep -qE '^pan:1: (assertion violated|invalid end state)' <<<"$report"; then
        verdict ok "$1, $2" "found: $(sed -n 's/^pan:1: \(.\{1,60\}\).*/\1/p' <<<"$report")"
    else
        verdict bad "$1, $2" "was not found out"
    fi
}

command -v spin >/dev/null || { echo "FAILED: spin is missing (Debian: spin)"; exit 1; }
mkdir -p "$work"

all_states slab "two threads"
all_states slab "one thread, with counts" -DTHREADS=1 -DCOUNTS
all_states slab "one thread, chunks of 4" -DTHREADS=1 -DCHUNK=4
for broken in $(grep -o 'BROKEN_[A-Z]\{2,\}' "$models/slab.pml" | sort -u); do
    must_fail slab "$broken"
done
all_states list_state "five lists"
for broken in $(grep -o 'BROKEN_[A-Z]\{2,\}' "$models/list_state.pml" | sort -u); do
    must_fail list_state "$broken"
done
echo "nbl-cases: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
