#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# test_carry.sh SOURCE BUILD - carry loses nothing: on each shipped capture, in every geometry, and whatever allocation fails.
set -uo pipefail
# shellcheck source-path=SCRIPTDIR source=cases.sh
. "$(dirname "$0")/cases.sh" "$@"

whole='bytes lost 0, NBLs outstanding 0'

# carries NAME ARGUMENTS... : status 0, nothing lost, no rule broken
carries() {
    timeout 120 "$carry" --check --no-out "${@:2}" >"$work/said" 2>&1 &&
        [ "$(tail -n 1 "$work/said")" = "$whole" ] && grep -q 'NDIS rules broken  *0$' "$work/said"
    case_ends "$1: $(basename "${!#}") ${*:2:$#-2}" $?
}

for capture in "$captures"/*.pcap; do
    for mode in magazine malloc; do
        export NBL_POOL_MODE=$mode
        carries $mode "$capture"
        carries $mode --mtu 576 --mdls 1 --stale-every 1 "$capture"
        carries $mode --mtu 296 --fail-every 7 "$capture"
        carries $mode --mtu 68 --mdls 64 --stale-every 2 --fail-every 2 "$capture"
        carries $mode --loops 3 --fail-every 1 --stale-every 0 "$capture"
    done
    unset NBL_POOL_MODE
done

# beginning NAME FRAMES : the first frames of a shipped capture, for runs that are repeated many times
beginning() {
    python3 - "$captures/$1.pcap" "$2" "$work/$1.pcap" <<'END'
import struct, sys
data, place = open(sys.argv[1], "rb").read(), 24
for _ in range(int(sys.argv[2])):
    place += 16 + struct.unpack_from("<I", data, place + 8)[0]
open(sys.argv[3], "wb").write(data[:place])
END
}

# The k-th allocation fails, for k = 1.. until there is no k-th.
every_allocation_fails() {
    local k
    for ((k = 1; k < 5000; k++)); do
        "$carry" --check --no-out --fail-allocation $k "$@" >"$work/said" 2>&1 && grep -q "^$whole\$" "$work/said" || return 1
        grep -q 'allocations made to fail' "$work/said" || break
    done
    echo "$k allocations: ${*: -1}" >>"$work/said"
    [ $k -gt 2 ] && [ $k -lt 5000 ]
}

beginning mptcp-v0 40
beginning various_gre 12
beginning isis_iid_tlv 12
for capture in mptcp-v0 various_gre isis_iid_tlv; do
    every_allocation_fails --mtu 296 "$work/$capture.pcap"
    case_ends "each allocation fails once: $capture" $?
    NBL_POOL_MODE=malloc every_allocation_fails --mtu 296 --stale-every 2 --fail-every 7 "$work/$capture.pcap"
    case_ends "each allocation fails once, malloc mode: $capture" $?
done

"$carry" --out "$work/default.pcap" >"$work/said" 2>&1
case_ends "the default capture" $?

"$carry" --no-out --fail-every 7 --mtu 576 "$captures/mptcp-v0.pcap" >"$work/said" 2>&1
grep -q 'NDIS_STATUS_FAILURE' "$work/said" && grep -q 'not carried.*--fail-every' "$work/said"
case_ends "failed sends are counted by status and by reason" $?

"$carry" --no-out "$captures/bigtcp-ipv4-vxlan-ipv4.pcap" >"$work/said" 2>&1
grep -q 'NDIS_STATUS_INVALID_LENGTH  *1$' "$work/said" && grep -q 'not carried  *1  longer than' "$work/said"
case_ends "a frame longer than IPv4 carries is counted with its reason" $?

# A comparison that could not fail would prove nothing: every damaged frame must be missed, and no other.
"$carry" --no-out --damage-every 100 --mtu 9000 "$captures/mptcp-v0.pcap" >"$work/said" 2>&1
[ $? -eq 1 ] && grep -q '^  frames delivered, every byte equal  *262$' "$work/said" &&
    grep -qE '^bytes lost [1-9][0-9]*, NBLs outstanding 0$' "$work/said"
case_ends "bits that the wire flips are noticed: status 1" $?

cases_end
