"""Examples as the training takes them: images once each, examples grouped by the state that they begin in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from tacrefine.data.regrasp.dataset import STAY, Examples, ExampleSet, joined
from tacrefine.errors import DataError
from tacrefine.policy.regrasp.network import FELT, touch_change

Rows = NDArray[np.int64]
FELT_GAIN = 1 / 20
CHUNK = 512
"""states that are prepared together"""


@dataclass(frozen=True, eq=False)
class Images:
    """All images in the order of memory that convolutions want, and which of them a state sees."""

    cameras: NDArray[np.uint8]
    """``(C, 3, H, W)``"""
    now: Rows
    """``(S,)`` the camera image of each state"""
    before: Rows
    """``(S,)`` the one before the gripper closed"""
    touch: NDArray[np.int8]
    """``(S, 2, 3, h, w)`` what contact changed"""


@dataclass(frozen=True, eq=False)
class Samples:
    """N examples of S states; what is of states is shared by every selection of examples."""

    images: Images
    pose: NDArray[np.float32]
    """``(S, 4)`` m, rad"""
    force: NDArray[np.float32]
    """``(S,)`` N"""
    state: Rows
    """``(N,)`` which state an example begins in"""
    action: NDArray[np.float32]
    """``(N, 5)``"""
    success: NDArray[np.bool_]
    object: Rows
    trial: Rows
    kind: NDArray[np.uint8]
    felt: NDArray[np.float32]
    """``(N, 2, rows, columns)`` how strongly each part of both pads is touched once the action is made, see `FELT`"""

    @classmethod
    def of(cls, examples: Examples) -> Samples:
        """Both camera images of a state beside each other, and the background taken off the pads'."""
        count = len(examples.pose)
        touch = np.empty((count, 2, 3, *examples.tactile.shape[2:4]), np.int8)
        for begin in range(0, count, CHUNK):
            part = slice(begin, begin + CHUNK)
            pair = (examples.state_tactile[part], examples.state_tactile_rest[part])
            change = touch_change(*(torch.from_numpy(examples.tactile[rows]) for rows in pair))
            touch[part] = change.numpy()
        images = Images(
            np.ascontiguousarray(examples.camera.transpose(0, 3, 1, 2)),
            examples.state_camera.astype(np.int64),
            examples.state_camera_rest.astype(np.int64),
            touch,
        )
        return cls(
            images,
            examples.pose,
            examples.force,
            examples.example_state.astype(np.int64),
            examples.action,
            examples.success,
            examples.object.astype(np.int64),
            examples.trial.astype(np.int64),
            examples.kind,
            felt_later(examples, touch),
        )

    def __len__(self) -> int:
        return len(self.state)

    def take(self, rows: Rows | NDArray[np.bool_]) -> Samples:
        """Some of the examples."""
        names = ("state", "action", "success", "object", "trial", "kind", "felt")
        return replace(self, **{name: getattr(self, name)[rows] for name in names})

    def inputs(self, states: Rows, place: Placement | None = None) -> tuple[Tensor, ...]:
        """What :meth:`RegraspNetwork.encode` takes, for these states; cameras moved and mirrored as `place` says."""
        images = self.images
        pairs = np.stack([images.now[states], images.before[states]], axis=1)
        cameras = images.cameras[pairs] if place is None else placed(images.cameras, pairs, place)
        count, (rows, columns) = len(states), cameras.shape[-2:]
        arrays: Any = (
            cameras.reshape(count, 6, rows, columns),
            images.touch[states],
            self.pose[states],
            self.force[states, None],
        )
        return tuple(torch.from_numpy(array) for array in arrays)


@dataclass(frozen=True, eq=False)
class Placement:
    """How the camera images of each state are changed: `moved` ``(n, 2)`` pixels down and right, and `mirrored`."""

    moved: Rows
    mirrored: NDArray[np.bool_]


def placed(cameras: NDArray[np.uint8], pairs: Rows, place: Placement) -> NDArray[np.uint8]:
    """Images ``(n, 2, 3, H, W)`` of rows `pairs` ``(n, 2)``; what comes in at a rim is black."""
    rows, columns = cameras.shape[2:]
    result = np.zeros((*pairs.shape, *cameras.shape[1:]), np.uint8)
    changes = zip(pairs, place.moved.tolist(), place.mirrored.tolist(), strict=True)
    for target, (pair, (down, right), mirrored) in zip(result, changes, strict=True):
        source = cameras[pair]
        source = source[..., ::-1] if mirrored else source
        target[..., max(down, 0) : rows + min(down, 0), max(right, 0) : columns + min(right, 0)] = source[
            ..., max(-down, 0) : rows - max(down, 0), max(-right, 0) : columns - max(right, 0)
        ]
    return result


def felt_later(examples: Examples, touch: NDArray[np.int8]) -> NDArray[np.float32]:
    """Touch after the action of each example ``(N, 2, *FELT)``: what its trial felt when it stayed in the last grasp.

    Mean change of brightness in each part of a pad, about one where it is pressed hard. Trials without such an example
    keep NaN: nothing is known.
    """
    rows, columns = FELT
    stay = examples.kind == STAY
    strength = np.abs(touch[examples.example_state[stay]].astype(np.float32)).mean(axis=2)
    count, pads, height, width = strength.shape
    parts = strength.reshape(count, pads, rows, height // rows, columns, width // columns).mean(axis=(3, 5))
    numbers = examples.trial - examples.trial.min()
    table = np.full((int(numbers.max()) + 1, pads, rows, columns), np.nan, np.float32)
    table[numbers[stay]] = FELT_GAIN * parts
    return table[numbers]


class StateBatches:
    """Examples in order of their states, so that a batch of states finds all of theirs at once."""

    def __init__(self, samples: Samples) -> None:
        self.samples = samples
        self._order = np.argsort(samples.state, kind="stable")
        self.states, self._first, self._count = np.unique(
            samples.state[self._order], return_index=True, return_counts=True
        )

    def rows(self, picked: Rows) -> tuple[Rows, Rows]:
        """Of these numbers of `states`: the examples that begin in them, and each one's place in `picked`."""
        counts = self._count[picked]
        begin = np.repeat(self._first[picked], counts)
        within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
        return self._order[begin + within], np.repeat(np.arange(len(picked)), counts)


def load_samples(folders: Sequence[Path], partial: bool = False) -> tuple[Samples, dict[str, Any]]:
    """The examples of one or several datasets of the same objects, and what a card says of them.

    Raises DataError where one cannot be read or the object sets differ.
    """
    sets = [ExampleSet.load(folder, partial) for folder in folders]
    for folder, other in zip(folders, sets, strict=True):
        if other.objects != sets[0].objects:
            raise DataError(
                f"{folder}: has other objects than {folders[0]}; datasets that are joined must share them."
            )
    parts, first = [], 0
    for one in sets:
        parts.append(replace(one.examples, trial=one.examples.trial + first))
        first = int(parts[-1].trial.max()) + 1
    samples = Samples.of(joined(parts))
    about = {
        "datasets": [{"folder": f.name, "sha256": s.checksum} for f, s in zip(folders, sets, strict=True)],
        "objects": len(sets[0].objects),
        "trials": len(np.unique(samples.trial)),
        "examples": len(samples),
        "success_rate": round(float(samples.success.mean()), 4),
    }
    return samples, about
