"""Faults in a stack of real processes over DDS: what happens, how soon all is safe, and whether anything is lost.

    python benchmarks/faults.py --json results/faults.json
    python benchmarks/faults.py --families actions --actions 1000 --json results/actions.json

A relay stands between the simulated robot and the nodes and spoils what passes. Each fault begins in a named phase of a
goal; afterwards it goes away, and a plain goal must end well with the same processes. `safe` is the time from the fault
to the last command that was sent to arm or hand. Devices are emulated and misbehave; adapters, the console's page,
cells, hands and tables are given what is wrong and must refuse it in one sentence. A run that is broken off goes on
where it was if it is given the same file. Exit code 1 where anything was not as expected.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import sys
from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any

from fault_suite import actions, compensating, devices, refusals, running
from fault_suite.stand import OBJECT, Stand, standing
from rich.console import Console
from rich.table import Table

from tacrefine.provenance import write_figures

FAMILIES: dict[str, Callable[[Stand], Iterator[running.Row]]] = {
    "streams": lambda stand: running.streams_and_motion(stand, ["streams"]),
    "motion": lambda stand: chain(
        running.streams_and_motion(stand, ["motion"]), running.emergency_stops(stand)
    ),
    "compensate": compensating.compensating,
    "processes": lambda stand: chain(
        running.dead_planner(stand), running.doubled_nodes(stand), running.killed_nodes(stand)
    ),
}
WITHOUT_STACK: dict[str, Callable[[], Iterator[running.Row]]] = {
    "drivers": devices.devices,
    "adapters": refusals.adapters,
    "console": refusals.console,
    "files": refusals.files,
}
"""families that need no nodes"""


def main() -> int:
    """Run the chosen families; exit code 1 where anything was not as expected."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--families",
        nargs="*",
        default=[*WITHOUT_STACK, *FAMILIES],
        choices=[*WITHOUT_STACK, *FAMILIES, "actions"],
    )
    parser.add_argument("--anew", action="store_true", help="begin anew; else cases that went well are kept")
    parser.add_argument("--only", default="", help="cases whose name contains this")
    parser.add_argument("--actions", type=int, default=500, help="goals of the family actions")
    parser.add_argument("--object", default=OBJECT)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    args = parser.parse_args()
    console = Console(width=150)
    rows: list[running.Row] = []
    figures: dict[str, Any] = {}
    running.ONLY = args.only
    if args.json and args.json.exists() and not args.anew:
        figures = json.loads(args.json.read_text())
        figures.pop("made", None)
        rows = [running.Row(**row) for row in figures.get("rows", [])]
        running.DONE = {(row.fault, row.phase) for row in rows if row.as_expected and row.nothing_lost}
        rows = [row for row in rows if (row.fault, row.phase) in running.DONE]

    def note(row: running.Row) -> None:
        rows.append(row)
        _write(args.json, rows, figures)
        console.print(_line(row), highlight=False)

    for family in (name for name in args.families if name in WITHOUT_STACK):
        for row in WITHOUT_STACK[family]():
            note(row)
    with_stack = [name for name in args.families if name not in WITHOUT_STACK]
    with standing(args.object) if with_stack else contextlib.nullcontext() as stand:
        for family in with_stack:
            assert stand is not None
            if family == "actions":
                figures["actions"] = actions.run(stand, args.actions, args.seed, console)
                _write(args.json, rows, figures)
                continue
            for row in FAMILIES[family](stand):
                note(row)
    console.print(_table(rows))
    good = [row for row in rows if row.as_expected and row.nothing_lost]
    console.print(f"{len(good)} of {len(rows)} as expected, nothing lost")
    done = figures.get("actions", {}).get("as_expected", True)
    return 0 if len(good) == len(rows) and done else 1


def _write(path: Path | None, rows: list[running.Row], figures: dict[str, Any]) -> None:
    """After each case, so that a run that is broken off can be gone on with."""
    if path is None:
        return
    good = [row for row in rows if row.as_expected and row.nothing_lost]
    families: dict[str, dict[str, int]] = {}
    for row in rows:
        counts = families.setdefault(row.family, {"cases": 0, "as_expected": 0})
        counts["cases"] += 1
        counts["as_expected"] += row in good
    figures |= {"cases": len(rows), "as_expected": len(good), "families": families}
    figures["rows"] = [row.figures() for row in rows]
    write_figures(path, figures)


def _line(row: running.Row) -> str:
    mark = "ok " if row.as_expected and row.nothing_lost else "BAD"
    return f"{mark} {row.fault} ({row.phase}): {row.happened} {row.safe_state} | {row.message[:110]}"


def _table(rows: list[running.Row]) -> Table:
    table = Table("fault", "where", "phase", "what happened", "state", "safe [s]", "nothing lost", "expected")
    for row in rows:
        safe = "goes on" if row.seconds_to_safe is None else f"{row.seconds_to_safe:.2f}"
        lost, right = ("yes" if flag else "NO" for flag in (row.nothing_lost, row.as_expected))
        table.add_row(row.fault, row.where, row.phase, row.happened, row.safe_state, safe, lost, right)
    return table


if __name__ == "__main__":
    sys.exit(main())
