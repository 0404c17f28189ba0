"""Generates a dataset shard by shard, in any number of processes, resumable at any moment.

A shard depends on the settings and its number only. A kill leaves whole shards; they are kept, what is missing is
made. Shards are made in order of their numbers until there are enough valid samples, and the index names exactly
those: the same settings give the same dataset on one core or many.
"""

from __future__ import annotations

import json
import multiprocessing
import os
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from tacrefine.data.settings import DatasetSettings
from tacrefine.data.shards import shard_entry, shard_name, write_shard
from tacrefine.errors import DataError

INDEX = "dataset.json"
SETTINGS = "settings.json"


def generate_dataset(
    settings: DatasetSettings,
    folder: Path,
    progress: Callable[[int, int], None],
    processes: int | None = None,
) -> dict[str, Any]:
    """Make or complete the dataset in `folder` and return its index (also written to `dataset.json`).

    `progress(samples, wanted)` counts valid grasps. Raises DataError when the folder holds a dataset of other settings.
    """
    folder.mkdir(parents=True, exist_ok=True)
    _claim(folder, settings)
    shards: list[dict[str, Any]] = []
    samples = 0
    progress(0, settings.samples)
    for entry in _shards(settings, folder, processes or os.cpu_count() or 1):
        shards.append(entry)
        samples += entry["samples"]
        progress(min(samples, settings.samples), settings.samples)
        if samples >= settings.samples:
            break
    for path in folder.glob("shard-*.safetensors"):
        if path.name not in {entry["name"] for entry in shards}:
            path.unlink()
    index = {"settings": settings.model_dump(mode="json"), "samples": samples, "shards": shards}
    temporary = folder / f".{INDEX}.{os.getpid()}"
    temporary.write_text(json.dumps(index, indent=2) + "\n")
    os.replace(temporary, folder / INDEX)
    return index


def _claim(folder: Path, settings: DatasetSettings) -> None:
    """Bind the folder to these settings, or check that it is bound to them already."""
    path, text = folder / SETTINGS, settings.model_dump_json(indent=2) + "\n"
    if path.exists() and path.read_text() != text:
        raise DataError(
            f"{path}: the folder holds a dataset of other settings; choose another folder or delete it."
        )
    path.write_text(text)


def _shards(settings: DatasetSettings, folder: Path, processes: int) -> Iterator[dict[str, Any]]:
    """Index entries of shard 0, 1, 2 ... without end; a few are made ahead."""
    if processes == 1:
        number = 0
        while True:
            yield make_shard(settings, folder, number)
            number += 1
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, mp_context=context, initializer=_one_thread) as pool:
        ahead: list[Future[dict[str, Any]]] = [
            pool.submit(make_shard, settings, folder, number) for number in range(2 * processes)
        ]
        number = len(ahead)
        try:
            while True:
                entry = ahead.pop(0).result()
                ahead.append(pool.submit(make_shard, settings, folder, number))
                number += 1
                yield entry
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _one_thread() -> None:
    """Processes share the cores already."""
    import numba

    numba.set_num_threads(1)


def make_shard(settings: DatasetSettings, folder: Path, number: int) -> dict[str, Any]:
    """Make shard `number` unless it is there and whole; returns its index entry."""
    path = folder / shard_name(number)
    if path.exists():
        try:
            return shard_entry(path)
        except DataError:
            path.unlink()
    from tacrefine.data.stream import SimulatedGroups
    from tacrefine.hands import load_hand
    from tacrefine.objects import load_objects
    from tacrefine.plants import load_plant

    hand, objects = load_hand(settings.hand), load_objects(settings.objects)
    source = SimulatedGroups(hand, list(objects.values()), load_plant(settings.plant), settings.groups)
    groups = source.draw(np.random.default_rng([settings.seed, number]), settings.groups_per_shard)
    metadata = {
        "settings": settings.model_dump(mode="json"),
        "shard": number,
        "objects": list(objects),
        "hand_signature": hand.signature,
    }
    return write_shard(path, groups, metadata)
