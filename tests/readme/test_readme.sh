#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# test_readme.sh SOURCE BUILD - compiles the first C block of README.md against the library, without a warning, and compares
# what it prints with the text block that follows it.
set -euo pipefail
source=$1
build=$2
CC=${CC:-gcc}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# block LANGUAGE prints the first fenced block of that language.
block() { awk -v fence='```'"$1" '$0 == fence && !done {on = 1; next} /^```/ && on {on = 0; done = 1} on' "$source/README.md"; }

block c >"$work/example.c"
block text >"$work/expected"
[ -s "$work/example.c" ] && [ -s "$work/expected" ]

lines=$(grep -cvE '^\s*$' "$work/example.c")
[ "$lines" -le 30 ] || { echo "the example has $lines lines: too long for a first look"; exit 1; }

"$CC" -std=c11 -Wall -Wextra -Wpedantic -Werror -I "$source/include" "$work/example.c" "$build/lib/libnbl.a" -pthread \
    -o "$work/example"
"$work/example" >"$work/printed"
diff "$work/expected" "$work/printed"
