"""What recorded grasps of one robot are worth: the shipped model, fine-tuned in three ways, at growing recordings.

    python benchmarks/finetuning.py --json results/finetuning.json

A is the shipped model as it is (sim only), B fine-tuned on recorded and simulated grasps, C trained on the recorded
ones alone, D fine-tuned on simulations of the robot that calibration fitted to them; with --methods, P is B without
calibration (simulated grasps of training plants). Each robot is one draw of the plant and records once; every method is
evaluated on that same robot, with targets and starts of its own. Cells that are in the JSON file already are not made
again, so a run that was broken off goes on where it was.

With --bags DIR the recordings are bags, in DIR/<robot seed>/, made on the simulated robot of that seed.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

import numpy as np
from benchmark_report.contents import Finetuning
from benchmark_report.finetuning import draw
from rich.console import Console
from rich.table import Table

from tacrefine.bags.finetuning import recording_from_bags
from tacrefine.cli.progress import progress_bar
from tacrefine.errors import DataError, TacrefineError
from tacrefine.evaluation.runner import evaluate
from tacrefine.evaluation.settings import EvaluationSettings
from tacrefine.finetune.job import finetune, fit_robot
from tacrefine.finetune.recording import Recording, from_stand_in
from tacrefine.finetune.settings import load_finetuning
from tacrefine.hands import load_hand
from tacrefine.identification import FittedRobot
from tacrefine.objects import load_objects
from tacrefine.policy import load_policy
from tacrefine.provenance import command, write_figures

METHODS = {
    "A": ("sim only, as shipped", None),
    "B": ("sim + recorded: fitted robot's simulation and the recording", "default"),
    "C": ("recorded only, from scratch", "scratch"),
    "D": ("fitted robot's simulation only", "fitted"),
    "P": ("sim + recorded: training plants' simulation and the recording", "plain"),
}
"""letter: what it is, and its description in config/finetuning"""
FIGURES = (
    "success_10deg_10mm",
    "success_5deg_5mm",
    "success_2deg_2mm",
    "success_1deg_1mm",
    "median_mm",
    "median_deg",
)
FRAMES = 8
Cell = dict[str, Any]


def cells_of(arguments: argparse.Namespace) -> list[tuple[int, str, int]]:
    """(robot seed, method, samples) of everything that is compared; A needs no samples."""
    cells = []
    for robot in range(arguments.seed, arguments.seed + arguments.robots):
        for method in arguments.methods:
            cells += [(robot, method, n) for n in ([0] if method == "A" else arguments.samples)]
    return cells


class Comparison:
    """Makes cells one by one; what several of them share is made once."""

    def __init__(self, arguments: argparse.Namespace) -> None:
        self._a = arguments
        self._hand = load_hand()
        self._items = load_objects()
        self._policy = load_policy(arguments.model, self._hand)
        self._recordings: dict[int, Recording] = {}
        self._fitted: dict[tuple[int, int], FittedRobot] = {}

    @property
    def model_id(self) -> str:
        """The parent's."""
        return self._policy.model_id

    def cell(self, robot: int, method: str, samples: int) -> Cell:
        """Fine-tune and evaluate; success and errors as `tacrefine evaluate` has them."""
        started = time.process_time()
        model, made = self._a.model, {}
        if method != "A":
            folder = self._a.out / f"robot{robot}_{method}_{samples}"
            card = self._tuned(robot, method, samples, folder)
            model, made = str(folder), {"figures": card.figures, "data": card.data}
        seconds = time.process_time() - started
        settings = EvaluationSettings(
            plant=self._a.plant, model=model, trials=self._a.trials, seed=self._a.seed, robot_seed=robot
        )
        result = evaluate(settings, lambda done, total: None)
        return {
            "robot": robot,
            "method": method,
            "samples": samples,
            "trials": result["all"]["trials"],
            **{name: result["all"][name] for name in FIGURES},
            "one_sigma_coverage": result["all"]["one_sigma_coverage"],
            "classes": {name: {key: row[key] for key in FIGURES} for name, row in result["classes"].items()},
            "tuning_cpu_seconds": round(seconds, 1),
            **made,
        }

    def _tuned(self, robot: int, method: str, samples: int, folder: Path) -> Any:
        settings = load_finetuning(METHODS[method][1] or "")
        if self._a.steps is not None:
            settings = settings.model_copy(update={"steps": self._a.steps})
        recording, fitted = self._recording(robot).first(samples), None
        if recording.grasps < samples:
            raise DataError(f"robot {robot}: {recording.grasps} recorded grasps, --samples wants {samples}.")
        if settings.simulated == "fitted":
            fitted = self._fitted.get((robot, samples))
            if fitted is None:
                learned, _ = recording.split(settings.held_out, np.random.default_rng([robot, 0]))
                fitted = fit_robot(learned, settings, self._hand, self._items, self._policy)
                self._fitted[robot, samples] = fitted
        return finetune(
            recording,
            self._a.model,
            self._hand,
            self._items,
            folder,
            settings,
            command(),
            robot,
            fitted=fitted,
        )

    def _recording(self, robot: int) -> Recording:
        if robot not in self._recordings:
            if self._a.bags is not None:
                found = recording_from_bags([self._a.bags / str(robot)], self._hand, self._items)
            else:
                most = max(self._a.samples)
                found = from_stand_in(self._hand, self._items, self._a.plant, most, robot, FRAMES)
            self._recordings[robot] = found
        return self._recordings[robot]


def rows_of(cells: list[Cell]) -> list[Cell]:
    """One row for each method and number of samples: means over the robots with their standard errors, and how much
    better than A on the same robot (None where A is missing).
    """
    shipped = {cell["robot"]: cell for cell in cells if cell["method"] == "A"}
    rows = []
    for method, samples in sorted({(cell["method"], cell["samples"]) for cell in cells}):
        some = [cell for cell in cells if (cell["method"], cell["samples"]) == (method, samples)]
        row: Cell = {"method": method, "samples": samples, "robots": len(some)}
        row["trials"] = sum(cell["trials"] for cell in some)
        for name in FIGURES:
            row[name], row[f"{name}_se"] = _mean([cell[name] for cell in some])
            gains = [cell[name] - shipped[cell["robot"]][name] for cell in some if cell["robot"] in shipped]
            row[f"{name}_gain"], row[f"{name}_gain_se"] = _mean(gains) if gains else (None, None)
        rows.append(row)
    return rows


def _mean(values: list[float]) -> tuple[float, float | None]:
    """Mean and its standard error over robots; no error from a single one."""
    error = float(np.std(values, ddof=1) / np.sqrt(len(values))) if len(values) > 1 else None
    return float(np.mean(values)), error


def show(rows: list[Cell]) -> None:
    """The table."""
    table = Table(title="success in % (standard error over robots), gain against A on the same robots")
    for heading in ("", "samples", "5/5", "2/2", "1/1", "2/2 gain", "1/1 gain", "median"):
        table.add_column(heading, justify="right")
    for row in rows:
        success = [_percent(row, f"success_{n}deg_{n}mm") for n in (5, 2, 1)]
        gains = [_percent(row, f"success_{n}deg_{n}mm_gain") for n in (2, 1)]
        median = f"{row['median_mm']:.2f} mm, {row['median_deg']:.2f} deg"
        table.add_row(row["method"], str(row["samples"]), *success, *gains, median)
    Console(width=120).print(table)


def _percent(row: Cell, name: str) -> str:
    if row[name] is None:
        return "-"
    error = row[f"{name}_se"]
    return f"{100 * row[name]:.1f}" + (f" ({100 * error:.1f})" if error is not None else "")


def _kept(path: Path | None, asked: dict[str, Any]) -> list[Cell]:
    """Cells of an earlier run with the same settings; DataError where the file is of others."""
    if path is None or not path.exists():
        return []
    content = json.loads(path.read_text())
    if content.get("comparison") != asked:
        raise DataError(f"{path}: is of other settings; choose another file or delete it.")
    return list(content["cells"])


def _write(path: Path, asked: dict[str, Any], cells: list[Cell]) -> None:
    methods = {name: METHODS[name][0] for name in dict.fromkeys(cell["method"] for cell in cells)}
    write_figures(path, {"comparison": asked, "methods": methods, "rows": rows_of(cells), "cells": cells})


def run(arguments: argparse.Namespace) -> None:
    """Make every cell that is missing and show the table."""
    comparison = Comparison(arguments)
    asked = {
        "plant": arguments.plant,
        "model_id": comparison.model_id,
        "trials": arguments.trials,
        "seed": arguments.seed,
        "steps": arguments.steps,
        "recorded": "bags" if arguments.bags is not None else "simulated directly",
    }
    cells = _kept(arguments.json, asked)
    there = {(cell["robot"], cell["method"], cell["samples"]) for cell in cells}
    wanted = cells_of(arguments)
    with progress_bar("comparing", len(wanted)) as advance:
        for done, key in enumerate(wanted):
            advance(done, f"robot {key[0]}, {key[1]} at {key[2]}")
            if key in there:
                continue
            cells.append(comparison.cell(*key))
            if arguments.json is not None:
                _write(arguments.json, asked, cells)
        advance(len(wanted))
    show(rows_of(cells))
    if arguments.plot is not None and arguments.json is not None:
        arguments.plot.parent.mkdir(parents=True, exist_ok=True)
        draw(Finetuning.model_validate_json(arguments.json.read_text())).savefig(arguments.plot, dpi=110)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--plant", default="hard")
    parser.add_argument("--model", default="five_finger", help="the parent")
    parser.add_argument("--samples", type=int, nargs="+", default=[20, 50, 100, 300, 1000])
    parser.add_argument("--methods", nargs="+", default=["A", "B", "C", "D"], choices=list(METHODS))
    parser.add_argument("--robots", type=int, default=3, help="draws of the plant")
    parser.add_argument("--seed", type=int, default=100, help="of the first robot, and of the evaluation")
    parser.add_argument("--trials", type=int, default=30, help="for each object and robot")
    parser.add_argument("--steps", type=int, help="of fine-tuning, instead of the descriptions'")
    parser.add_argument("--bags", type=Path, help="folder with a folder of bags for each robot seed")
    parser.add_argument("--out", type=Path, default=Path("out/finetuning"), help="folder for the models")
    parser.add_argument("--json", type=Path, help="write the figures to this file, and go on from it")
    parser.add_argument("--plot", type=Path, help="draw what the JSON file holds into this PNG")
    arguments = parser.parse_args()
    if arguments.plot is not None and arguments.json is None:
        parser.error("--plot draws what --json holds; give both")
    try:
        run(arguments)
    except TacrefineError as error:
        parser.exit(2, f"finetuning: {error}\n")


if __name__ == "__main__":
    main()
