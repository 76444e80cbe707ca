#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""draw.py - the table of report.py as a picture (SVG, on standard output).

    draw.py BASELINE.json [NATIVE.json]
"""
import json
import os
import sys

import report
import svg


def main():
    files = sys.argv[1:]
    if not files:
        sys.exit(__doc__)
    with open(os.path.join(report.HERE, "targets.json"), encoding="utf-8") as file:
        targets = json.load(file)
    builds = [report.Results(f) for f in files]
    rows = []
    for mode in ("warm", "cold"):
        for key in builds[0].rows():
            if key[1] != mode:
                continue
            each = [report.Row(b, key, targets) if key in b.rows() else None for b in builds]
            if each[0].ratio is None:
                continue
            must = each[0].target.get("must")
            if "must_ns" in each[0].target:
                must = each[0].target["must_ns"] / each[0].other
            label = "%s %s%s" % (key[0], each[0].what, " (cold)" if mode == "cold" else "")
            rows.append((label, [r.ratio if r else None for r in each], must, each[0].target.get("stretch")))
    names = ["installed library", "native build"][:len(builds)]
    sys.stdout.write(svg.ratios(rows, names, "libnbl's time / the best peer's time on the same work"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
