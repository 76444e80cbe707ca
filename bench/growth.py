#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""growth.py - fits the curves of nbl_growth and draws them: nothing may grow faster than its size.

    growth.py GROWTH.json FOLDER [--markdown]

It prints a table, writes FOLDER/growth-*.svg, and ends with status 1 when a curve is too steep.

A curve is fitted as a straight line, cost = fixed + step * size, by least squares of relative errors, and as a power,
cost ~ size ^ slope, over the upper half of its points. "flat" passes when the whole range costs less than half as much
again as the smallest size; "linear" passes when the slope is at most 1.3: caches that are left behind
cost something, squares would cost much more.
"""
import json
import math
import sys

import svg

FLAT_LIMIT, LINEAR_LIMIT, MEMORY_LIMIT = 1.5, 1.3, 0.05


def line_fit(points):
    """line_fit returns (fixed, step) with the least sum of squared relative errors."""
    weights = [1 / (y * y) for _, y in points]
    total = sum(weights)
    mx = sum(w * x for w, (x, _) in zip(weights, points)) / total
    my = sum(w * y for w, (_, y) in zip(weights, points)) / total
    var = sum(w * (x - mx) ** 2 for w, (x, _) in zip(weights, points))
    step = sum(w * (x - mx) * (y - my) for w, (x, y) in zip(weights, points)) / var if var else 0.0
    return my - step * mx, step


def slope(points):
    """slope is the exponent of a power law through the upper half of the points."""
    upper = [(math.log(x), math.log(y)) for x, y in points[len(points) // 2:]]
    mx = sum(x for x, _ in upper) / len(upper)
    my = sum(y for _, y in upper) / len(upper)
    var = sum((x - mx) ** 2 for x, _ in upper)
    return sum((x - mx) * (y - my) for x, y in upper) / var if var else 0.0


def verdict(curve):
    points = curve["points"]
    if curve["expected"] == "flat":
        return max(y for _, y in points) <= FLAT_LIMIT * points[0][1]
    return slope(points) <= LINEAR_LIMIT


def row(curve):
    fixed, step = line_fit(curve["points"])
    return [curve["name"], "%s %d..%d" % (curve["x"], curve["points"][0][0], curve["points"][-1][0]),
            "%.1f + %.3g n" % (fixed, step), "%.2f" % slope(curve["points"]), curve["expected"],
            "yes" if verdict(curve) else "NO"]


def print_rows(rows, markdown):
    if markdown:
        rows = [rows[0], ["---"] * len(rows[0])] + rows[1:]
        for r in rows:
            print("| " + " | ".join(r) + " |")
        return
    widths = [max(len(r[i]) for r in rows) for i in range(len(rows[0]))]
    for r in rows:
        print("  ".join(c.ljust(w) for c, w in zip(r, widths)).rstrip())


def megabytes(count):
    return "%.1f MB" % (count / 1e6)


def burst_passes(burst):
    print("\nA burst of %d packets: %s before, %s at most, %s after all were freed, %s after nbl_pool_trim (%.0f ms)"
          % (burst["packets"], megabytes(burst["bytes_before"]), megabytes(burst["bytes_most"]),
             megabytes(burst["bytes_kept"]), megabytes(burst["bytes_after_trim"]), 1e3 * burst["trim_seconds"]))
    return burst["bytes_after_trim"] <= MEMORY_LIMIT * burst["bytes_most"]


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    with open(sys.argv[1], encoding="utf-8") as file:
        data = json.load(file)
    print_rows([["cost of", "size", "nanoseconds", "slope", "expected", "is so"]] + [row(c) for c in data["curves"]],
               "--markdown" in sys.argv)
    passed = burst_passes(data["burst"]) and all(verdict(c) for c in data["curves"])
    for x in sorted({c["x"] for c in data["curves"]}):
        name = "%s/growth-%s.svg" % (sys.argv[2], x.lower().replace(" ", "-"))
        with open(name, "w", encoding="utf-8") as file:
            file.write(svg.curves([c for c in data["curves"] if c["x"] == x], x))
    print("\nNothing is worse than expected." if passed else "\nSOMETHING GROWS FASTER THAN EXPECTED.")
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
