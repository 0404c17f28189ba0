"""One fixed target an object, then disturbances in a row: how many are recovered from within two steps.

    python benchmarks/tracking.py --json results/tracking.json

The target is shown once. Each disturbance takes the grasp to a random pose of the box, on the same robot, and the loop
begins anew with the same target. It is recovered where the whole pose ends within the thresholds after at most --steps
moves.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np
from disturbances import track
from rich.console import Console
from rich.table import Table

from tacrefine.cli.progress import progress_bar
from tacrefine.evaluation.figures import THRESHOLDS, summary
from tacrefine.evaluation.settings import EvaluationSettings
from tacrefine.evaluation.trials import TrialErrors
from tacrefine.hands import load_hand
from tacrefine.objects import load_objects
from tacrefine.plants import load_plant
from tacrefine.policy import load_policy
from tacrefine.provenance import write_figures

GOAL = 0.98
COLUMNS = {"success_5deg_5mm": "5/5", "success_2deg_2mm": "2/2", "success_1deg_1mm": "1/1"}


def halves(errors: list[TrialErrors], disturbances: int) -> dict[str, float]:
    """Recovered within 5/5 in the first and in the second half of all rows: whether anything builds up."""
    degrees, millimetres = THRESHOLDS["success_5deg_5mm"]
    inside = [((e.millimetres[:, -1] <= millimetres) & (e.degrees[:, -1] <= degrees)).mean() for e in errors]
    rows = np.reshape(inside, (-1, disturbances))
    middle = disturbances // 2
    return {"first_half": float(rows[:, :middle].mean()), "second_half": float(rows[:, middle:].mean())}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--hand", default="five_finger")
    parser.add_argument("--objects", default="fifteen")
    parser.add_argument("--model", default="five_finger")
    parser.add_argument("--plant", action="append", help="repeat it for several; default: nominal and hard")
    parser.add_argument("--targets", choices=("fixed", "random"), default="fixed")
    parser.add_argument("--disturbances", type=int, default=200, help="in a row, two at least")
    parser.add_argument("--robots", type=int, default=2, help="drawn for each object")
    parser.add_argument("--steps", type=int, default=2, help="moves for each disturbance")
    parser.add_argument("--seed", type=int, default=600)
    parser.add_argument("--json", type=Path, help="write the figures here")
    arguments = parser.parse_args()
    if arguments.disturbances < 2:
        parser.error(f"--disturbances must be at least 2, found {arguments.disturbances}")

    hand, objects = load_hand(arguments.hand), load_objects(arguments.objects)
    policy = load_policy(arguments.model, hand)
    classes = {name: item.object_class for name, item in objects.items()}
    plants: dict[str, Any] = {}
    table = Table(
        title=f"recovered within {arguments.steps} steps, in % of disturbances (degrees/millimetres)"
    )
    for heading in ("plant", "", *COLUMNS.values(), "median mm", "median deg"):
        table.add_column(heading, justify="right" if heading[:1].isdigit() or "median" in heading else "left")
    for name in arguments.plant or ("nominal", "hard"):
        settings = EvaluationSettings(
            hand=arguments.hand, objects=arguments.objects, model=arguments.model, plant=name,
            targets=arguments.targets, steps=arguments.steps, trials=arguments.robots, seed=arguments.seed,
        )  # fmt: skip
        errors: list[TrialErrors] = []
        with progress_bar(f"{name}: disturbances", len(objects) * arguments.disturbances) as advance:
            for item in objects.values():
                before = len(errors)
                errors += track(
                    settings, hand, policy, load_plant(name), item, arguments.disturbances,
                    lambda done, before=before: advance(before + done),
                )  # fmt: skip
        found = summary(errors, classes)
        rows = {"all": found["all"], **found["classes"]}
        for label, row in rows.items():
            shares = [f"{100 * row[key]:.2f}" for key in COLUMNS]
            table.add_row(name, label, *shares, f"{row['median_mm']:.2f}", f"{row['median_deg']:.2f}")
        plants[name] = {
            **{key: found[key] for key in ("all", "classes", "objects", "after_each_step")},
            "recovered_5deg_5mm": halves(errors, arguments.disturbances),
            "reached_goal": found["all"]["success_5deg_5mm"] >= GOAL,
        }
    Console(width=110).print(table)
    if arguments.json:
        content = {
            "model_id": policy.model_id,
            "targets": arguments.targets,
            "disturbances": arguments.disturbances,
            "robots_per_object": arguments.robots,
            "steps": arguments.steps,
            "seed": arguments.seed,
            "goal": GOAL,
            "plants": plants,
        }
        write_figures(arguments.json, content)


if __name__ == "__main__":
    main()
