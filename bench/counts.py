#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""counts.py - counts the instructions and the data-cache lines of libnbl's operations under callgrind.

    counts.py               prints the table
    counts.py --check       compares it with bench/counts.txt; status 1 when an operation needs more, or much less
    counts.py --update      writes this compiler's rows into bench/counts.txt

The library is the release build, the shared one, made here without Valgrind's client requests, so that what is counted
is what runs when nobody counts. Counts do not depend on how busy or how fast the machine is. They do depend on the
compiler: bench/counts.txt has one section for each; for a compiler without one, --check says so and only proves that
everything runs. "lines" is the number of misses in a simulated cache of 32 KiB, 8 ways, lines of 64 bytes, while each
operation works on a packet that has not been used for a long time: how many lines of the packet are touched.
"""
import glob
import os
import platform
import re
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(HERE)
TABLE = os.path.join(HERE, "counts.txt")
CC = os.environ.get("CC", "gcc")
BUILD = os.path.join(ROOT, "build", "counts", os.path.basename(CC))  # CMake forgets options when its compiler changes

# An operation may take this much more or less before it counts as changed.
INSTRUCTIONS = (0.02, 3)  # share, and number
LINES = (0.02, 0.25)


def run(*command, **options):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, **options)
    if done.returncode != 0:
        sys.exit("counts: %s failed:\n%s" % (" ".join(command), done.stdout[-3000:]))
    return done.stdout


def compiler():
    """compiler names what the counts depend on, such as "gcc 12 x86_64"."""
    version = run(CC, "-dumpversion").strip().split(".")[0]
    kind = "clang" if "clang" in run(CC, "--version") else "gcc"
    return "%s %s %s" % (kind, version, platform.machine())


def build():
    prefix = os.path.join(BUILD, "prefix")
    run("cmake", "-S", ROOT, "-B", os.path.join(BUILD, "lib"), "-DCMAKE_C_COMPILER=" + CC,
        "-DCMAKE_C_FLAGS=-DNVALGRIND", "-DNBL_BUILD_TESTS=OFF", "-DNBL_BUILD_EXAMPLES=OFF",
        "-DCMAKE_INSTALL_LIBDIR=lib")
    run("cmake", "--build", os.path.join(BUILD, "lib"), "-j", str(os.cpu_count() or 1))
    run("cmake", "--install", os.path.join(BUILD, "lib"), "--prefix", prefix)
    program = os.path.join(BUILD, "counts")
    run(CC, "-std=c11", "-O2", "-DNDEBUG", "-Wall", "-Wextra", "-I" + os.path.join(prefix, "include"),
        os.path.join(HERE, "counts.c"), "-o", program, "-L" + os.path.join(prefix, "lib"), "-lnbl",
        "-Wl,-z,now,-rpath," + os.path.join(prefix, "lib"))
    return program


def dumps(program):
    """dumps runs the program under callgrind; returns {operation: (instructions, misses)} and the number of packets."""
    out = os.path.join(BUILD, "callgrind.out")
    for old in glob.glob(out + "*"):
        os.remove(old)
    fixed = [shutil.which("setarch"), platform.machine(), "-R"] if shutil.which("setarch") else []
    printed = run(*fixed, "valgrind", "--quiet", "--tool=callgrind", "--cache-sim=yes", "--I1=32768,8,64",
                  "--D1=32768,8,64", "--LL=8388608,16,64", "--callgrind-out-file=" + out, program,
                  env={"PATH": os.environ.get("PATH", ""), "NBL_POOL_MODE": "magazine"})
    found = {}
    for name in glob.glob(out + ".*"):
        with open(name, encoding="utf-8") as file:
            text = file.read()
        trigger = re.search(r"^desc: Trigger: Client Request: (\S+)", text, re.M)
        if trigger:
            events = re.search(r"^events: (.*)$", text, re.M).group(1).split()
            totals = re.search(r"^(?:totals|summary): (.*)$", text, re.M).group(1).split()
            counted = dict(zip(events, map(int, totals)))
            found[trigger.group(1)] = (counted["Ir"], counted.get("D1mr", 0) + counted.get("D1mw", 0))
    return found, int(re.search(r"^\d+$", printed, re.M).group(0))


def count():
    """count returns {operation: (instructions, lines)}, both per packet."""
    found, packets = dumps(build())
    base = found.pop("nothing")
    return {name: tuple((n - b) / packets for n, b in zip(numbers, base)) for name, numbers in sorted(found.items())}


def read_table():
    """read_table returns {compiler: {operation: (instructions, lines)}}."""
    sections, current = {}, None
    if not os.path.exists(TABLE):
        return sections
    with open(TABLE, encoding="utf-8") as file:
        for line in file:
            words = line.split()
            if line.startswith("compiler:"):
                current = sections.setdefault(" ".join(words[1:]), {})
            elif len(words) == 3 and current is not None:
                current[words[0]] = (float(words[1]), float(words[2]))
    return sections


def row(name, numbers):
    return "%-28s %10.1f %8.2f" % (name, *numbers)


def write_table(sections):
    with open(TABLE, "w", encoding="utf-8") as file:
        file.write("# What one operation costs, per packet: instructions, and data-cache lines touched. Made by\n"
                   "# `bench/counts.py --update`, compared by `bench/counts.py --check`; see there.\n")
        for name in sorted(sections):
            file.write("\ncompiler: %s\n%s\n" % (name, "\n".join(row(*r) for r in sorted(sections[name].items()))))


def differs(now, before, tolerance):
    return abs(now - before) > before * tolerance[0] + tolerance[1]


def check(counted, expected, name):
    passed = failed = 0
    for operation, numbers in counted.items():
        before = expected.get(operation)
        if before is None:
            verdict = "FAILED: not in the table; run bench/counts.py --update"
        elif differs(numbers[0], before[0], INSTRUCTIONS) or differs(numbers[1], before[1], LINES):
            better = numbers[0] <= before[0] and numbers[1] <= before[1]
            verdict = "FAILED: was %.1f instructions, %.2f lines%s" % (
                *before, "; better, so bench/counts.py --update" if better else "")
        else:
            verdict = "ok"
        passed, failed = passed + (verdict == "ok"), failed + (verdict != "ok")
        print(row(operation, numbers), verdict)
    for operation in sorted(set(expected) - set(counted)):
        failed += 1
        print("FAILED: %s is in the table for %s and was not counted" % (operation, name))
    return passed, failed


def main():
    counted, name, sections = count(), compiler(), read_table()
    if "--update" in sys.argv:
        sections[name] = counted
        write_table(sections)
    elif "--check" in sys.argv and name in sections:
        passed, failed = check(counted, sections[name], name)
        print("nbl-cases: %d passed, %d failed" % (passed, failed))
        return 1 if failed else 0
    elif "--check" in sys.argv:
        print("*** NOTHING TO COMPARE WITH: bench/counts.txt has no rows for %s, only for: %s.\n"
              "*** All operations ran. `bench/counts.py --update` adds rows."
              % (name, ", ".join(sorted(sections)) or "none"))
        print("nbl-cases: 1 passed, 0 failed")
        return 0
    for operation, numbers in counted.items():
        print(row(operation, numbers))
    return 0


if __name__ == "__main__":
    sys.exit(main())
