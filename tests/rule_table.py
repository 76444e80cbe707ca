#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""rule_table.py - prints which tests prove which rule, and fails when a required rule has none.

A test claims rules in the comment line above its function: /* rules: RET-03 RET-05..RET-07 */. A row of a file in
tests/conformance/vectors/ that starts with an id is a test of that id and of those in its last column, "rules: ...". The ids
that exist are in tests/rules-core.txt.

    rule_table.py [--missing]     the whole table, or only what lacks a test
"""
import re
import sys
from pathlib import Path

TESTS = Path(__file__).resolve().parent
ID = r"[A-Z]+-\d+[a-z]?"
CLAIM = re.compile(r"/\*\s*rules:(.*?)\*/|^# rules:(.*?)$", re.DOTALL | re.MULTILINE)
RANGE = re.compile(rf"({ID})\s*\.\.\s*({ID})")
FUNCTION = re.compile(r"^(?:static\s+)?[\w\s*]*?\b(\w+)\(")
ROW = re.compile(rf"^({ID})\b")


def read_rules():
    """Returns the groups in order: (heading, {id: reason why it is not required, or None})."""
    groups = []
    for number, line in enumerate((TESTS / "rules-core.txt").read_text().splitlines(), 1):
        if line.startswith("## "):
            groups.append((line[3:], {}))
        elif line and not line.startswith("#"):
            rule, _, rest = line.partition(" ")
            if not re.fullmatch(ID, rule) or (rest and not rest.startswith("later: ")):
                sys.exit(f"rules-core.txt:{number}: not understood: {line}")
            groups[-1][1][rule] = rest.removeprefix("later: ") or None
    return groups


def expand(text, known):
    """Returns the ids that a claim names, and the words in it that are none."""
    ids = []

    def take_range(match):
        first, last = match[1], match[2]
        if first in known and last in known and known.index(first) <= known.index(last):
            ids.extend(known[known.index(first):known.index(last) + 1])
            return " "
        return f" {first} {last}?"

    rest = RANGE.sub(take_range, text)
    words = rest.replace(",", " ").split()
    ids += [word for word in words if word in known]
    return ids, [word for word in words if word not in known]


def claims_in_source(path, known):
    """Yields (id, test name) for each claim in a C or script file; unknown ids as (None, complaint)."""
    text = path.read_text(errors="replace")
    where = path.relative_to(TESTS)
    for match in CLAIM.finditer(text):
        number = text.count("\n", 0, match.start()) + 1
        ids, strange = expand((match[1] or match[2] or "").replace("\n *", " "), known)
        for word in strange:
            yield None, f"{where}:{number}: no such rule: {word}"
        following = (FUNCTION.match(line) for line in text[match.end():].splitlines()[:6])
        name = next((found[1] for found in following if found), f"line {number}")
        for rule in ids:
            yield rule, f"{where}:{name}"


def claims_in_vectors(path, known):
    """Yields (id, file:line) for the id that starts a row and for those in its last column."""
    for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1):
        if not (match := ROW.match(line)):
            continue
        where = f"{path.relative_to(TESTS)}:{number}"
        _, _, column = line.rpartition("| rules: ")
        ids, strange = expand(f"{match[1]} {column if column != line else ''}", known)
        for word in strange:
            yield None, f"{where}: no such rule: {word}"
        for rule in ids:
            yield rule, where


def collect(known):
    proofs, complaints = {}, []
    sources = sorted(path for kind in ("*.c", "*.h", "*.sh") for path in TESTS.rglob(kind))
    found = [claim for path in sources for claim in claims_in_source(path, known)]
    found += [claim for path in sorted((TESTS / "conformance" / "vectors").glob("*.txt"))
              for claim in claims_in_vectors(path, known)]
    for rule, text in found:
        if rule is None:
            complaints.append(text)
        elif text not in proofs.setdefault(rule, []):
            proofs[rule].append(text)
    return proofs, complaints


def main():
    only_missing = "--missing" in sys.argv[1:]
    groups = read_rules()
    known = [rule for _, rules in groups for rule in rules]
    proofs, complaints = collect(known)
    missing = []
    for heading, rules in groups:
        if not only_missing:
            print(f"\n{heading}")
        for rule, later in rules.items():
            tests = proofs.get(rule, [])
            if not tests and later is None:
                missing.append(rule)
            if only_missing:
                continue
            text = ", ".join(tests[:4]) + (f" and {len(tests) - 4} more" if len(tests) > 4 else "")
            print(f"  {rule:9} {' '.join(filter(None, (text, later and f'(later: {later})'))) or 'NO TEST'}")
    print(f"\n{len(known)} rules, {len(proofs)} with a test, {len(missing)} required ones without")
    if missing:
        print("NO TEST: " + " ".join(missing))
    for complaint in complaints:
        print(complaint)
    return 1 if missing or complaints else 0


if __name__ == "__main__":
    sys.exit(main())
