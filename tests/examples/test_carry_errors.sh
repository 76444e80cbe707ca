#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# test_carry_errors.sh SOURCE BUILD - what carry says about files and words that it cannot use: one line on standard error,
# exit status 2.
set -uo pipefail
# shellcheck source-path=SCRIPTDIR source=cases.sh
. "$(dirname "$0")/cases.sh" "$@"

good=$captures/mptcp-v0.pcap
out=(--out "$work/out.pcap")

# refuses PATTERN ARGUMENTS... : status 2, and standard error is one line that matches
refuses() {
    timeout 60 "$carry" "${out[@]}" "${@:2}" >"$work/table" 2>"$work/said"
    [ $? -eq 2 ] && [ "$(wc -l <"$work/said")" -eq 1 ] && grep -qE "^carry: $1" "$work/said"
    case_ends "carry ${*:2}: $1" $?
}

# carries_part FRAMES : the frames before the damage were carried, and nothing of them is lost
carries_part() {
    grep -q "^  frames  *$1\$" "$work/table" && grep -q '^bytes lost 0, NBLs outstanding 0$' "$work/table"
    case_ends "the $1 frames before the damage are carried" $?
}

# ---- files ----
: >"$work/empty.pcap"
refuses ".*empty.pcap: is empty" "$work/empty.pcap"
head -c 10 "$good" >"$work/short.pcap"
refuses ".*short.pcap: not a capture: truncated" "$work/short.pcap"
head -c 24 "$good" >"$work/none.pcap"
refuses ".*none.pcap: is empty: .*no frame" "$work/none.pcap"
[ ! -s "$work/table" ]
case_ends "no table of nothing" $?
head -c 5000 /dev/urandom >"$work/noise.pcap"
printf 'noise' | dd of="$work/noise.pcap" conv=notrunc status=none
refuses ".*noise.pcap: not a capture: unknown file format" "$work/noise.pcap"
refuses ".*README.md: not a capture" "$source/README.md"
refuses ".*: Is a directory" "$captures"
refuses ".*: No such file" "$work/absent.pcap"
head -c 1000 "$good" >"$work/cut.pcap"
refuses ".*cut.pcap: frame 9, which begins at byte [0-9]+: truncated" "$work/cut.pcap"
carries_part 8
head -c 30 "$good" >"$work/cut-first.pcap"
refuses ".*cut-first.pcap: frame 1, which begins at byte 24: truncated" "$work/cut-first.pcap"
refuses ".*cut.pcap: frame 9," --loops 3 "$work/cut.pcap"
{ head -c 24 "$good"; printf '\0\0\0\0\0\0\0\0\xff\xff\xff\x7f\xff\xff\xff\x7f'; head -c 200 "$good"; } >"$work/liar.pcap"
refuses ".*liar.pcap: frame 1, which begins at byte 24: " "$work/liar.pcap"

# ---- the output ----
out=()
cp "$good" "$work/same.pcap"
refuses ".*same.pcap: is the capture itself" --out "$work/same.pcap" "$work/same.pcap"
cmp "$good" "$work/same.pcap"
case_ends "and is still there" $?
refuses ".*nowhere/out.pcap: cannot be written: No such file" --out "$work/nowhere/out.pcap" "$good"
refuses "/dev/full: could not be written to its end: No space" --out /dev/full "$good"

# ---- words ----
out=(--no-out)
refuses "--nonsense: no such option" --nonsense
refuses "-x: no such option" -x "$good"
refuses "--mtu: a value is missing" --mtu
refuses "--out: a value is missing" "$good" --out
for bad in '' 67 65536 -1 +1500 1500x 0x600 ' 1500' 99999999999999999999; do
    refuses "--mtu: '.*' is not a number from 68 to 65535" --mtu "$bad" "$good"
done
refuses "--mdls: '0' is not a number from 1 to 64" --mdls 0 "$good"
refuses "--loops: '0' is not a number" --loops 0 "$good"
refuses ".*: one capture at a time" "$good" "$good"

"$carry" --help >"$work/said" 2>&1 && grep -q '^usage: carry' "$work/said" && [ ! -s "$work/absent" ]
case_ends "--help is no error" $?

# ---- frames that VXLAN does not carry ----
# capture LINK-TYPE LENGTH : a capture of one frame of LENGTH zeros
capture() {
    # shellcheck disable=SC2059
    printf "\xd4\xc3\xb2\xa1\x02\0\x04\0\0\0\0\0\0\0\0\0\0\0\x04\0\x$1\0\0\0"
    # shellcheck disable=SC2059
    printf "\0\0\0\0\0\0\0\0\x$2\0\0\0\x$2\0\0\0"
    head -c $((0x$2)) /dev/zero
}
# counts PATTERN CAPTURE : status 0, nothing lost, and a row of the table that matches
counts() {
    "$carry" --check --no-out "$2" >"$work/said" 2>&1 && grep -qE "$1" "$work/said" && grep -q '^bytes lost 0,' "$work/said"
    case_ends "$(basename "$2"): $1" $?
}
capture 01 00 >"$work/zero.pcap"
counts 'not carried +1  shorter than an Ethernet header' "$work/zero.pcap"
capture 01 0d >"$work/thirteen.pcap"
counts 'not carried +1  shorter than an Ethernet header' "$work/thirteen.pcap"
capture 01 0e >"$work/fourteen.pcap"
counts 'frames delivered, every byte equal +1$' "$work/fourteen.pcap"
capture 65 20 >"$work/raw.pcap"
counts 'not carried: link type RAW +1  VXLAN carries Ethernet' "$work/raw.pcap"
counts 'completed: NDIS_STATUS_NOT_SUPPORTED +1$' "$work/raw.pcap"

# ---- damage of any kind: a table or one line, never a crash ----
cat >"$work/damage.py" <<'END'
import random, sys
capture, output, seed = sys.argv[1:]
dice = random.Random(int(seed))
data = bytearray(open(capture, "rb").read()[:20000])
for _ in range(dice.choice((1, 3, 10, 100))):
    place = dice.randrange(len(data)) if dice.random() < 0.9 else dice.randrange(40)
    data[place] = dice.choice((0, 255, data[place] ^ 1 << dice.randrange(8), dice.randrange(256)))
open(output, "wb").write(data[:dice.randrange(len(data))] if dice.random() < 0.2 else data)
END
seed=0
for capture in "$captures"/*.pcap; do
    outcome=0
    for _ in $(seq 10); do
        seed=$((seed + 1))
        python3 "$work/damage.py" "$capture" "$work/damaged.pcap" $seed
        timeout 60 "$carry" --check --mtu 296 --out "$work/out.pcap" "$work/damaged.pcap" >"$work/table" 2>"$work/said"
        status=$?
        [ $status -eq 0 ] || { [ $status -eq 2 ] && [ "$(wc -l <"$work/said")" -eq 1 ]; } || { outcome=$seed; break; }
    done
    case_ends "damaged $(basename "$capture"), seed $outcome" "$outcome"
done

cases_end
