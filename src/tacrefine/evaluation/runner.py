"""Spreads the trials of an evaluation over processes and puts the figures together."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import Any

from tacrefine.evaluation.figures import summary
from tacrefine.evaluation.finished import identity_of, packed, unpacked
from tacrefine.evaluation.settings import EvaluationSettings
from tacrefine.evaluation.trials import CHUNK, TrialErrors, run_chunk
from tacrefine.hands import Hand, load_hand
from tacrefine.journal import Journal, journal_of
from tacrefine.objects import load_objects
from tacrefine.plants import OneRobot, load_plant
from tacrefine.policy import Policy, load_policy
from tacrefine.workers import open_executor

Task = tuple[str, int]
"""object name and number of the chunk"""


@cache
def _loaded(hand: str, model: str) -> tuple[Hand, Policy]:
    loaded = load_hand(hand)
    return loaded, load_policy(model, loaded)


def _run(settings: EvaluationSettings, task: Task) -> TrialErrors:
    hand, policy = _loaded(settings.hand, settings.model)
    item = load_objects(settings.objects)[task[0]]
    plant = load_plant(settings.plant)
    if settings.robot_seed is not None:
        plant = OneRobot(plant, hand, settings.robot_seed)
    return run_chunk(settings, hand, policy, plant, item, task[1])


def evaluate(
    settings: EvaluationSettings,
    progress: Callable[[int, int], None],
    processes: int | None = None,
    journal: Path | None = None,
    ray_address: str | None = None,
) -> dict[str, Any]:
    """Run all trials and return the figures, with everything that is needed to repeat them.

    `progress(done, total)` counts trials. Elastic plants are spread over `processes` (default: all cores); the
    quasistatic model needs none of that. `ray_address` names a Ray cluster to work on instead, as in
    :func:`tacrefine.workers.open_executor`. Finished chunks are written to `journal`, and one that is there already is
    gone on with; elastic plants, which take hours, have one in `out/evaluations` until they are done. Raises the
    TacrefineErrors of what is loaded, and DataError where the journal is of another evaluation.
    """
    started = time.monotonic()
    plant = load_plant(settings.plant)
    _, policy = _loaded(settings.hand, settings.model)
    objects = load_objects(settings.objects)
    tasks = [(name, number) for name in objects for number in range(-(-settings.trials // CHUNK))]
    if processes is None and ray_address is None and plant.tactile_model == "quasistatic":
        processes = 1
    finished = _journal(settings, policy.model_id, journal, plant.tactile_model)
    results = {
        (name, number): unpacked(name, content)
        for name, number, content in (finished.parts() if finished else ())
    }
    total, done = settings.trials * len(objects), sum(len(errors.millimetres) for errors in results.values())
    progress(done, total)
    left = [task for task in tasks if task not in results]
    with open_executor(processes, ray_address, len(left)) as executor:
        for task, errors in executor.as_done(partial(_run, settings), left):
            results[task] = errors
            if finished is not None:
                finished.add([*task, packed(errors)])
            done += len(errors.millimetres)
            progress(done, total)
    if finished is not None and journal is None:
        finished.path.unlink()
    ordered = [results[task] for task in tasks]
    return {
        "settings": settings.as_dict(),
        "plant": {"name": plant.name, "tactile_model": plant.tactile_model},
        "model_id": policy.model_id,
        "frames_per_grasp": settings.frames,
        "frames_of_target": settings.target_frames,
        "seconds": round(time.monotonic() - started, 1),
        **summary(ordered, {name: item.object_class for name, item in objects.items()}),
    }


def _journal(
    settings: EvaluationSettings, model_id: str, journal: Path | None, tactile_model: str
) -> Journal | None:
    if journal is None and tactile_model == "quasistatic":
        return None
    identity = identity_of(settings, model_id)
    return Journal(journal or journal_of(identity), identity)
