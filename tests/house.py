#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""house.py - checks what the project promises about its text: sizes of files and functions, names, maps, no machine's paths.

Prints one line for each breach, and fails when there is one.
"""
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FILE_LINES, FUNCTION_LINES, COLUMNS, MAP_LINES = 900, 60, 120, 30
MACHINE = re.compile(r"(?<![\w./])/(?:work|root|farm|home|tmp/[a-z])(?:/|\b)")
UNFINISHED = re.compile(r"\b(TODO|FIXME|XXX)\b|not implemented|unimplemented")
HOLLOW = re.compile(r"\bskip\(\)|\bDISABLED|assert_true\((?:1|true)\)")
REASON = "Over 60 lines because"  # in the comment above a function that has a reason to be long


def project_files():
    """Returns the files under version control, and new ones that are not ignored."""
    command = ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, capture_output=True, check=False) if shutil.which("git") else None
    if listed is not None and listed.returncode == 0:
        names = listed.stdout.decode().split("\0")
        return sorted(ROOT / name for name in set(names) if name and (ROOT / name).is_file())
    left_out = {"build", ".git"}
    return sorted(path for path in ROOT.rglob("*") if path.is_file() and not left_out & set(path.relative_to(ROOT).parts))


def without_comments(text):
    """Blanks comments and strings, keeping the lines."""
    def blank(match):
        return re.sub(r"[^\n]", " ", match[0])
    return re.sub(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', blank, text, flags=re.DOTALL)


def long_functions(text):
    """Yields (line number, length) of each function body that is too long and gives no reason."""
    lines = text.splitlines()
    start = None
    for number, line in enumerate(lines, 1):
        if line == "{":
            start = number
        elif line == "}" and start is not None:
            above = "\n".join(lines[max(0, start - 15):start])
            if number - start - 1 > FUNCTION_LINES and REASON not in above:
                yield start, number - start - 1
            start = None


def check_c(path, text):
    lines = text.count("\n")
    if lines > FILE_LINES:
        yield f"{lines} lines, at most {FILE_LINES}"
    if not text.startswith("/* SPDX-License-Identifier: MIT"):
        yield "does not start with its licence"
    for number, length in long_functions(text):
        yield f"line {number}: a function of {length} lines, at most {FUNCTION_LINES} (or say: {REASON} ...)"
    for number, line in enumerate(text.splitlines(), 1):
        if UNFINISHED.search(line):
            yield f"line {number}: unfinished by its own words"
    code = without_comments(text)
    if path.parts[0] in ("lib", "include"):
        for number, line in enumerate(code.splitlines(), 1):
            if re.search(r"\blong\b", line):
                yield f"line {number}: long, whose size differs between platforms"
    if path.parts[0] == "lib" and not re.match(r"lib/base/(port|track)", path.as_posix()):
        for number, line in enumerate(code.splitlines(), 1):
            if re.match(r"\s*#\s*if.*\b(_WIN32|__linux__|__APPLE__|__unix__)\b", line):
                yield f"line {number}: platform code outside lib/base/port_*"
    if path.parts[0] == "tests" and (match := HOLLOW.search(code)):
        yield f"a test that cannot fail: {match[0]}"


def check_text(path, text):
    for number, line in enumerate(text.splitlines(), 1):
        if MACHINE.search(line) and "mktemp" not in line and "TMPDIR" not in line:
            yield f"line {number}: a path of one machine"
    if path.name == "README.md" and len(path.parts) > 1 and path.parts != ("bench", "README.md") and \
            text.count("\n") > MAP_LINES:
        yield f"{text.count(chr(10))} lines, at most {MAP_LINES}"


def wide_lines(text):
    return sum(len(line) > COLUMNS for line in text.splitlines())


def check_folders(paths):
    folders = {parent for path in paths for parent in path.parents if parent != Path(".")}
    for folder in sorted(folders):
        if folder / "README.md" not in paths:
            yield f"{folder}: has no README.md"


def main():
    own_text = Path(__file__).resolve()
    paths = [path.relative_to(ROOT) for path in project_files()]
    breaches = list(check_folders(set(paths)))
    wide = 0
    for path in paths:
        if (ROOT / path) == own_text:
            continue
        try:
            text = (ROOT / path).read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue  # a capture
        found = list(check_text(path, text))
        if path.suffix in (".c", ".h", ".cc"):
            found += check_c(path, text)
            wide += wide_lines(text)
        breaches += [f"{path}: {breach}" for breach in found]
    for breach in breaches:
        print(breach)
    print(f"{len(paths)} files, {len(breaches)} breaches ({wide} lines over {COLUMNS} columns, which is a note)")
    return 1 if breaches else 0


if __name__ == "__main__":
    sys.exit(main())
