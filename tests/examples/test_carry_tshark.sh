#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# test_carry_tshark.sh SOURCE BUILD - tshark, which shares no code with libnbl, reassembles what left the machine and finds
# every inner frame again; tcpdump reads it without complaint.
set -uo pipefail
# shellcheck source-path=SCRIPTDIR source=cases.sh
. "$(dirname "$0")/cases.sh" "$@"
here=$(dirname "$0")

for tool in tshark tcpdump python3; do
    if ! command -v $tool >/dev/null; then
        echo "FAILED: $tool is not installed, so nothing independent judges the output of carry"
        failed=$((failed + 1))
    fi
done
[ "$failed" -eq 0 ] || { cases_end; exit 1; }

# tshark_finds CAPTURE OPTIONS... : everything that carry says it delivered
tshark_finds() {
    local delivered
    delivered=$("$carry" --out "$work/out.pcap" "${@:2}" "$1" | sed -n 's/^  frames delivered, every byte equal *//p')
    python3 "$here/carried.py" "$1" "$work/out.pcap" "${delivered:-none}" >"$work/said" 2>&1
    case_ends "tshark: $(basename "$1") ${*:2}" $?
}

tcpdump_reads() {
    tcpdump -n -r "$work/out.pcap" >/dev/null 2>"$work/said" && ! grep -qv '^reading from file' "$work/said"
    case_ends "tcpdump: $(basename "$1")" $?
}

for capture in "$captures"/*.pcap; do
    tshark_finds "$capture"
    tcpdump_reads "$capture"
    tshark_finds "$capture" --mtu 576
    tshark_finds "$capture" --mtu 296 --mdls 7
    tshark_finds "$capture" --mtu 576 --fail-every 7 --stale-every 1
    tcpdump_reads "$capture"
done

# The judge itself: it must see one wrong byte, a frame too few, and two frames of a flow that changed places.
"$carry" --out "$work/out.pcap" "$captures/mptcp-v0.pcap" >/dev/null
cat >"$work/spoil.py" <<'END'
import sys
sys.path.insert(0, sys.argv[1])
import carried
from pathlib import Path
path, way = Path(sys.argv[2]), sys.argv[3]
data, frames = path.read_bytes(), carried.read_capture(path)
records, place = [], 24
for frame in frames:
    records.append(bytearray(data[place:place + 16 + len(frame)]))
    place += 16 + len(frame)
if way == "byte":
    records[10][-1] ^= 1
if way == "missing":
    del records[10]
if way == "order":
    flows = [carried.flow(frame[50:]) for frame in frames]
    first = next(i for i in range(len(flows)) if flows.count(flows[i]) > 1)
    second = flows.index(flows[first], first + 1)
    records[first], records[second] = records[second], records[first]
path.write_bytes(data[:24] + b"".join(records))
END
for way in byte missing order; do
    cp "$work/out.pcap" "$work/spoilt.pcap"
    python3 "$work/spoil.py" "$here" "$work/spoilt.pcap" $way
    python3 "$here/carried.py" "$captures/mptcp-v0.pcap" "$work/spoilt.pcap" 264 >"$work/said" 2>&1 && spoilt=1 || spoilt=0
    grep -q Traceback "$work/said" && spoilt=1
    case_ends "carried.py sees the difference: $way" "$spoilt"
done

cases_end
