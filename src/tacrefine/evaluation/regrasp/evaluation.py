"""Whole grasps by several policies on objects that were not learned from; a stopped evaluation goes on later.

All policies meet the same objects at the same places with the same gels, and begin at the same random pose.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import Field

from tacrefine import __version__
from tacrefine.config import Description, resolve
from tacrefine.errors import ConfigError
from tacrefine.evaluation.regrasp.attempts import Attempt, grasp_by_model, grasp_cylinder
from tacrefine.journal import Journal, journal_of
from tacrefine.objects.free_objects import load_regrasp_objects
from tacrefine.policy.regrasp.predictor import RegraspModel
from tacrefine.regrasp.actions import load_action_box
from tacrefine.regrasp.choice import Refinement
from tacrefine.regrasp.defaults import LIFT_ABOVE, LOST_BELOW, PROBE_FORCE, TRIAL_LIFT, TRIES, Objective
from tacrefine.regrasp.places import random_grasp
from tacrefine.regrasp.strategy import Rules
from tacrefine.sim.gripper.scene import GripperScene
from tacrefine.workers import open_executor

CYLINDER, LONG_AXIS = "cylinder", "cylinder_long_axis"
BASELINES = (CYLINDER, LONG_AXIS)
"""the middle of a fitted cylinder, at a random turn as in the paper, or across the object's long direction"""
Task = tuple[str, str, int]
"""policy, object set, number of the object"""
Row = dict[str, Any]


class RegraspEvaluation(Description):
    """What is evaluated. `policies` maps a name to a model or to one of `BASELINES`."""

    policies: dict[str, str]
    objects: tuple[str, ...] = ("easy", "hard")
    grasps: int = Field(default=20, ge=1)
    """of each object by each policy"""
    seed: int = Field(default=0, ge=0)
    objective: Objective = Objective.max_success
    threshold: float = Field(default=LIFT_ABOVE, gt=0, lt=1)
    tries: int = Field(default=TRIES, ge=1, le=50)
    lift_last: bool = True
    look_again: bool = True
    lost_below: float = Field(default=LOST_BELOW, ge=0, lt=1)
    from_above: bool = True
    probe_force: float = Field(default=PROBE_FORCE, ge=0)
    trial_lift: float = Field(default=TRIAL_LIFT, ge=0)
    refinement_rounds: int = Field(default=0, ge=0, le=20)
    box: str = "actions"

    @property
    def rules(self) -> Rules:
        """How models are used."""
        refinement = Refinement(rounds=self.refinement_rounds)
        return Rules(
            objective=self.objective,
            threshold=self.threshold,
            tries=self.tries,
            lift_last=self.lift_last,
            look_again=self.look_again,
            lost_below=self.lost_below,
            from_above=self.from_above,
            probe_force=self.probe_force,
            trial_lift=self.trial_lift,
            refinement=refinement,
        )


@cache
def _model(name: str) -> RegraspModel:
    return RegraspModel.load(name)


def run_object(settings: RegraspEvaluation, task: Task) -> list[Row]:
    """All grasps of one object by one policy."""
    policy, objects, number = task
    obj = load_regrasp_objects(objects)[number]
    scene, box, rows = GripperScene(obj), load_action_box(settings.box), []
    for grasp in range(settings.grasps):
        rng = np.random.default_rng([settings.seed, *objects.encode(), number, grasp])
        attempt = _attempt(settings, policy, scene, box, rng)
        rows.append(
            {"policy": policy, "set": objects, "object": obj.name, "grasp": grasp, **attempt.as_dict()}
        )
    return rows


def _attempt(
    settings: RegraspEvaluation, policy: str, scene: GripperScene, box: Any, rng: np.random.Generator
) -> Attempt:
    scene.reset(rng)
    cylinder = scene.find_object()
    if cylinder is None:
        return Attempt(False, 0, 1, 0.0, 0.0, 0.0, [])
    start, _ = random_grasp(cylinder, box, rng)
    match settings.policies[policy]:
        case "cylinder":
            return grasp_cylinder(scene, cylinder, start.yaw)
        case "cylinder_long_axis":
            return grasp_cylinder(scene, cylinder)
    if not settings.from_above:
        scene.approach(start)
    return grasp_by_model(scene, _model(settings.policies[policy]), box, settings.rules, rng)


def evaluate(
    settings: RegraspEvaluation,
    progress: Callable[[int, int], None],
    processes: int | None = None,
    journal: Path | None = None,
    ray_address: str | None = None,
) -> dict[str, Any]:
    """Run every policy on every object and return the figures.

    `progress(done, total)` counts objects and policies. `processes` and `ray_address` as in
    :func:`tacrefine.workers.open_executor`. What is finished is written to `journal`, and one that is there already is
    gone on with; without a name it is a file in `out/evaluations` that follows from the settings, until all is done.
    Raises DataError where the journal is of another evaluation, and the errors of what is loaded.
    """
    tasks = [
        (policy, objects, number)
        for objects in settings.objects
        for policy in settings.policies
        for number in range(len(load_regrasp_objects(objects)))
    ]
    identity = _identity(settings) | {"version": __version__, "descriptions": _descriptions(settings)}
    finished = Journal(journal or journal_of(identity), identity)
    done: dict[Task, list[Row]] = {
        (policy, name, number): rows for (policy, name, number), rows in finished.parts()
    }
    left = [task for task in tasks if task not in done]
    progress(len(tasks) - len(left), len(tasks))
    with open_executor(processes, ray_address, len(left)) as executor:
        for task, rows in executor.as_done(partial(run_object, settings), left):
            done[task] = rows
            finished.add([list(task), rows])
            progress(len(done), len(tasks))
    if journal is None:
        finished.path.unlink()
    return figures(settings, [row for task in tasks for row in done[task]])


def _identity(settings: RegraspEvaluation) -> dict[str, Any]:
    """Settings and the ids of the models."""
    models = {name: _model(name).model_id for name in settings.policies.values() if name not in BASELINES}
    content: dict[str, Any] = json.loads(settings.model_dump_json())
    return content | {"models": models}


def _descriptions(settings: RegraspEvaluation) -> list[str]:
    """Checksums of the files that are read."""
    named = [*(("regrasp/objects", name) for name in settings.objects), ("regrasp", settings.box)]
    return [hashlib.sha256(Path(resolve(*each)).read_bytes()).hexdigest() for each in named]


def figures(settings: RegraspEvaluation, rows: Sequence[Row]) -> dict[str, Any]:
    """Everything that a JSON file of `tacrefine regrasp evaluate` says, but for where it was made."""
    sets: dict[str, Any] = {}
    for objects in settings.objects:
        sets[objects] = {}
        for policy in settings.policies:
            mine = [row for row in rows if row["set"] == objects and row["policy"] == policy]
            names = dict.fromkeys(row["object"] for row in mine)
            sets[objects][policy] = summary(mine) | {
                "objects": {name: summary([row for row in mine if row["object"] == name]) for name in names}
            }
    return {"regrasp_evaluation": _identity(settings), "sets": sets, "attempts": list(rows)}


def summary(rows: Sequence[Row]) -> dict[str, Any]:
    """Success, tries and force of some attempts; the standard error is that of a fraction."""
    success = np.array([row["success"] for row in rows])
    rate = float(success.mean())
    forces = [row["force"] for row in rows if row["success"]]
    return {
        "grasps": len(rows),
        "successes": int(success.sum()),
        "success": rate,
        "standard_error": float(np.sqrt(rate * (1 - rate) / len(rows))),
        "mean_tries": float(np.mean([row["tries"] for row in rows])),
        "mean_approaches": float(np.mean([row["approaches"] for row in rows])),
        "mean_force": float(np.mean(forces)) if forces else None,
        "predicted": float(np.mean([row["probability"] for row in rows])),
    }


def parse_policies(texts: Sequence[str]) -> dict[str, str]:
    """``NAME=MODEL`` each, or one of `BASELINES` alone; ConfigError where one is neither."""
    policies = {}
    for text in texts:
        name, sign, model = text.partition("=")
        if (not sign and name not in BASELINES) or not name or (sign and not model):
            raise ConfigError(
                f"--policy '{text}': must be NAME=MODEL (a model's name or folder), or one of {', '.join(BASELINES)}."
            )
        policies[name] = model if sign else name
    return policies
