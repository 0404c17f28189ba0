"""Collects trials shard by shard, in processes or on a Ray cluster, resumable at any moment.

A shard depends on the settings and its number only: the same settings give the same bytes however the work is split,
and a kill leaves whole shards, which are kept.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import Field

from tacrefine.config import Description
from tacrefine.data.regrasp.dataset import examples_entry, joined, pack_examples, read_examples
from tacrefine.data.regrasp.trials import Chooser, Trial, examples_of, random_action, run_trial
from tacrefine.data.sharded import Entry, claimed, finish, numbered_shards
from tacrefine.data.shards import shard_name
from tacrefine.documents import write_atomically
from tacrefine.errors import DataError, SimulationError
from tacrefine.objects.free_objects import RegraspObject, load_regrasp_objects
from tacrefine.regrasp.actions import ActionBox, load_action_box
from tacrefine.sim.gripper.scene import GripperScene
from tacrefine.workers import open_executor

ATTEMPTS = 5
"""at one trial: an object may leave the table, or the camera may find nothing"""
KEPT_SCENES = 128
COMMAND = "tacrefine regrasp collect"

MakeChooser = Callable[[], Chooser]
"""makes a chooser in the process that needs it: a function of a module, or a frozen dataclass that is called; it is
pickled, and made once for each process and value"""


def random_chooser() -> Chooser:
    """Return the one that leaves every adjustment to chance."""
    return random_action


class CollectionSettings(Description):
    """What a dataset follows from; its folder is bound to it."""

    objects: tuple[RegraspObject, ...] = Field(min_length=1)
    """in full: a set of the same name may change"""
    box: ActionBox = ActionBox()
    trials: int = Field(default=6500, ge=1)
    trials_per_shard: int = Field(default=50, ge=1, le=1000)
    seed: int = Field(default=1, ge=0)
    policy: str | None = None
    """name of the model that chooses the adjustments; None: chance"""
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
    ray_address: str | None = None,
    make_chooser: MakeChooser = random_chooser,
) -> dict[str, Any]:
    """Make or complete the dataset in `folder` and return its index (also written to `dataset.json`).

    `progress(trials, wanted)`. `processes` and `ray_address` as in :func:`tacrefine.workers.open_executor`.
    `make_chooser` makes what chooses the adjustments: the model that the settings name.

    Raises:
        DataError: The folder holds a dataset of other settings, or another process is at it.
        ValueError: The settings name a model, and none is handed over; or the other way round.
    """
    if (settings.policy is None) != (make_chooser is random_chooser):
        raise ValueError(f"policy is {settings.policy!r}, and adjustments are chosen by {make_chooser}")
    folder.mkdir(parents=True, exist_ok=True)
    with claimed(folder, settings, COMMAND):
        entries: list[Entry] = []
        trials = 0
        progress(0, settings.trials)
        with open_executor(processes, ray_address, settings.shards) as executor:
            for entry in numbered_shards(
                executor,
                range(settings.shards),
                existing=partial(existing_shard, settings, folder),
                pack=partial(packed_shard, settings, make_chooser),
                write=partial(_write, folder),
            ):
                entries.append(entry)
                trials += entry["trials"]
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


def existing_shard(settings: CollectionSettings, folder: Path, number: int) -> Entry | None:
    """Return the index entry of a shard that is there; one that is damaged or of other settings is removed."""
    path = folder / shard_name(number)
    if not path.exists():
        return None
    with contextlib.suppress(DataError):
        if read_examples(path)[1].items() >= _about(settings, number).items():
            return examples_entry(path)
    path.unlink()
    return None


def packed_shard(settings: CollectionSettings, make_chooser: MakeChooser, shard: int) -> bytes:
    """Make the trials of a shard: the content of its file."""
    first = shard * settings.trials_per_shard
    numbers = range(first, min(first + settings.trials_per_shard, settings.trials))
    chooser = _made(make_chooser)
    parts = [examples_of(*_trial(settings, chooser, number)) for number in numbers]
    return pack_examples(joined(parts), _about(settings, shard))


def _write(folder: Path, number: int, packed: bytes) -> Entry:
    path = folder / shard_name(number)
    write_atomically(path, packed)
    return examples_entry(path)


def _about(settings: CollectionSettings, shard: int) -> dict[str, Any]:
    """What a shard says about itself."""
    return {"shard": shard, "seed": settings.seed, "objects": [item.name for item in settings.objects]}


def _trial(settings: CollectionSettings, chooser: Chooser, number: int) -> tuple[Trial, int, int]:
    """Trial `number`, its number and its object's: every object once a round, each round in another order."""
    per_round = len(settings.objects)
    order = np.random.default_rng([settings.seed, number // per_round]).permutation(per_round)
    obj = int(order[number % per_round])
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


_made = lru_cache(1)(lambda make_chooser: make_chooser())
