#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# test_gdb.sh SOURCE BUILD - the gdb commands say what a program of known contents holds: in the live process, in a core
# file, and in malloc mode; and refuse what they cannot show.
set -uo pipefail
source=$1
CC=${CC:-gcc}
script=$source/lib/verify/nbl-gdb.py
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0
failed=0

if ! command -v gdb >/dev/null; then
    echo "FAILED: gdb is not installed, so its commands are not tested"
    echo "nbl-cases: 0 passed, 1 failed"
    exit 1
fi

# says NAME PATTERN FILE: a case, passed when a line of the file matches
says() {
    if grep -qE -- "$2" "$3"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAILED: $1: no line is like: $2"
        head -n 60 "$3"
    fi
}

# same NAME FILE FILE: a case, passed when the files are equal
same() {
    if cmp -s "$2" "$3"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAILED: $1"
        diff "$2" "$3" | head -n 20
    fi
}

# counts NAME NUMBER PATTERN FILE
counts() {
    local found
    found=$(grep -cE -- "$3" "$4")
    if [ "$found" -eq "$2" ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAILED: $1: $found lines, not $2, are like: $3"
        head -n 60 "$4"
    fi
}

# The library and the program, with debug information: as a package would be built, and as a developer builds.
(cd "$work" && for file in "$source"/lib/*/*.c; do
    "$CC" -std=c11 -g -O2 -DNBL_BUILDING -fvisibility=hidden -I "$source/include" -I "$source/lib" -c "$file" \
        -o "$(basename "$(dirname "$file")")_$(basename "$file" .c).o" || exit 1
done && "$CC" -std=c11 -g -O0 -I "$source/include" "$source/tests/dump/held.c" ./*.o -pthread -o held) || exit 1

debug() { gdb -q -batch -nx -iex 'set auto-load off' -iex 'set debuginfod enabled off' -ex "source $script" "$@" 2>&1; }

questions=(-ex 'nbl pools' -ex 'echo ----\n' -ex 'nbl outstanding' -ex 'echo ----\n' -ex 'nbl show packet'
    -ex 'nbl show *clone' -ex 'nbl show clone->FirstNetBuffer' -ex 'nbl show lonely' -ex 'nbl show shared'
    -ex 'nbl show circle' -ex 'nbl outstanding buffer_pool' -ex 'nbl show (MDL *)0')

# ---- the live process, and the core file that it leaves ----
start=(-ex 'break stop_here' -ex 'run' -ex 'up' -ex 'echo ====\n')
debug "${start[@]}" "${questions[@]}" -ex "generate-core-file $work/core" "$work/held" >"$work/whole"
sed '1,/^====$/d; /^Saved corefile/d; /^warning: /d' "$work/whole" >"$work/live"
says "a core file is left" '^Saved corefile' "$work/whole"
live=$work/live

says "pools: geometry and counts" "^NBL pool 0x[0-9a-f]+ tag 'PtkA' DataSize 256 ContextSize 0 ProtocolId 0 \
fAllocateNetBuffer TRUE block [0-9]+ live 1 cached [0-9]+ bytes [0-9]+$" "$live"
says "pools: a NB pool" "^NB pool 0x[0-9a-f]+ tag 'Ptkc' DataSize 64 block [0-9]+ live 1 " "$live"
sed -n '/^----$/,/^----$/p' "$live" >"$work/outstanding"
says "outstanding: pool clone, fragments and circle are one pool's" " tag 'PtkB' .* live 3 " "$work/outstanding"
counts "outstanding: NBLs" 5 '^  NBL 0x' "$work/outstanding"
counts "outstanding: a plain one and the circle's" 2 '^  NBL 0x[0-9a-f]+ plain$' "$work/outstanding"
counts "outstanding: clones" 2 '^  NBL 0x[0-9a-f]+ clone$' "$work/outstanding"
counts "outstanding: fragments" 1 '^  NBL 0x[0-9a-f]+ fragment$' "$work/outstanding"
counts "outstanding: windows of the fragments" 2 '^    NB 0x[0-9a-f]+ DataOffset 0 DataLength 34$' "$work/outstanding"
counts "outstanding: the last fragment" 1 '^    NB 0x[0-9a-f]+ DataOffset 0 DataLength 24$' "$work/outstanding"
says "outstanding: the window of the packet" '^    NB 0x[0-9a-f]+ DataOffset 206 DataLength 50$' "$work/outstanding"
says "outstanding: the NB of a NB pool" '^  NB 0x[0-9a-f]+ DataOffset 64 DataLength 0$' "$work/outstanding"
says "outstanding: what belongs to no pool" '^of no pool of yours$' "$work/outstanding"
says "outstanding: a circle" '^    ! a circle' "$work/outstanding"

says "show: kind and children" '^NET_BUFFER_LIST 0x[0-9a-f]+ \(plain with derived lists: 3\)$' "$live"
says "show: flags" '^  NblFlags            0x00001200 IS_IPV4 \| IS_UDP$' "$live"
says "show: out-of-band information" '^  Ieee8021QNetBufferListInfo 0x70$' "$live"
says "show: the share of an MDL" '^      bytes backfill \[0, 206\) data \[206, 256\)$' "$live"
says "show: data" '^      0000  68 65 6c 6c 6f 70 70 .* hellop+$' "$live"
says "show: an object that is no pointer" '^NET_BUFFER_LIST 0x[0-9a-f]+ \(clone\)$' "$live"
says "show: a NET_BUFFER" '^NET_BUFFER 0x[0-9a-f]+ \(derived\)$' "$live"
says "show: a NET_BUFFER of a pool" '^NET_BUFFER 0x[0-9a-f]+ \(from a NB pool\)$' "$live"
says "show: an MDL" '^MDL 0 0x[0-9a-f]+ ByteCount 256 ' "$live"
says "show: a circle" '^  ! a circle: the last leads back to element 0' "$live"
says "show: NULL" '^NULL$' "$live"

# ---- the core file: the same words, and no process ----
(echo ====; debug -ex 'frame 1' -ex 'echo ====\n' "${questions[@]}" "$work/held" "$work/core") >"$work/whole"
sed '1,/^#1 /d; 1,/^====$/d' "$work/whole" >"$work/dead"
says "core file: it is read" '^NBL pool 0x' "$work/dead"
same "core file: word for word as the live process" "$live" "$work/dead"

# ---- what cannot be shown ----
debug "${start[@]}" -ex 'nbl show untyped' -ex 'nbl show 7' -ex 'nbl show nothing_of_that_name' -ex 'nbl show' \
    -ex 'nbl outstanding packet' -ex 'nbl show (NET_BUFFER_LIST *)16' "$work/held" >"$work/refused"
says "a void pointer is refused with advice" 'a void pointer: say what it is' "$work/refused"
says "a number is refused" 'is no NET_BUFFER_LIST, NET_BUFFER or MDL' "$work/refused"
says "an unknown name is said" 'No symbol "nothing_of_that_name"' "$work/refused"
says "an expression is needed" 'nbl show EXPRESSION' "$work/refused"
says "memory that cannot be read is said" '^Cannot access memory at address 0x' "$work/refused"
says "what is no pool is said" 'is no live pool$' "$work/refused"
counts "no Python error shows" 0 'Traceback|Python Exception' "$work/refused"
counts "no Python error shows in the live process" 0 'Traceback|Python Exception' "$live"

# ---- malloc mode: there are no chunks to walk ----
debug -ex 'set environment NBL_POOL_MODE malloc' "${start[@]}" -ex 'nbl outstanding' "$work/held" >"$work/malloc"
says "malloc mode: counted, and said to be beyond a walk" 'and 1 more, which are no blocks' "$work/malloc"

# ---- before the first pool, and without debug information ----
debug -ex 'break main' -ex 'run' -ex 'nbl pools' "$work/held" >"$work/early"
says "before the first pool" '^no pool$' "$work/early"
strip -o "$work/stripped" "$work/held"
debug -ex 'starti' -ex 'nbl pools' "$work/stripped" >"$work/bare"
says "without debug information" 'built with debug information|debug information' "$work/bare"

echo "nbl-cases: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
