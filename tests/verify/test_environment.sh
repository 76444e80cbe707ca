#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# test_environment.sh SOURCE BUILD - NBL_VERIFY gives a program that was built without a thought of it the verifier:
# with the static and with the shared library.
set -uo pipefail
source=$1
build=$2
CC=${CC:-gcc}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0
failed=0

# check NAME CONDITION... runs a condition.
check() {
    if "${@:2}"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAILED: $1"
        head -n 20 "$work/said"
    fi
}

# run VALUE ARGUMENTS... runs the program with NBL_VERIFY=VALUE and keeps its output and status.
run() {
    { NBL_VERIFY=$1 "$program" "${@:2}" >"$work/said" 2>&1; } 2>/dev/null
    status=$?
}

says() { grep -qE -- "$1" "$work/said"; }
silent() { [ ! -s "$work/said" ]; }
ended_with() { [ "$status" -eq "$1" ]; }
is_json() { python3 -c 'import json, sys; [json.loads(line) for line in sys.stdin]' <"$work/said"; }

flags=(-std=c11 -g -Wall -Wextra -Werror -I "$source/include" "$source/tests/verify/misuse.c")
"$CC" "${flags[@]}" "$build/lib/libnbl.a" -pthread -o "$work/static" || exit 1
"$CC" "${flags[@]}" -L "$build/lib" -lnbl "-Wl,-rpath,$build/lib" -o "$work/shared" || exit 1

for program in "$work/static" "$work/shared"; do
    "$program" >"$work/said" 2>&1
    status=$?
    check "without NBL_VERIFY nothing is said" silent
    check "without NBL_VERIFY the program goes on" ended_with 0
    run all
    check "a fatal violation ends the program" ended_with 134
    check "the report names rule and severity" says '^libnbl: NBL-08 fatal: '
    check "the report names the function that freed first" says 'at main\+|history +freed by NdisFreeNetBufferList'
    check "the report says what to do" says '^  to do '
    run all first
    check "a rule broken by the first call is told" says '^libnbl: OOB-05 fatal: '
    check "a rule broken by the first call ends the program" ended_with 134
    run continue lost
    check "continue goes on" ended_with 0
    check "what is alive is told at the end" says '^libnbl: 3 objects are alive'
    check "two lists come from two places" says '^  1 NET_BUFFER_LIST, '
    run suppress=NBL-08,exit=9 lost
    check "what is lost decides the status" ended_with 9
    run suppress=NBL-08,exit=9
    check "nothing lost leaves the status alone" ended_with 0
    check "a suppressed rule is silent" silent
    run json,continue
    check "JSON can be read" is_json
    run all,wrong-word
    check "a wrong word ends the program" ended_with 134
    check "a wrong word is named" says "^libnbl: NBL_VERIFY: 'wrong-word' is none of "
    run suppress=NBL-99
    check "a rule that is none is named" says "'suppress=NBL-99'"
done

echo "nbl-cases: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
