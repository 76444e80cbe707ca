#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""report.py - one table from the JSON of one or two builds: libnbl, its best peer, the ratio, and how far the
targets are.

    report.py BASELINE.json [NATIVE.json] [--markdown] [--must]

The targets hold for the baseline (the shared library that a user installs). --must: only the targets that must be met,
and status 1 when one is missed.
"""
import json
import os
import statistics
import sys

HERE = os.path.dirname(os.path.abspath(__file__))


class Results:
    """Results holds the series of one run: nanoseconds per packet by workload, mode and subject."""

    def __init__(self, path):
        with open(path, encoding="utf-8") as file:
            data = json.load(file)
        self.remarks = data["remarks"]
        self.times = {}
        for s in data["series"]:
            self.times.setdefault((s["workload"], s["mode"]), {})[s["subject"]] = s["times"]

    def rows(self):
        return [key for key, subjects in self.times.items() if "nbl" in subjects]


def value(times, statistic):
    return min(times) if statistic == "least" else statistics.median(times)


def spread(times):
    if len(times) < 4:
        return 0.0
    first, _, third = statistics.quantiles(times, n=4)
    return (third - first) / statistics.median(times)


def best_peer(subjects, target):
    """best_peer returns name and times of the fastest other subject, or of the one that the target names."""
    statistic = target.get("statistic", "median")
    wanted = target.get("peer")
    peers = {name: t for name, t in subjects.items() if name != "nbl" and (not wanted or name.split("_")[0] == wanted)}
    if not peers:
        return None, None
    name = min(peers, key=lambda n: value(peers[n], statistic))
    return name, peers[name]


class Row:
    """Row is one line of the table."""

    def __init__(self, results, key, targets):
        subjects = results.times[key]
        described = targets.get(key[0], {})
        self.key, self.what = key, described.get("what", "")
        self.target = described.get(key[1], {})
        statistic = self.target.get("statistic", "median")
        own = subjects["nbl"]
        self.own, self.own_spread = value(own, statistic), spread(own)
        self.peer, times = best_peer(subjects, self.target)
        self.other = self.other_spread = self.ratio = None
        if self.peer:
            self.other, self.other_spread = value(times, statistic), spread(times)
            self.ratio = self.own / self.other

    def distance(self, which):
        """distance is how much more than the target the row takes, as a fraction; None without such a target."""
        if which + "_ns" in self.target:
            return self.own / self.target[which + "_ns"] - 1
        if which in self.target and self.ratio is not None:
            return self.ratio / self.target[which] - 1
        return None

    def target_text(self, which):
        limit = "%g ns" % self.target[which + "_ns"] if which + "_ns" in self.target else None
        limit = limit or ("%.2f" % self.target[which] if which in self.target else "")
        distance = self.distance(which)
        if distance is None:
            return limit
        return "%s %s" % (limit, "met" if distance <= 0 else "%+.0f%%" % (100 * distance))


def cells(row, native):
    spreads = "%.0f%%" % (100 * row.own_spread)
    if row.other_spread is not None:
        spreads += " / %.0f%%" % (100 * row.other_spread)
    line = [row.key[0], row.what, "%.1f" % row.own,
            "%s %.1f" % (row.peer, row.other) if row.peer else "-",
            "%.2f" % row.ratio if row.ratio is not None else "-", spreads,
            row.target_text("must"), row.target_text("stretch")]
    if native is not None:
        line.append("%.1f" % native.own + (" (%.2f)" % native.ratio if native.ratio is not None else ""))
    return line


def print_table(lines, markdown):
    if markdown:
        print("| " + " | ".join(lines[0]) + " |")
        print("|" + "---|" * len(lines[0]))
        for line in lines[1:]:
            print("| " + " | ".join(line) + " |")
        return
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    for line in lines:
        print(" | ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip())


def tables(baseline, native, targets, markdown):
    head = ["workload", "what", "libnbl", "best peer", "ratio", "spread", "must", "stretch"]
    if native:
        head.append("native (ratio)")
    for mode, title in (("warm", "Warm"), ("cold", "Working set of 64k packets, caches pushed out before each pass")):
        lines = [head]
        for key in baseline.rows():
            if key[1] == mode:
                beside = Row(native, key, targets) if native and key in native.rows() else None
                line = cells(Row(baseline, key, targets), beside)
                lines.append(line + [""] * (len(head) - len(line)))
        if len(lines) > 1:
            print("\n%s%s (nanoseconds per packet)\n" % ("### " if markdown else "", title))
            print_table(lines, markdown)


def check(baseline, targets):
    """check prints and counts the targets that must be met."""
    rows = [Row(baseline, key, targets) for key in baseline.rows()]
    rows = [r for r in rows if r.distance("must") is not None]
    missed = [r for r in rows if r.distance("must") > 0]
    print("\n%d of %d musts met%s" % (len(rows) - len(missed), len(rows),
                                    ", AGAINST PEERS THAT DO NOT COUNT: see ***" if baseline.remarks else ""))
    for r in missed:
        print("  missed: %s %s by %.0f%%" % (*r.key, 100 * r.distance("must")))
    return not missed


def main():
    files = [a for a in sys.argv[1:] if not a.startswith("--")]
    if not files:
        sys.exit(__doc__)
    with open(os.path.join(HERE, "targets.json"), encoding="utf-8") as file:
        targets = json.load(file)
    baseline = Results(files[0])
    native = Results(files[1]) if len(files) > 1 else None
    if "--must" not in sys.argv:
        tables(baseline, native, targets, "--markdown" in sys.argv)
        for remark in sorted(set(baseline.remarks + (native.remarks if native else []))):
            print("\n*** " + remark)
    met = check(baseline, targets)
    return 0 if met or "--must" not in sys.argv else 1


if __name__ == "__main__":
    sys.exit(main())
