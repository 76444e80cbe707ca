#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""knobs.py BUILD [KNOB...] - runs every compiled test under each knob of include/nbl/knob.h, through NBL_KNOBS.

A test that asserts the very answer that a knob changes is named in tests/knobs.txt, with the reason, and has to fail; any
other has to pass. Rows of conformance/vectors pass, with the answers of conformance/vectors/knobs.txt. Prints a table of
what each knob changes; the last line says how many cases were as they should be.
"""
import concurrent.futures
import os
import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import tally

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = ("unit", "conformance", "regress", "property")
ROW = re.compile(r'^\s*ROW\((\w+), "(K-[A-Z0-9-]+)"', re.MULTILINE)
TURNS_THEM_ITSELF = "test_vectors_knobs"  # conformance/vectors under every knob, whatever the environment says
SECONDS = 600

# They compare reports, pictures and windows of the default, letter by letter or byte by byte.
OF_THE_DEFAULT = {"test_verify", "test_dump", "test_rule_pairs", "test_rule_pairs_mdl", "test_watch", "test_invariant",
                  "test_snapshot"}


def knobs():
    """knobs returns the names of the rows of NBL_KNOB_TABLE."""
    return [name for _, name in ROW.findall((ROOT / "include/nbl/knob.h").read_text(encoding="utf-8"))]


def columns(path):
    """columns yields the columns of each row of a table."""
    for line in path.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            yield [column.strip() for column in line.split("|")]


def programs(build):
    """programs returns {"unit/test_slab": path}."""
    found = {}
    for folder in FOLDERS:
        for source in sorted((ROOT / "tests" / folder).glob("test_*.c")):
            if source.stem != TURNS_THEM_ITSELF and source.stem not in OF_THE_DEFAULT:
                found[f"{folder}/{source.stem}"] = build / "tests" / folder / f"{folder}_{source.stem}"
    return found


def run(path, names):
    """run gives the exit status and the output of a program under the knobs."""
    environment = dict(os.environ, NBL_KNOBS=names, NBL_PROPERTY_SEQUENCES="1000", NBL_THREADS_SECONDS="1")
    done = subprocess.run([path], env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=SECONDS,
                          cwd=path.parent.parent, check=False)
    return done.returncode, done.stdout.decode(errors="replace")


def judge(path, knob, expected):
    """judge returns (cases that are right, what is wrong) of a program, some of whose tests are expected to fail."""
    status, output = run(path, knob)
    program = tally.Program()
    for line in output.splitlines():
        program.read(line)
    failed = {name.split()[0] for name in program.bad}
    wrong = [f"{name} fails" for name in sorted(failed - expected)]
    wrong += [f"{name} is in tests/knobs.txt and passes" for name in sorted(expected - failed)]
    finished = program.passed + len(program.bad)
    if finished != program.announced:
        wrong.append(f"only {finished} of {program.announced} tests came to an end")
    if (status == 0) != (not failed):
        wrong.append(f"ended with status {status}")
    return program.passed + len(program.bad), wrong


def check_refusal(path):
    """check_refusal sees that an unknown name ends the process with a message that helps."""
    status, output = run(path, "K-POISON,K-NOSUCH")
    wanted = 'libnbl: NBL_KNOBS: "K-NOSUCH" is no knob; there are: ' + ", ".join(knobs())
    return [] if status != 0 and wanted in output else [f"an unknown name is not refused as it should be: {output[-300:]}"]


def report(knob, rows, expected):
    """report prints what changes under a knob."""
    print(f"{knob}: {len(rows)} rows of conformance/vectors change{': ' if rows else ''}{' '.join(rows)}")
    for program, tests in sorted(expected.items()):
        print(f"    {program}: {', '.join(sorted(tests))}")


def main():
    build = Path(sys.argv[1]).resolve()
    wanted = sys.argv[2:] or knobs()
    changed_rows, changed_tests = defaultdict(list), defaultdict(lambda: defaultdict(set))
    for knob, row, *_ in columns(ROOT / "tests/conformance/vectors/knobs.txt"):
        changed_rows[knob].append(row)
    for knob, program, test, _ in columns(ROOT / "tests/knobs.txt"):
        changed_tests[knob][program].add(test)
    passed, wrong, paths = 0, [], programs(build)
    unknown = (set(changed_tests) | set(changed_rows)) - set(knobs())
    wrong += [f"{name} is no knob" for name in sorted(unknown)]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for knob in wanted:
            jobs = {name: pool.submit(judge, path, knob, changed_tests[knob][name]) for name, path in paths.items()}
            for name, job in jobs.items():
                cases, breaches = job.result()
                passed += cases - min(cases, len(breaches))
                wrong += [f"{knob} {name}: {breach}" for breach in breaches]
            report(knob, changed_rows[knob], {name: tests for name, tests in changed_tests[knob].items() if tests})
    refusal = check_refusal(paths["unit/test_event"])
    passed += 0 if refusal else 1
    wrong += refusal
    for breach in wrong:
        print(f"FAILED: {breach}")
    print(f"nbl-cases: {passed} passed, {len(wrong)} failed")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
