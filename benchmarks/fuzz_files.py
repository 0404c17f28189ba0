"""Spoil every kind of file that is read, thousands of times, and see that each is taken or refused in one sentence.

    python benchmarks/fuzz_files.py --cases 300 --seed 1 --json out/fuzz_files.json

For each kind a whole file (or folder) is made, spoiled (truncated, bits flipped, keys lost, numbers beyond all bounds,
names that are paths, pickles and archives in disguise, YAML that wants to run something or to unfold without end) and
loaded as a user would. Bad is: any other exception than a `TacrefineError`, a sentence that is unclear, more than
20 s of processor time, a changed file, anything executed, or a crash. `--command-line` spoils some for the commands
themselves, each a process of its own: exit code 2, one line on stderr, no traceback. A seed repeats its cases.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from collections import Counter
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any

from fuzzing.commands import run_commands
from fuzzing.corpus import KINDS
from fuzzing.judging import judge

from tacrefine.cli.progress import progress_bar
from tacrefine.provenance import write_figures
from tacrefine.workers import worker_pool

MEMORY = 24 * 2**30
"""bytes of address space for a worker: a file that asks for more is one that was believed"""
BLOCK = 25


def main() -> int:
    """Run all kinds; exit code 1 where anything was bad."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--cases", type=int, default=300, help="spoiled files of each kind")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first", type=int, default=0, help="number of the first case")
    parser.add_argument("--kinds", nargs="*", default=list(KINDS), choices=list(KINDS), metavar="KIND")
    parser.add_argument("--command-line", type=int, default=2, help="runs of each command; 0: none")
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    args = parser.parse_args()
    results: dict[str, Any] = {}
    with progress_bar("spoiled files", len(args.kinds) * args.cases) as advance:
        for index, name in enumerate(args.kinds):
            results[name] = _kind(name, args.first, args.cases, args.seed)
            advance((index + 1) * args.cases)
    commands = run_commands(args.command_line, args.seed) if args.command_line else None
    bad = sum(len(result["bad"]) for result in results.values()) + len(commands["bad"] if commands else [])
    for name, result in results.items():
        counts = ", ".join(f"{what} {count}" for what, count in sorted(result["outcomes"].items()))
        print(f"{name:14} {counts}, slowest {result['slowest_s']:.2f} s")
        for case in result["bad"][:5]:
            print(f"    case {case['number']}: {case['outcome']}: {case['detail']}")
    if commands:
        print(f"command line   {commands['runs']} runs, {len(commands['bad'])} bad")
        for case in commands["bad"][:5]:
            print(f"    {case}")
    total = sum(sum(result["outcomes"].values()) for result in results.values())
    print(f"{total} spoiled files, {bad} bad")
    if args.json:
        figures = {"cases": total, "bad": bad, "seed": args.seed, "kinds": results, "commands": commands}
        write_figures(args.json, figures)
    return int(bad > 0)


def _kind(name: str, first: int, cases: int, seed: int) -> dict[str, Any]:
    """All cases of a kind in a process of its own: a crash of a native library is a finding, not the end."""
    outcomes: Counter[str] = Counter()
    bad: list[dict[str, Any]] = []
    slowest, at, end, step = 0.0, first, first + cases, BLOCK
    while at < end:
        begin, last = at, min(at + step, end)
        try:
            with worker_pool(1) as pool:
                while at < end:
                    verdicts = pool.submit(_block, name, at, last, seed).result()
                    for number, (outcome, detail, seconds) in zip(range(at, last), verdicts, strict=True):
                        outcomes[outcome] += 1
                        slowest = max(slowest, seconds)
                        if outcome not in ("taken", "refused"):
                            bad.append({"number": number, "outcome": outcome, "detail": detail})
                    at, last = last, min(last + step, end)
                    if step == 1 and at % BLOCK == 0:
                        step = BLOCK
        except BrokenProcessPool:
            if step == 1:
                outcomes["crashed"] += 1
                bad.append({"number": at, "outcome": "crashed", "detail": "the process died"})
                at += 1
            step = 1 if at == begin or step == BLOCK else step
    return {"outcomes": dict(outcomes), "slowest_s": round(slowest, 3), "bad": bad}


def _block(name: str, first: int, last: int, seed: int) -> list[tuple[str, str, float]]:
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    sys.stderr.flush()
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # native libraries complain there
    kind, verdicts = KINDS[name], []
    with tempfile.TemporaryDirectory(prefix="tacrefine-fuzz-") as scratch:
        whole = Path(scratch) / "whole"
        whole.mkdir()
        kind.make(whole)
        for number in range(first, last):
            folder = Path(scratch) / f"case{number}"
            shutil.copytree(whole, folder)
            verdict = judge(kind, folder, number, seed)
            verdicts.append((verdict.outcome, verdict.detail, verdict.seconds))
            shutil.rmtree(folder)
    return verdicts


if __name__ == "__main__":
    sys.exit(main())
