"""Episodes as a LeRobotDataset of format v3.0: touch, joints and wrist observed, corrections as actions.

The folder has `meta/info.json`, `meta/stats.json`, `meta/tasks.parquet`, `meta/episodes/` and `data/`, one row a frame.
Images are PNG inside the rows.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from numpy.typing import NDArray

from tacrefine import __version__
from tacrefine.bags.export.columns import POSE, taxel_names
from tacrefine.bags.export.frames import Episode
from tacrefine.bags.export.images import png
from tacrefine.documents import write_atomically
from tacrefine.errors import DataError
from tacrefine.geometry import AXES
from tacrefine.hands import Hand
from tacrefine.touch.inputs import DeadTaxelFilling

VERSION = "v3.0"
IMPORT = "import.yaml"
"""file of the folder with which `tacrefine data import` reads it"""
FILE = "chunk-{chunk_index:03d}/file-{file_index:03d}.parquet"
CHUNKS, DATA_MB, VIDEO_MB = 1000, 100, 200
INDICES = ("timestamp", "frame_index", "episode_index", "index", "task_index")
QUANTILES = (0.01, 0.10, 0.50, 0.90, 0.99)


def write_lerobot(episodes: Sequence[Episode], hand: Hand, fps: int, folder: Path) -> dict[str, Any]:
    """Write the dataset and return its info; DataError where the folder holds anything or images change in size.

    Dead taxels get the mean of their neighbours; frames without a correction have zeros, and `action_valid` says so.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise DataError(f"{folder}: holds files already; choose a folder that is empty or not there.")
    cameras = _cameras(episodes, folder)
    numbers = [_numbers(episode, hand) for episode in episodes]
    tasks = list(dict.fromkeys(_task(episode) for episode in episodes))
    features = _features(hand, cameras)
    begin = np.array([0, *np.cumsum([len(episode) for episode in episodes])], np.int64)
    indices = []
    for number, episode in enumerate(episodes):
        n = len(episode)
        indices.append(
            {
                "timestamp": (np.arange(n) / fps).astype(np.float32),
                "frame_index": np.arange(n),
                "episode_index": np.full(n, number),
                "index": begin[number] + np.arange(n),
                "task_index": np.full(n, tasks.index(_task(episode))),
            }
        )
    _write_data(
        episodes, numbers, indices, cameras, folder / "data" / FILE.format(chunk_index=0, file_index=0)
    )
    _write_tasks(tasks, folder / "meta" / "tasks.parquet")
    _write_episodes(episodes, begin, folder / "meta" / "episodes" / FILE.format(chunk_index=0, file_index=0))
    every = {key: np.concatenate([one[key] for one in numbers]) for key in numbers[0]}
    every |= {key: np.concatenate([one[key] for one in indices])[:, None] for key in INDICES}
    stats = {key: _stats(values) for key, values in every.items()}
    stats |= {key: _image_stats(episodes, topic) for topic, (key, _) in cameras.items()}
    info = {
        "codebase_version": VERSION,
        "robot_type": hand.name,
        "total_episodes": len(episodes),
        "total_frames": int(begin[-1]),
        "total_tasks": len(tasks),
        "chunks_size": CHUNKS,
        "data_files_size_in_mb": DATA_MB,
        "video_files_size_in_mb": VIDEO_MB,
        "fps": fps,
        "splits": {"train": f"0:{len(episodes)}"},
        "data_path": f"data/{FILE}",
        "video_path": None,
        "features": features,
    }
    write_atomically(folder / "meta" / "stats.json", json.dumps(stats, indent=4) + "\n")
    write_atomically(folder / "meta" / "info.json", json.dumps(info, indent=4) + "\n")
    write_atomically(folder / IMPORT, yaml.safe_dump(_description(every), sort_keys=False))
    write_atomically(
        folder / "README.md",
        f"Recorded with hand `{hand.name}`, exported by tacrefine {__version__} as LeRobotDataset {VERSION}.\n\n"
        "`observation.tactile`: 0 to 1 of full scale. `observation.state`: joint positions, rad. `observation.wrist`: "
        "pose, m and unit quaternion x y z w. `action`: increment of the wrist in its own frame, m and rad; "
        "`action_sigma`: its standard deviations; `action_valid`: 1 where a correction was there.\n",
    )
    return info


def _description(every: dict[str, NDArray[Any]]) -> dict[str, Any]:
    """How `tacrefine data import` reads the folder: touch, and where the wrist was."""
    touch, wrist = every["observation.tactile"], every["observation.wrist"]
    return {
        "name": "lerobot",
        "taxels": {
            "columns": [
                f"observation.tactile[{i}]" for i in np.flatnonzero(touch.max(axis=0) > touch.min(axis=0))
            ],
            "full_scale": 1.0,
        },
        "coordinates": [
            {"name": AXES[i], "column": f"observation.wrist[{i}]", "unit": "m"}
            for i in range(3)
            if float(np.ptp(wrist[:, i])) > 0
        ],
        "context": "observation.state",
        "group_by": "episode_index",
    }


def _task(episode: Episode) -> str:
    return f"refine the grasp of {episode.object}" if episode.object else "refine the grasp"


def _cameras(episodes: Sequence[Episode], folder: Path) -> dict[str, tuple[str, tuple[int, ...]]]:
    """Feature and shape of each image topic that every frame has; DataError where its size changes."""
    topics = set.intersection(*(set(images) for episode in episodes for images in episode.images))
    found = {}
    for topic in sorted(topics):
        shapes = {images[topic].shape for episode in episodes for images in episode.images}
        if len(shapes) > 1:
            raise DataError(
                f"{folder}: images of topic '{topic}' have several sizes ({sorted(shapes)}); one is allowed."
            )
        found[topic] = (f"observation.images.{topic.strip('/').replace('/', '_')}", shapes.pop())
    return found


def _numbers(episode: Episode, hand: Hand) -> dict[str, NDArray[np.float32]]:
    correction, sigma = np.stack(episode.correction), np.stack(episode.sigma)
    valid = np.asarray(np.isfinite(correction).all(axis=1), np.float32)
    return {
        "observation.tactile": DeadTaxelFilling(hand.pads)(np.stack(episode.tactile)),
        "observation.state": np.stack(episode.joints).astype(np.float32),
        "observation.wrist": np.stack(episode.wrist).astype(np.float32),
        "action": np.nan_to_num(correction).astype(np.float32),
        "action_sigma": np.nan_to_num(sigma).astype(np.float32),
        "action_valid": valid[:, None],
    }


def _features(hand: Hand, cameras: dict[str, tuple[str, tuple[int, ...]]]) -> dict[str, Any]:
    names = {
        "observation.tactile": taxel_names(hand),
        "observation.state": list(hand.joint_names),
        "observation.wrist": list(POSE),
        "action": list(AXES),
        "action_sigma": list(AXES),
        "action_valid": ["valid"],
    }
    result: dict[str, Any] = {
        key: {"dtype": "float32", "shape": [len(some)], "names": some} for key, some in names.items()
    }
    for key, shape in cameras.values():
        result[key] = {"dtype": "image", "shape": list(shape), "names": ["height", "width", "channels"]}
    for key in INDICES:
        kind = "float32" if key == "timestamp" else "int64"
        result[key] = {"dtype": kind, "shape": [1], "names": None}
    return result


def _write_data(
    episodes: Sequence[Episode],
    numbers: Sequence[dict[str, NDArray[np.float32]]],
    indices: Sequence[dict[str, NDArray[Any]]],
    cameras: dict[str, tuple[str, tuple[int, ...]]],
    path: Path,
) -> None:
    """One row group an episode."""
    import pyarrow
    import pyarrow.parquet

    path.parent.mkdir(parents=True, exist_ok=True)
    writer = None
    for episode, arrays, index in zip(episodes, numbers, indices, strict=True):
        columns: dict[str, Any] = {}
        for key, array in arrays.items():
            flat = pyarrow.array(array.ravel(), pyarrow.float32())
            width = array.shape[1]
            columns[key] = flat if width == 1 else pyarrow.FixedSizeListArray.from_arrays(flat, width)
        for topic, (key, _) in cameras.items():
            rows = [{"bytes": png(images[topic]), "path": None} for images in episode.images]
            kind = pyarrow.struct([("bytes", pyarrow.binary()), ("path", pyarrow.string())])
            columns[key] = pyarrow.array(rows, kind)
        columns |= {key: pyarrow.array(values) for key, values in index.items()}
        table = pyarrow.table(columns)
        writer = writer or pyarrow.parquet.ParquetWriter(path, table.schema, compression="snappy")
        writer.write_table(table)
    if writer is not None:
        writer.close()


def _write_tasks(tasks: list[str], path: Path) -> None:
    """The task's text is the index of the table, which pandas learns from the file's metadata."""
    import pyarrow
    import pyarrow.parquet

    table = pyarrow.table({"task_index": pyarrow.array(range(len(tasks)), pyarrow.int64()), "task": tasks})
    about = {
        "index_columns": ["task"],
        "column_indexes": [
            {"name": None, "field_name": None, "pandas_type": "unicode", "numpy_type": "object", "metadata": None}
        ],
        "columns": [
            {"name": "task_index", "field_name": "task_index", "pandas_type": "int64", "numpy_type": "int64",
             "metadata": None},
            {"name": "task", "field_name": "task", "pandas_type": "unicode", "numpy_type": "object", "metadata": None},
        ],
        "creator": {"library": "pyarrow", "version": pyarrow.__version__},
        "pandas_version": "2.2.0",
    }  # fmt: skip
    path.parent.mkdir(parents=True, exist_ok=True)
    pyarrow.parquet.write_table(table.replace_schema_metadata({"pandas": json.dumps(about)}), path)


def _write_episodes(episodes: Sequence[Episode], begin: NDArray[np.int64], path: Path) -> None:
    import pyarrow
    import pyarrow.parquet

    count = len(episodes)
    zeros = [0] * count
    table = {
        "episode_index": list(range(count)),
        "tasks": [[_task(episode)] for episode in episodes],
        "length": [len(episode) for episode in episodes],
        "data/chunk_index": zeros,
        "data/file_index": zeros,
        "dataset_from_index": begin[:-1].tolist(),
        "dataset_to_index": begin[1:].tolist(),
        "meta/episodes/chunk_index": zeros,
        "meta/episodes/file_index": zeros,
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    pyarrow.parquet.write_table(pyarrow.table(table), path)


def _stats(values: NDArray[Any]) -> dict[str, list[float]]:
    """What policies are normalised by, over all frames (n, size)."""
    numbers = values.astype(np.float64)
    found = {
        "min": numbers.min(axis=0),
        "max": numbers.max(axis=0),
        "mean": numbers.mean(axis=0),
        "std": numbers.std(axis=0),
    }
    found |= {f"q{round(100 * q):02d}": np.quantile(numbers, q, axis=0) for q in QUANTILES}
    return {key: value.tolist() for key, value in found.items()} | {"count": [len(numbers)]}


def _image_stats(episodes: Sequence[Episode], topic: str) -> dict[str, Any]:
    """Of at most 100 frames, for each channel, 0 to 1."""
    frames = [images[topic] for episode in episodes for images in episode.images]
    chosen = frames[:: max(1, len(frames) // 100)]
    pixels = np.concatenate([frame.reshape(-1, 3) for frame in chosen]) / 255.0
    stats: dict[str, Any] = {
        key: [[[value]] for value in values] for key, values in _stats(pixels).items() if key != "count"
    }
    return stats | {"count": [len(chosen)]}
