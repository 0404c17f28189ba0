"""How long the choice among 5,000 actions takes, and how long it would with the whole network for each of them.

    python benchmarks/regrasp_search.py --json results/regrasp_search.json

*Search* is all that happens between a state and the chosen action: encoding the images once, drawing 4,900 random
actions and 100 of force only, asking the head about all of them, taking the best. *Naive* asks the whole network,
images and all, for each action, in batches. Both run on one core, in turn, in the same process.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from tacrefine.gripper import GripperPose, State
from tacrefine.policy.regrasp.predictor import DEFAULT_REGRASP_MODEL, RegraspModel
from tacrefine.provenance import write_figures
from tacrefine.regrasp.actions import ActionBox, load_action_box
from tacrefine.regrasp.choice import FORCE_ACTIONS, RANDOM_ACTIONS, Refinement, choose
from tacrefine.regrasp.defaults import Objective

GOAL_MS = 30.0
BATCH = 250
"""actions that the naive way asks about at once"""
REFINED = Refinement(rounds=3)


def main(
    repeats: Annotated[int, typer.Option(min=3, help="Searches that are timed.")] = 100,
    naive_repeats: Annotated[int, typer.Option(min=1, help="Naive searches that are timed.")] = 3,
    model: Annotated[str, typer.Option(help="Name or folder of the model.")] = DEFAULT_REGRASP_MODEL,
    json: Annotated[Path | None, typer.Option("--json", help="Write the figures to this file.")] = None,
) -> None:
    """Measure and print; exit code 0 only if the median search takes at most 30 ms."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    asked, box, rng = RegraspModel.load(model), load_action_box(), np.random.default_rng(0)
    state = random_state(asked, rng)
    pose = GripperPose(*(float(value) for value in state.pose))

    def search(refinement: Refinement = Refinement()) -> None:  # noqa: B008 - frozen
        choose(asked, asked.encode(state), box, Objective.max_success, rng, pose=pose, refinement=refinement)

    figures: dict[str, Any] = {
        "model_id": asked.model_id,
        "actions": RANDOM_ACTIONS + FORCE_ACTIONS,
        "goal_ms": GOAL_MS,
        "encode": timed(lambda: asked.encode(state), repeats),
        "search": timed(search, repeats),
        "search_refined": timed(lambda: search(REFINED), repeats),
        "naive": timed(lambda: naive(asked, state, box, rng), naive_repeats),
        "load_average": os.getloadavg()[0],
    }
    figures["times_faster"] = round(figures["naive"]["p50_ms"] / figures["search"]["p50_ms"], 1)
    figures["reached"] = figures["search"]["p50_ms"] <= GOAL_MS
    show(figures)
    if json is not None:
        write_figures(json, figures)
    raise typer.Exit(0 if figures["reached"] else 1)


def random_state(model: RegraspModel, rng: np.random.Generator) -> State:
    """A state of noise: what it shows does not change what it costs."""
    camera, touch = (*model.card.camera_size, 3), (2, *model.card.tactile_size, 3)
    a, b, c, d = (rng.integers(0, 256, shape, dtype=np.uint8) for shape in (camera, camera, touch, touch))
    return State(a, b, c, d, np.array([0.0, 0.0, 0.05, 0.3], np.float32), 10.0)


def naive(model: RegraspModel, state: State, box: ActionBox, rng: np.random.Generator) -> NDArray[np.float32]:
    """Success of 5,000 actions where every one of them brings its own copy of the images through the network."""
    actions = np.concatenate([box.sample(rng, RANDOM_ACTIONS), box.sample_force(rng, FORCE_ACTIONS)])
    parts = []
    for begin in range(0, len(actions), BATCH):
        some = actions[begin : begin + BATCH]
        parts.append(model.success(model.encode_many([state] * len(some)), some))
    return np.concatenate(parts)


def timed(work: Callable[[], object], repeats: int) -> dict[str, float]:
    """Median, p99 and least time by the clock in ms, and median time of the core, after a warm-up."""
    work()
    times, busy = [], []
    for _ in range(repeats):
        began, used = time.perf_counter(), time.process_time()
        work()
        times.append(1e3 * (time.perf_counter() - began))
        busy.append(1e3 * (time.process_time() - used))
    p50, p99 = np.percentile(times, [50, 99])
    return {
        "p50_ms": round(float(p50), 3),
        "p99_ms": round(float(p99), 3),
        "least_ms": round(min(times), 3),
        "cpu_ms": round(float(np.median(busy)), 3),
        "repeats": repeats,
    }


def show(figures: dict[str, Any]) -> None:
    """Print the table."""
    table = Table(title=f"Choice among {figures['actions']} actions, one core, model {figures['model_id']}")
    for heading in ("what", "median ms", "p99 ms", "least ms", "core ms"):
        table.add_column(heading, justify="left" if heading == "what" else "right")
    names = {
        "search": "search: state once, actions in one batch",
        "search_refined": f"and {REFINED.rounds} rounds of refinement",
        "naive": "naive: whole network for each action",
        "encode": "(encoding of the state alone)",
    }
    for key, name in names.items():
        row = figures[key]
        table.add_row(name, *(f"{row[k]:.2f}" for k in ("p50_ms", "p99_ms", "least_ms", "cpu_ms")))
    Console().print(table)
    Console().print(
        f"{figures['times_faster']} times faster; goal of {GOAL_MS:g} ms reached: {figures['reached']}"
    )


if __name__ == "__main__":
    typer.run(main)
