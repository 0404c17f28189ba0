"""What a hand holds by friction alone: creep where Coulomb's law says that it can, loss where it says that it cannot.

    python benchmarks/hold.py --json results/holding.json
    python benchmarks/hold.py --hands five_finger parallel_gel --all --json results/holding_fifteen.json
    python benchmarks/hold.py --closing --json results/free_closing.json

Each case closes the hand on an object in a rigid nest, lets the nest go, gives the grasp a second to come to rest, and
looks how far the object moves in the hand in the ten seconds after. What friction can do is judged from the contacts
of the moment before the nest lets go, by linear programming over friction cones: `yes` if forces that press no harder
than those contacts do bear the weight, `no` if not even forces up to the holding torque of every drive could. Between
the two statics does not say.

With --all it asks for every object of the set which masses each hand holds, with friction 0.5. A hand may be a gripper.

The gripper of regrasping presses with a given force on a box on a table, is lifted, and is watched for as long.

With --closing it asks instead how far the object moves while the hand closes on it, in cells with more and less
to hold it, and whether the hand can lift it after that.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np
from holding.closing import CELLS, close_and_lift
from holding.gripper import hold_with_gripper
from holding.hand import Case, hold_with_hand
from holding.judging import summary
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from tacrefine.hands import load_hand
from tacrefine.objects import load_objects
from tacrefine.provenance import write_figures

MASSES = (0.02, 0.1, 0.3)
FRICTIONS = (0.05, 0.5)
ASIDE = (0.0, 0.03)
"""m along y between grasp and centre of mass"""
HELD = ("rod_8", "rod_16", "plate_4", "plate_8", "disk_100x5")
GRIPPER_FORCES = (1.0, 5.0, 15.0)
GRIPPER_FRICTIONS = (0.1, 0.8)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--hand", default="five_finger")
    parser.add_argument("--objects", default="fifteen")
    parser.add_argument("--plant", default="nominal_elastic")
    parser.add_argument(
        "--only", nargs="+", help="these objects (default: five of the set; all with --closing)"
    )
    parser.add_argument("--hands", nargs="+", help="several hands, with --all")
    parser.add_argument("--all", action="store_true", help="every object of the set, by several hands")
    parser.add_argument("--seconds", type=float, default=10.0, help="that the object is watched")
    parser.add_argument(
        "--closing", action="store_true", help="how a free object moves while the hand closes"
    )
    parser.add_argument("--json", type=Path, help="write the figures here")
    arguments = parser.parse_args()
    console = Console()
    hand, objects = load_hand(arguments.hand), load_objects(arguments.objects)
    records: list[dict[str, Any]]
    names = arguments.only or (list(objects) if arguments.closing else list(HELD))
    with Progress(console=console) as progress:
        if arguments.closing:
            jobs = [(cell, name) for cell in CELLS for name in names]
            records = [
                close_and_lift(hand, objects[name], arguments.plant, cell)
                for cell, name in progress.track(jobs, description="closings")
            ]
            figures: dict[str, Any] = {"cells": {c: _closing_figures(records, c) for c in CELLS}}
        elif arguments.all:
            records = every_object(arguments, progress)
            figures = {"hands": by_hand(records)}
        else:
            cases = [
                Case(name, mass, friction, aside)
                for name in names
                for mass in MASSES
                for friction in FRICTIONS
                for aside in ASIDE
            ]
            of_hand = [
                hold_with_hand(hand, objects[case.object], arguments.plant, case, arguments.seconds)
                for case in progress.track(cases, description="hand")
            ]
            grips = [(m, f, mu) for m in MASSES for f in GRIPPER_FORCES for mu in GRIPPER_FRICTIONS]
            of_gripper = [
                hold_with_gripper(mass, force, friction, arguments.seconds)
                for mass, force, friction in progress.track(grips, description="gripper")
            ]
            figures = {"hand": summary(of_hand), "gripper": summary(of_gripper)}
            records = of_hand + of_gripper
    table = Table(*(str(key) for key in records[0]))
    for record in records:
        table.add_row(*(f"{v:.3g}" if isinstance(v, float) else str(v) for v in record.values()))
    console.print(table)
    console.print(figures)
    if arguments.json:
        write_figures(arguments.json, {**figures, "records": records})


def every_object(arguments: argparse.Namespace, progress: Progress) -> list[dict[str, Any]]:
    """One record for each hand, object and mass; of an object that a hand cannot close on, one that says so."""
    objects = load_objects(arguments.objects)
    jobs = [
        (hand, name, mass)
        for hand in arguments.hands or [arguments.hand]
        for name in arguments.only or objects
        for mass in MASSES
    ]
    return [
        hold_with_hand(
            load_hand(hand), objects[name], arguments.plant, Case(name, mass, 0.5, 0.0), arguments.seconds
        )
        for hand, name, mass in progress.track(jobs, description="every object")
    ]


def by_hand(records: list[dict[str, Any]]) -> dict[str, Any]:
    """Summary of each hand, with the objects that it holds at every mass, and those that it does not."""
    figures: dict[str, Any] = {}
    for hand in dict.fromkeys(record["by"] for record in records):
        those = [record for record in records if record["by"] == hand]
        names = list(dict.fromkeys(record["object"] for record in those))
        fails = {n: [r for r in those if r["object"] == n and r["result"] != "held"] for n in names}
        figures[hand] = summary(those) | {
            "objects": len(names),
            "objects_held": sum(not rows for rows in fails.values()),
            "not_held": ", ".join(
                f"{n} ({', '.join(_said(r) for r in rows)})" for n, rows in fails.items() if rows
            )
            or "none",
        }
    return figures


def _said(record: dict[str, Any]) -> str:
    return f"{1e3 * record['mass']:g} g {record['result']}"


def _closing_figures(records: list[dict[str, Any]], cell: str) -> dict[str, Any]:
    those = [record for record in records if record["cell"] == cell]
    lifted = [record for record in those if record["lifted"]]
    return {
        "objects": len(those),
        "lifted": len(lifted),
        "not_lifted": ", ".join(record["object"] for record in those if not record["lifted"]) or "none",
        "closing_mm": float(np.median([record["closing_mm"] for record in those])),
        "closing_deg": float(np.median([record["closing_deg"] for record in those])),
        "slip_mm": float(np.median([record["slip_mm"] for record in lifted])) if lifted else None,
        "slip_deg": float(np.median([record["slip_deg"] for record in lifted])) if lifted else None,
    }


if __name__ == "__main__":
    main()
