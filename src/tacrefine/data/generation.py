"""Generates a dataset shard by shard, in processes or on a Ray cluster, resumable at any moment.

A shard depends on the settings and its number only. A kill leaves whole shards; they are kept, what is missing is
made. Shards are made in order of their numbers until there are enough valid samples, and the index names exactly
those: the same settings give the same dataset however the work is split.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np

from tacrefine.contact_model import CONTACT_MODEL
from tacrefine.data.groups import ForceGroups
from tacrefine.data.settings import DatasetSettings
from tacrefine.data.sharded import Entry, claimed, finish, numbered_shards
from tacrefine.data.shards import pack_shard, read_shard, shard_entry, shard_name, write_shard
from tacrefine.errors import DataError
from tacrefine.provenance import code_version
from tacrefine.workers import open_executor


def generate_dataset(
    settings: DatasetSettings,
    folder: Path,
    progress: Callable[[int, int], None],
    processes: int | None = None,
    ray_address: str | None = None,
) -> dict[str, Any]:
    """Make or complete the dataset in `folder` and return its index (also written to `dataset.json`).

    `progress(samples, wanted)` counts valid grasps. `processes` and `ray_address` as in
    :func:`tacrefine.workers.open_executor`. Raises DataError when the folder holds a dataset of other settings or
    another process is at it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with claimed(folder, settings, "tacrefine generate"):
        shards: list[Entry] = []
        samples = 0
        progress(0, settings.samples)
        with open_executor(processes, ray_address) as executor:
            entries = numbered_shards(
                executor,
                count(),
                existing=partial(existing_shard, settings, folder),
                pack=partial(packed_shard, settings),
                write=lambda number, packed: write_shard(folder / shard_name(number), packed),
            )
            while samples < settings.samples:
                shards.append(next(entries))
                samples += shards[-1]["samples"]
                progress(min(samples, settings.samples), settings.samples)
        made = {"version": code_version(), "contact_model": CONTACT_MODEL}
        index = {
            "settings": settings.model_dump(mode="json"),
            "made": made,
            "samples": samples,
            "shards": shards,
        }
        finish(folder, index)
    return index


def existing_shard(settings: DatasetSettings, folder: Path, number: int) -> Entry | None:
    """The index entry of a shard that is there; one that is damaged or of other settings is removed."""
    path = folder / shard_name(number)
    if not path.exists():
        return None
    with contextlib.suppress(DataError):
        about = read_shard(path, ForceGroups)[1]
        if about.get("settings") == settings.model_dump(mode="json") and about.get("shard") == number:
            return shard_entry(path)
    path.unlink()
    return None


def packed_shard(settings: DatasetSettings, number: int) -> bytes:
    """Simulate the grasps of shard `number`: the content of its file."""
    from tacrefine.data.stream import SimulatedGroups
    from tacrefine.hands import load_hand
    from tacrefine.objects import load_objects
    from tacrefine.plants import load_plant

    hand, objects = load_hand(settings.hand), load_objects(settings.objects)
    source = SimulatedGroups(hand, list(objects.values()), load_plant(settings.plant), settings.groups)
    groups = source.sample(np.random.default_rng([settings.seed, number]), settings.groups_per_shard)
    metadata = {
        "settings": settings.model_dump(mode="json"),
        "shard": number,
        "objects": list(objects),
        "hand_signature": hand.signature,
    }
    return pack_shard(groups, metadata)
