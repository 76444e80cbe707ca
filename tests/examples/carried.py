#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""carried.py - has tshark take the output of carry apart, and compares each inner frame with the capture that went in.

    carried.py CAPTURE OUTPUT DELIVERED

tshark reassembles the IPv4 fragments, checks the checksum of every outer IPv4 header, and finds the tunnel; what follows the
VXLAN header in the UDP payload is the inner frame. Every frame that fits must be there, byte for byte, once, and the frames of a
flow in the order of the capture. When DELIVERED (a number) is smaller than that, sends were made to fail: then exactly
DELIVERED frames must be there, each of them one of the capture, and still in order.
"""
import subprocess
import struct
import sys
from collections import Counter, defaultdict
from pathlib import Path

LONGEST = 65535 - 36  # an inner frame, with IPv4, UDP and VXLAN headers
HEADER = 8            # of VXLAN
FIELDS = ["frame.number", "ip.src", "ip.checksum.status", "udp.dstport", "vxlan.vni", "udp.payload"]


def read_capture(path):
    """Returns the frames of a pcap file; our own reading, not libpcap's."""
    data = path.read_bytes()
    order = "<" if data[:4] == b"\xd4\xc3\xb2\xa1" else ">"
    frames, place = [], 24
    while place < len(data):
        captured = struct.unpack_from(order + "I", data, place + 8)[0]
        frames.append(data[place + 16:place + 16 + captured])
        place += 16 + captured
    return frames


def dissect(path):
    """Returns tshark's fields of every packet. Anything that tshark says besides is a complaint."""
    command = ["tshark", "-n", "-r", str(path), "-o", "ip.defragment:TRUE", "-o", "ip.check_checksum:TRUE",
               "-T", "fields", "-E", "occurrence=f"] + [word for field in FIELDS for word in ("-e", field)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    said = [line for line in result.stderr.splitlines() if line and not line.startswith("Running as user")]
    if result.returncode != 0 or said:
        raise SystemExit(f"{path.name}: tshark complains: {' '.join(said)} (status {result.returncode})")
    return [dict(zip(FIELDS, line.split("\t"))) for line in result.stdout.splitlines()]


def inner_frames(packets):
    """Returns the frames inside the tunnel. The last fragment of each datagram is where tshark shows the whole."""
    frames = []
    for packet in packets:
        number = packet["frame.number"]
        if packet["ip.src"] != "192.0.2.1" or packet["ip.checksum.status"] != "1":
            raise SystemExit(f"packet {number}: bad outer IPv4 header: {packet['ip.src']} {packet['ip.checksum.status']}")
        if packet["udp.dstport"]:
            if packet["udp.dstport"] != "4789" or packet["vxlan.vni"] != "42":
                raise SystemExit(f"packet {number}: no tunnel: {packet['udp.dstport']} {packet['vxlan.vni']}")
            frames.append(bytes.fromhex(packet["udp.payload"].replace(":", ""))[HEADER:])
    return frames


def flow(frame):
    """Returns a key at least as fine as a flow: frames with the same key have kept their order."""
    link = 18 if frame[12:14] in (b"\x81\x00", b"\x88\xa8") else 14
    kind = frame[link - 2:link]
    if kind == b"\x08\x00" and len(frame) >= link + 20:
        ip = frame[link:]
        fragment = int.from_bytes(ip[6:8], "big") & 0x3FFF
        length = (ip[0] & 15) * 4
        return frame[:link], ip[:1], ip[9:10], ip[12:20], ip[4:6] if fragment else ip[length:length + 4], bool(fragment)
    if kind == b"\x86\xdd" and frame[link + 6:link + 7] in (b"\x06", b"\x11"):
        return frame[:link], frame[link:link + 1] >= b"\x60", frame[link + 6:link + 44]
    return frame[:link + 80]


def by_flow(frames):
    """Returns for each flow its frames in order."""
    flows = defaultdict(list)
    for frame in frames:
        flows[flow(frame)].append(frame)
    return flows


def is_subsequence(some, every):
    rest = iter(every)
    return all(frame in rest for frame in some)


def main():
    capture, output, delivered = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
    sent = [frame for frame in read_capture(capture) if 14 <= len(frame) <= LONGEST]
    packets = dissect(output)
    found = inner_frames(packets)
    surplus = Counter(found) - Counter(sent)
    if len(found) != delivered or surplus:
        raise SystemExit(f"{len(found)} inner frames, {delivered} delivered; {surplus.total()} are none of the capture's")
    if delivered == len(sent) and Counter(sent) != Counter(found):
        raise SystemExit("some frames of the capture are not there")
    sent_flows = by_flow(sent)
    for key, frames in by_flow(found).items():
        if not is_subsequence(frames, sent_flows[key]):
            raise SystemExit(f"a flow of {len(frames)} frames has lost its order")
    print(f"{len(packets)} packets, {len(found)} of {len(sent)} frames found, {len(by_flow(found))} flows in order")


if __name__ == "__main__":
    main()
