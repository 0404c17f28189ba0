"""Runs every test: those without ROS, then those that start nodes, each on as many processes as there are cores.

    python scripts/run_tests.py [options and arguments of pytest]

Nodes keep to real time: those tests run two at a time at most, never two with a simulated robot (see `SIMULATED` in
test/conftest.py), and one after the other where CI is set, for shared machines stall. The last line counts both parts
together in pytest's own words, and the exit code is pytest's: 0 only if nothing failed, 5 if no test was selected.
"""

from __future__ import annotations

import argparse
import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence

CORES = os.cpu_count() or 1
WITH_NODES = 1 if os.environ.get("CI") else min(CORES, 2)
PARTS = (
    ("tests without ROS", "not ros", ("--numprocesses", str(CORES), "--dist", "loadscope")),
    ("tests with ROS", "ros", ("--numprocesses", str(WITH_NODES), "--dist", "loadscope")),
)
CLOSING = re.compile(r"^=*\s*((?:\d+ [a-z]+(?:, )?)+|no tests ran) in [\d.]+s.*$")
"""pytest's last line"""
COLOURS = re.compile(r"\x1b\[[\d;]*m")
OK, NOTHING_SELECTED = 0, 5
PLURALS = {"warnings": "warning", "errors": "error"}
ORDER = ("failed", "passed", "skipped", "deselected", "xfailed", "xpassed", "warning", "error", "rerun")


def run(arguments: Sequence[str]) -> tuple[int, str]:
    """Run pytest, show what it says as it says it; its exit code and its closing words."""
    command = [sys.executable, "-m", "pytest", *(["--color=yes"] if sys.stdout.isatty() else []), *arguments]
    closing = ""
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            print(line, end="", flush=True)
            found = CLOSING.match(COLOURS.sub("", line.strip()))
            closing = found[1] if found else closing
    return process.returncode, closing


def together(words: Sequence[str]) -> str:
    """The closing words of several runs as those of one, without the tests that each left to the others."""
    counts: Counter[str] = Counter()
    for text in words:
        for number, name in re.findall(r"(\d+) ([a-z]+)", text):
            counts[PLURALS.get(name, name)] += int(number)
    del counts["deselected"]
    parts = []
    for name in sorted(counts, key=lambda name: ORDER.index(name) if name in ORDER else len(ORDER)):
        ending = "s" if name in PLURALS.values() and counts[name] != 1 else ""
        parts.append(f"{counts[name]} {name}{ending}")
    return ", ".join(parts) or "no tests ran"


def exit_code(codes: Sequence[int]) -> int:
    """The worst of the parts; a part that had nothing to run does not count unless no part had."""
    ran = [code for code in codes if code != NOTHING_SELECTED]
    return next((code for code in ran if code != OK), OK) if ran else NOTHING_SELECTED


def main(arguments: Sequence[str]) -> int:
    """Run both parts, whatever the first says, and close with one line about both."""
    signal.signal(signal.SIGINT, lambda *_: None)  # Ctrl-C is for pytest, which says what it broke off
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("-m", dest="expression", default="")
    chosen, others = parser.parse_known_args(arguments)
    began, codes, words = time.monotonic(), [], []
    for title, expression, options in PARTS:
        print(f"{title}:", flush=True)
        marked = f"({expression}) and ({chosen.expression})" if chosen.expression else expression
        code, closing = run(["-m", marked, *options, *others])
        codes.append(code)
        words.append(closing)
        if code not in (OK, NOTHING_SELECTED, 1):  # interrupted, or pytest itself could not go on
            break
    print(f"{f' {together(words)} in {time.monotonic() - began:.2f}s ':=^100}", flush=True)
    return exit_code(codes)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
