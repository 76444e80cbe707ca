#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# test_dot.sh SOURCE BUILD - Graphviz accepts every picture, says nothing about it, and draws the boxes and arrows that are
# to be seen.
set -uo pipefail
source=$1
build=$2
CC=${CC:-gcc}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0
failed=0

if ! command -v dot >/dev/null; then
    echo "FAILED: graphviz is not installed, so nobody says whether it accepts our pictures"
    echo "nbl-cases: 0 passed, 1 failed"
    exit 1
fi

case_ends() {
    if [ "$2" -eq 0 ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAILED: $1"
    fi
}

# holds NUMBER PATTERN FILE
holds() {
    local found
    found=$(grep -cE -- "$2" "$3")
    [ "$found" -eq "$1" ] || echo "$found, not $1: $2"
    [ "$found" -eq "$1" ]
    case_ends "$(basename "$3") holds $1 of $2" $?
}

accepts() {
    dot -Tsvg "$1" >"$1.svg" 2>"$1.said" && [ ! -s "$1.said" ] && grep -q '</svg>' "$1.svg"
    case_ends "dot accepts $(basename "$1")" $?
    cat "$1.said"
}

"$build/examples/picture" >"$work/picture"
accepts "$work/picture"
holds 11 'class="node"' "$work/picture.svg" # 3 NBLs, 3 NBs, 5 MDLs
holds 13 'class="edge"' "$work/picture.svg"
holds 2 '>derived from<' "$work/picture.svg"
holds 2 '>same bytes<' "$work/picture.svg"
holds 7 'data [0-9]+</text>' "$work/picture.svg" # two NBs share the first two MDLs
holds 11 'class="node"' "$source/examples/picture/picture.svg"

"$CC" -std=c11 -Wall -Wextra -Werror -I "$source/include" "$source/tests/dump/odd.c" "$build/lib/libnbl.a" -pthread \
    -o "$work/odd" && "$work/odd" >"$work/pictures"
case_ends "odd pictures are drawn" $?
csplit -s -z -f "$work/odd." "$work/pictures" '/^digraph/' '{*}'
for picture in "$work"/odd.0?; do
    accepts "$picture"
done
holds 0 'class="node"' "$work/odd.00.svg"
holds 2 'class="node"' "$work/odd.01.svg"
holds 5 'class="node"' "$work/odd.02.svg"
holds 1 'ByteCount 4, not mapped<' "$work/odd.02.svg"
holds 1 'and 5 NET_BUFFERs more' "$work/odd.03.svg"
holds 1 'and 3 MDLs more' "$work/odd.03.svg"
holds 1 'and 2 NET_BUFFER_LISTs more' "$work/odd.03.svg"

echo "nbl-cases: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
