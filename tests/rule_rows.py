#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""rule_rows.py - compares the rows of include/nbl/rules.def with what the library announces and with the pairs of tests.

Fails when a rule that lib/ names has no row, when a row is there twice, when a row is in neither rule book list, or when
a rule that lib/ announces has no pair (a mistake and its near miss): a row of tests/conformance/test_rule_pairs*.c, or a
test in tests/unit of invariants, snapshots and the watch, which show both. Rows that nothing announces yet are printed.
"""
import glob
import os
import re
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
ID = r"[A-Z]+-[0-9]+[a-z]?"

# Announced, and without a pair: only counted (severity info), or shown elsewhere.
WITHOUT_PAIR = {
    "INV-01": "a block that goes back twice, below every call: tests/unit/test_guard.c",
    "OOB-04b": "of severity info: tests/conformance/test_oob.c counts it",
}


def texts(pattern):
    for path in sorted(glob.glob(os.path.join(ROOT, pattern), recursive=True)):
        with open(path, encoding="utf-8") as file:
            yield file.read()


def main():
    rows = re.findall(r'NBL_RULE\("(%s)"' % ID, "".join(texts("include/nbl/rules.def")))
    code = "".join(texts("lib/**/*.[ch]"))
    announced = {i for i in re.findall(r'"(%s)"' % ID, code) if not i.startswith("K-")}
    pairs = set(re.findall(r'\{ "(%s)", \w+, \w+ \}' % ID, "".join(texts("tests/conformance/test_rule_pairs*.c"))))
    elsewhere = set()
    for text in [*texts("tests/unit/test_invariant*.c"), *texts("tests/unit/test_snapshot*.c")]:
        for line in re.findall(r"/\* rules: (.*?)\*/", text, flags=re.DOTALL):
            elsewhere |= set(re.findall(ID, line))
    expected = r'expect_(?:list|violation|difference)\("(%s)"' % ID
    elsewhere |= set(re.findall(expected, "".join(texts("tests/unit/test_watch.c"))))
    wrong = ["%s is announced and has no row" % i for i in sorted(announced - set(rows))]
    wrong += ["%s has more than one row" % i for i in sorted({i for i in rows if rows.count(i) > 1})]
    wrong += ["%s is announced and has no pair of tests" % i for i in sorted(announced - pairs - elsewhere - set(WITHOUT_PAIR))]
    wrong += ["%s has a pair and is not announced" % i for i in sorted(pairs - announced)]
    for line in wrong:
        print("FAILED: " + line)
    print("rows that nothing announces yet: " + (" ".join(i for i in rows if i not in announced) or "none"))
    print("%d rows, %d announced, %d with a pair of tests" % (len(rows), len(announced), len(pairs)))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
