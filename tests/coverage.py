#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""coverage.py FOLDER - judges what the tests of a coverage build executed of lib/, with gcovr.

Prints "pass" or "FAIL" and the figure, for lines and for branches, after one line for each file below the mark for lines.
"""
import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MARKS = {"line": 95.0, "branch": 85.0}


def summarise(folder):
    command = ["gcovr", "--root", str(ROOT), "--filter", "lib/", "--json-summary-pretty", str(folder)]
    command += ["--exclude-unreachable-branches", "--json-summary", "-", "-j", "2"]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def main(folder):
    summary = summarise(folder)
    for entry in summary["files"]:
        if (entry["line_total"] or 0) > 0 and entry["line_percent"] < MARKS["line"]:
            print(f"note: {entry['filename']}: {entry['line_percent']} % of lines, {entry['branch_percent']} % of branches")
    worst = 0
    for what, mark in MARKS.items():
        covered, total = summary[f"{what}_covered"], summary[f"{what}_total"]
        percent = 100.0 * covered / total if total else 0.0
        word = "pass" if percent >= mark else "FAIL"
        worst |= word == "FAIL"
        print(f"{word} {what} coverage {percent:.1f} % ({covered} of {total}), at least {mark:.0f} %")
    return worst


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
