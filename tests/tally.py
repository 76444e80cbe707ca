#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""tally.py - counts test cases in the log of `ctest -V`, distrusting every program that stops early.

A CTest test whose output has cmocka lines counts as its cmocka cases; any other counts as one case. The two witnesses must
agree: a case that a program announced and did not finish is a failed one, and so is a program that CTest calls failed
although each of its cases passed (a crash after the last case, a leak, a memory error). Skipped cases are listed, and
counted as failed: a case that cannot run proves nothing.

    tally.py LOG        prints what failed, then "PASSED FAILED" as the last line
"""
import re
import sys
from collections import defaultdict

OUTPUT = re.compile(r"^(\d+): ?(.*)$")
# "12/40 Test #7: unit/test_slab ....***Failed  0.01 sec"; "***" also stands before Timeout and Exception
VERDICT = re.compile(r"^\s*\d+/\d+ Test\s+#(\d+): (\S+) \.*\s*(Passed|.*?\*\*\*.*?)\s+[\d.]+ sec")
ANNOUNCED = re.compile(r"^\[==========\] (?:\S+: )?Running (\d+) test\(s\)")
ENDED = re.compile(r"^\[\s+(OK|FAILED|SKIPPED|ERROR)\s+\] (\w+)$")
SUMMARY = re.compile(r"^\[==========\] (?:\S+: )?\d+ test\(s\) run")
TELLING = re.compile(r"ERROR|: error:|Failure!|Sanitizer|==\d+== \w|runtime error|^FAILED|NO TEST|at most|[Aa]ssert")
MOST_LINES = 30
SUPPLIED = re.compile(r"^nbl-cases: (\d+) passed, (\d+) failed$")  # a script says how many cases it holds


class Program:
    """What one CTest test printed and how it ended."""

    def __init__(self):
        self.announced = 0
        self.passed = 0
        self.bad = []
        self.supplied = None
        self.in_summary = False
        self.lines = []

    def read(self, line):
        self.lines.append(line)
        if match := ANNOUNCED.match(line):
            self.announced += int(match[1])
            self.in_summary = False
        elif SUMMARY.match(line):
            self.in_summary = True  # cmocka now repeats the names of failed cases
        elif match := SUPPLIED.match(line):
            self.supplied = (int(match[1]), int(match[2]))
        elif not self.in_summary and (match := ENDED.match(line)):
            if match[1] == "OK":
                self.passed += 1
            else:
                self.bad.append(f"{match[2]} ({match[1].lower()})")

    def worth_reading(self):
        """Returns the lines that say what went wrong, or the last ones."""
        telling = [line for line in self.lines if TELLING.search(line)]
        return telling[:MOST_LINES] if telling else self.lines[-MOST_LINES:]

    def count(self, verdict):
        """Returns (passed, list of failed cases)."""
        ok = verdict == "Passed"
        if self.supplied and not self.announced:
            passed, failed = self.supplied
            bad = [f"{failed} of its cases"] if failed else []
            if not ok and not failed:
                bad, failed = [verdict], 1
            return passed, bad, failed
        if not self.announced:
            return (1, [], 0) if ok else (0, [verdict], 1)
        bad = list(self.bad)
        missing = self.announced - self.passed - len(bad)
        failed = len(bad)
        if missing > 0:
            bad.append(f"{missing} cases did not finish: {verdict}")
            failed += missing
        if not ok and not failed:
            bad.append(f"the program itself: {verdict}")
            failed += 1
        return self.passed, bad, failed


def main(path):
    programs = defaultdict(Program)
    verdicts = {}
    with open(path, encoding="utf-8", errors="replace") as log:
        for line in log:
            line = line.rstrip("\r\n")
            if match := VERDICT.match(line):
                verdicts[match[1]] = (match[2], match[3].replace("***", " ").strip(" :"))
            elif match := OUTPUT.match(line):
                programs[match[1]].read(match[2].rstrip("\r"))
    passed = failed = 0
    for number, (name, verdict) in sorted(verdicts.items(), key=lambda item: int(item[0])):
        good, bad, count = programs[number].count(verdict)
        passed += good
        failed += count
        if count:
            print(f"  FAILED {name}: " + "; ".join(bad[:20]))
            for line in programs[number].worth_reading():
                print("    | " + line)
    for number in programs.keys() - verdicts.keys():
        failed += 1
        print(f"  FAILED test {number} has no verdict: the run was cut short")
    if not verdicts:
        failed += 1
        print("  FAILED: CTest ran no test")
    print(f"{passed} {failed}")


if __name__ == "__main__":
    main(sys.argv[1])
