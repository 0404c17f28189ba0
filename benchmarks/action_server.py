"""Goals in a row over ROS 2 on mixed objects: does every one end, and how near to the truth?

    python benchmarks/action_server.py --goals 30 --json FILE

Targets, disturbances and simulated robots are drawn from `--seed`; a pose at which too few fingers touch is no grasp
and is drawn anew. The stack runs in three processes, faster than real time.
"""

from __future__ import annotations

import time
from collections import Counter
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from rich.console import Console
from rich.progress import track

from tacrefine.bringup.arguments import Arguments
from tacrefine.demo.program import running_stack
from tacrefine.demo.report import figures, is_success
from tacrefine.demo.scenario import LooseGrasp, Refinement, refine
from tacrefine.errors import TacrefineError
from tacrefine.hands import load_hand
from tacrefine.objects import load_objects
from tacrefine.provenance import write_figures

MAX_DRAWS = 50


def main(
    goals: Annotated[int, typer.Option(min=1, help="How many goals.")] = 30,
    seed: Annotated[int, typer.Option(min=0, help="Draws everything that is drawn.")] = 1,
    plant: Annotated[str, typer.Option(help="Simulated robot, elastic touch.")] = "nominal_elastic",
    model: Annotated[str, typer.Option(help="Name or path of the model.")] = "five_finger",
    model_based: Annotated[
        str, typer.Option(help="Plant to refine corrections with; empty: network alone.")
    ] = "",
    real_time_factor: Annotated[float, typer.Option(help="0: as fast as possible.")] = 0.0,
    json: Annotated[Path | None, typer.Option("--json", help="Write the figures to this file.")] = None,
) -> None:
    """Run the goals and print how they ended."""
    console = Console()
    hand, objects = load_hand(), load_objects()
    rng = np.random.default_rng(seed)
    order = [name for _ in range(goals // len(objects) + 1) for name in rng.permutation(list(objects))][
        :goals
    ]
    arguments = Arguments(
        plant=plant, model=model, model_based=model_based, real_time_factor=real_time_factor, log_level="warn"
    )
    runs: list[Refinement] = []
    failures: list[str] = []
    began = time.monotonic()
    with running_stack(arguments) as client:
        for number, name in enumerate(track(order, "goals", console=console)):
            try:
                runs.append(_one(client, hand, objects[name], plant, rng, seed + number))
            except TacrefineError as error:
                failures.append(f"{name}: {error}")
                client.check()
    result = _summary(runs, failures, goals, arguments, seed, time.monotonic() - began)
    for run in runs:
        if not is_success(run):
            console.print(
                f"missed: {run.object} {run.errors[0]} -> {run.errors[-1]} code {run.code} {run.message}"
            )
    for failure in failures:
        console.print(f"did not end: {failure}")
    console.print({key: value for key, value in result.items() if key != "runs"})
    if json is not None:
        write_figures(json, result)
    raise typer.Exit(0 if result["ended"] == goals and result["success_5deg_5mm"] >= 0.95 else 1)


def _one(client: Any, hand: Any, obj: Any, plant: str, rng: np.random.Generator, seed: int) -> Refinement:
    for _ in range(MAX_DRAWS):
        target, start = obj.sample_poses(rng, 2)
        try:
            return refine(client, hand, obj, plant, target, start, seed)
        except LooseGrasp:
            continue
    raise TacrefineError(f"no grasp of {obj.name} in {MAX_DRAWS} drawn poses")


def _summary(
    runs: list[Refinement], failures: list[str], goals: int, arguments: Arguments, seed: int, seconds: float
) -> dict[str, Any]:
    final = np.array([run.errors[-1] for run in runs]).reshape(-1, 2)
    start = np.array([run.errors[0] for run in runs]).reshape(-1, 2)

    def share(millimetres: float, degrees: float) -> float:
        return float(np.sum((final[:, 0] <= millimetres) & (final[:, 1] <= degrees)) / goals)

    return {
        "goals": goals,
        "ended": len(runs),
        "failures": failures,
        "success_10deg_10mm": share(10, 10),
        "success_5deg_5mm": share(5, 5),
        "success_2deg_2mm": share(2, 2),
        "success_1deg_1mm": share(1, 1),
        "start_mm": float(start[:, 0].mean()) if runs else None,
        "start_deg": float(start[:, 1].mean()) if runs else None,
        "mean_mm": float(final[:, 0].mean()) if runs else None,
        "mean_deg": float(final[:, 1].mean()) if runs else None,
        "mean_steps": float(np.mean([run.steps for run in runs])) if runs else None,
        "codes": dict(Counter(str(run.code) for run in runs)),
        "plant": arguments.plant,
        "synthesis": arguments.model_based,
        "model": runs[0].model if runs else arguments.model,
        "seed": seed,
        "seconds": round(seconds, 1),
        "runs": [figures(run, {}) for run in runs],
    }


if __name__ == "__main__":
    typer.run(main)
