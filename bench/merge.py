#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""merge.py - joins the results of several processes: the repetitions of each series, one process after the other.

    merge.py OUT.json IN.json...
"""
import json
import sys


def merged(files):
    series, remarks = {}, []
    for name in files:
        with open(name, encoding="utf-8") as file:
            data = json.load(file)
        remarks += [r for r in data["remarks"] if r not in remarks]
        for s in data["series"]:
            key = (s["workload"], s["subject"], s["mode"])
            series.setdefault(key, {**s, "times": []})["times"] += s["times"]
    return {"unit": "ns per packet", "remarks": remarks, "series": list(series.values())}


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    result = merged(sys.argv[2:])
    with open(sys.argv[1], "w", encoding="utf-8") as file:
        lines = ",\n".join("    " + json.dumps(s) for s in result["series"])
        file.write('{\n  "unit": "%s",\n  "remarks": %s,\n  "series": [\n%s\n  ]\n}\n'
                   % (result["unit"], json.dumps(result["remarks"]), lines))


if __name__ == "__main__":
    main()
