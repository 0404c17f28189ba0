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

from tacrefine.errors import DataError
from tacrefine.regrasp.dataset import Examples, ExampleSet, joined
from tacrefine.regrasp.learning.network import touch_change

Rows = NDArray[np.int64]
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
        )

    def __len__(self) -> int:
        return len(self.state)

    def take(self, rows: Rows | NDArray[np.bool_]) -> Samples:
        """Some of the examples."""
        names = ("state", "action", "success", "object", "trial", "kind")
        return replace(self, **{name: getattr(self, name)[rows] for name in names})

    def inputs(self, states: Rows) -> tuple[Tensor, ...]:
        """What :meth:`RegraspNetwork.encode` takes, for these states."""
        images = self.images
        cameras = np.concatenate(
            [images.cameras[rows[states]] for rows in (images.now, images.before)], axis=1
        )
        arrays: Any = (cameras, images.touch[states], self.pose[states], self.force[states, None])
        return tuple(torch.from_numpy(array) for array in arrays)


class StateBatches:
    """Examples in order of their states, so that a batch of states finds all of theirs at once."""

    def __init__(self, samples: Samples) -> None:
        self.samples = samples
        self._order = np.argsort(samples.state, kind="stable")
        self.states, self._first, self._count = np.unique(
            samples.state[self._order], return_index=True, return_counts=True
        )

    def batch(self, picked: Rows) -> tuple[tuple[Tensor, ...], Tensor, Tensor, Tensor, Rows]:
        """Of these numbers of `states`: inputs, row of each example's state in them, actions, success, examples."""
        counts = self._count[picked]
        begin = np.repeat(self._first[picked], counts)
        within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
        rows = self._order[begin + within]
        owner = np.repeat(np.arange(len(picked)), counts)
        samples = self.samples
        return (
            samples.inputs(self.states[picked]),
            torch.from_numpy(owner),
            torch.from_numpy(samples.action[rows]),
            torch.from_numpy(samples.success[rows].astype(np.float32)),
            rows,
        )


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
