#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# test_headers.sh SOURCE BUILD - every public header stands alone: as C11 with gcc and clang, as C++17 with g++ and clang++.
set -uo pipefail
source=$1
passed=0
failed=0

flags=(-I "$source/include" -fsyntax-only -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror)

# check COMPILER LANGUAGE STANDARD HEADER: a translation unit that includes the header twice and nothing else
check() {
    local unit="#include <nbl/$4>
#include <nbl/$4>
typedef int nbl_header_check;"
    if "$1" "${flags[@]}" -x "$2" "-std=$3" - <<<"$unit"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAILED: <nbl/$4> as $3 with $1"
    fi
}

for compiler in "gcc c c11" "clang c c11" "g++ c++ c++17" "clang++ c++ c++17"; do
    read -r program language standard <<<"$compiler"
    for header in "$source"/include/nbl/*.h; do
        check "$program" "$language" "$standard" "$(basename "$header")"
    done
done

echo "nbl-cases: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
