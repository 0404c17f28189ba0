"""Collects trials shard by shard, in processes, resumable at any moment.

A shard depends on the settings and its number only: the same settings give the same bytes however the work is split,
and a kill leaves whole shards, which are kept.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Generator
from contextlib import closing
from functools import lru_cache
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import Field

from tacrefine.config import Description
from tacrefine.data.regrasp.dataset import examples_entry, joined, pack_examples, read_examples
from tacrefine.data.regrasp.trials import Chooser, Trial, examples_of, random_action, run_trial
from tacrefine.data.sharded import Entry, claimed, finish, in_order
from tacrefine.data.shards import shard_name
from tacrefine.errors import DataError, SimulationError
from tacrefine.objects.free_objects import RegraspObject, load_regrasp_objects
from tacrefine.regrasp.actions import ActionBox, load_action_box
from tacrefine.sim.gripper.scene import GripperScene
from tacrefine.workers import worker_pool

ATTEMPTS = 5
"""at one trial: an object may leave the table, or the camera may find nothing"""
KEPT_SCENES = 128
COMMAND = "tacrefine regrasp collect"


class CollectionSettings(Description):
    """What a dataset follows from; its folder is bound to it."""

    objects: tuple[RegraspObject, ...] = Field(min_length=1)
    """in full: a set of the same name may change"""
    box: ActionBox = ActionBox()
    trials: int = Field(default=6500, ge=1)
    trials_per_shard: int = Field(default=50, ge=1, le=1000)
    seed: int = Field(default=1, ge=0)
    policy: str | None = None
    """model that chooses the adjustments; None: chance"""
    explore: float = Field(default=0.2, ge=0.0, le=1.0)
    """share of adjustments left to chance all the same"""
    touch_first: float = Field(default=1.0, ge=0.0, le=1.0)
    """share of trials that grasp once before they adjust"""

    @property
    def shards(self) -> int:
        """How many there are in the end."""
        return -(-self.trials // self.trials_per_shard)


def collection_settings(objects: str, actions: str = "actions", **values: Any) -> CollectionSettings:
    """Settings out of the names (or paths) of an object set and an action box; ConfigError with one sentence."""
    return CollectionSettings(objects=load_regrasp_objects(objects), box=load_action_box(actions), **values)


def collect(
    settings: CollectionSettings,
    folder: Path,
    progress: Callable[[int, int], None],
    processes: int | None = None,
) -> dict[str, Any]:
    """Make or complete the dataset in `folder` and return its index (also written to `dataset.json`).

    `progress(trials, wanted)`. Raises DataError when the folder holds a dataset of other settings or another process
    is at it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with claimed(folder, settings, COMMAND):
        entries: list[Entry] = []
        trials = 0
        progress(0, settings.trials)
        with closing(_shards(settings, folder, processes)) as made:
            for _ in range(settings.shards):
                entries.append(next(made))
                trials += entries[-1]["trials"]
                progress(trials, settings.trials)
        examples = sum(entry["examples"] for entry in entries)
        index = {
            "settings": settings.model_dump(mode="json", exclude={"objects"}),
            "objects": [item.name for item in settings.objects],
            "trials": trials,
            "examples": examples,
            "success": sum(entry["held"] for entry in entries) / trials,
            "shards": entries,
        }
        finish(folder, index)
    return index


def _shards(
    settings: CollectionSettings, folder: Path, processes: int | None
) -> Generator[Entry, None, None]:
    processes = min(processes or os.cpu_count() or 1, settings.shards)
    if processes == 1:
        yield from (make_shard(settings, folder, number) for number in count())
        return
    with worker_pool(processes) as pool:
        yield from in_order(
            lambda number: pool.submit(make_shard, settings, folder, number).result, ahead=2 * processes
        )


def make_shard(settings: CollectionSettings, folder: Path, number: int) -> Entry:
    """Make shard `number` unless it is there, whole and of these settings; returns its index entry."""
    path = folder / shard_name(number)
    if path.exists():
        with contextlib.suppress(DataError):
            if read_examples(path)[1].items() >= _about(settings, number).items():
                return examples_entry(path)
        path.unlink()
    if number >= settings.shards:
        return {}  # ordered ahead, and never asked for
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.write_bytes(_packed(settings, number))
    os.replace(temporary, path)
    return examples_entry(path)


def _packed(settings: CollectionSettings, shard: int) -> bytes:
    first = shard * settings.trials_per_shard
    numbers = range(first, min(first + settings.trials_per_shard, settings.trials))
    parts = [examples_of(*_trial(settings, number)) for number in numbers]
    return pack_examples(joined(parts), _about(settings, shard))


def _about(settings: CollectionSettings, shard: int) -> dict[str, Any]:
    """What a shard says about itself."""
    return {"shard": shard, "seed": settings.seed, "objects": [item.name for item in settings.objects]}


def _trial(settings: CollectionSettings, number: int) -> tuple[Trial, int, int]:
    """Trial `number`, its number and its object's: every object once a round, each round in another order."""
    per_round = len(settings.objects)
    order = np.random.default_rng([settings.seed, number // per_round]).permutation(per_round)
    obj = int(order[number % per_round])
    chooser = _chooser(settings.policy, settings.explore)
    for attempt in range(ATTEMPTS):
        rng = np.random.default_rng([settings.seed, number, attempt])
        try:
            trial = run_trial(_scene(settings.objects[obj]), settings.box, chooser, rng, settings.touch_first)
        except SimulationError:
            trial = None
        if trial is not None:
            return trial, number, obj
    raise SimulationError(
        f"Object '{settings.objects[obj].name}' could not be grasped at once in {ATTEMPTS} attempts at trial {number}."
    )


@lru_cache(KEPT_SCENES)
def _scene(obj: RegraspObject) -> GripperScene:
    return GripperScene(obj, rendering="rays")


@lru_cache(1)
def _chooser(policy: str | None, explore: float) -> Chooser:
    if policy is None:
        return random_action
    from tacrefine.policy.regrasp.on_policy import model_chooser

    return model_chooser(policy, explore)
