# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2034
#
# cases.sh - sourced by the tests here: counts cases, keeps a folder for what they write, and finds carry.
#
#     case_ends NAME STATUS    counts a case; prints its name and what $work/said holds when STATUS is not 0
#     cases_end                prints the count; its status is the test's

source=$1
build=$2
captures=$source/examples/captures
carry=$build/examples/carry
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0
failed=0

if [ ! -x "$carry" ]; then
    echo "FAILED: $carry was not built"
    exit 1
fi

case_ends() {
    if [ "$2" -eq 0 ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAILED: $1"
        tail -n 5 "$work/said" 2>/dev/null
    fi
}

cases_end() {
    echo "nbl-cases: $passed passed, $failed failed"
    [ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
}
