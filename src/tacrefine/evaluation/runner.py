"""Spreads the trials of an evaluation over processes and puts the figures together."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import as_completed
from functools import cache
from typing import Any

from tacrefine.evaluation.figures import summary
from tacrefine.evaluation.settings import EvaluationSettings
from tacrefine.evaluation.trials import CHUNK, TrialErrors, run_chunk
from tacrefine.hands import Hand, load_hand
from tacrefine.objects import load_objects
from tacrefine.plants import OneRobot, load_plant
from tacrefine.policy import Policy, load_policy
from tacrefine.workers import worker_pool

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
    settings: EvaluationSettings, progress: Callable[[int, int], None], processes: int | None = None
) -> dict[str, Any]:
    """Run all trials and return the figures, with everything that is needed to repeat them.

    `progress(done, total)` counts trials. Elastic plants are spread over `processes` (default: all cores); the
    quasistatic model needs none of that. Raises the TacrefineErrors of what is loaded.
    """
    started = time.monotonic()
    plant = load_plant(settings.plant)
    _, policy = _loaded(settings.hand, settings.model)
    objects = load_objects(settings.objects)
    tasks = [(name, number) for name in objects for number in range(-(-settings.trials // CHUNK))]
    if processes is None:
        processes = 1 if plant.tactile_model == "quasistatic" else os.cpu_count() or 1
    total, done = settings.trials * len(objects), 0
    results: dict[Task, TrialErrors] = {}
    progress(0, total)
    for task, errors in _results(settings, tasks, processes):
        results[task] = errors
        done += len(errors.millimetres)
        progress(done, total)
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


def _results(
    settings: EvaluationSettings, tasks: list[Task], processes: int
) -> Iterator[tuple[Task, TrialErrors]]:
    if processes == 1:
        for task in tasks:
            yield task, _run(settings, task)
        return
    with worker_pool(processes) as pool:
        futures = {pool.submit(_run, settings, task): task for task in tasks}
        for future in as_completed(futures):
            yield futures[future], future.result()
