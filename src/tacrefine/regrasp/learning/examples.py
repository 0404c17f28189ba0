"""Examples as the training takes them: images once a state, examples grouped by their state."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from tacrefine.regrasp.learning.network import touch_change

Rows = NDArray[np.int64]
CHUNK = 512
"""states that are prepared together"""
IMAGES = ("camera", "camera_rest", "tactile", "tactile_rest")


@dataclass(frozen=True)
class Examples:
    """S states and N examples; images are uint8 and may be memory-mapped. Raises nothing, trusts its maker."""

    camera: NDArray[np.uint8]
    """``(S, H, W, 3)``"""
    camera_rest: NDArray[np.uint8]
    tactile: NDArray[np.uint8]
    """``(S, 2, h, w, 3)``"""
    tactile_rest: NDArray[np.uint8]
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

    def __len__(self) -> int:
        return len(self.state)

    def take(self, rows: Rows | NDArray[np.bool_]) -> Examples:
        """Some of the examples; states are shared."""
        picked = {
            name: getattr(self, name)[rows] for name in ("state", "action", "success", "object", "trial")
        }
        shared = {name: getattr(self, name) for name in (*IMAGES, "pose", "force")}
        return Examples(**shared, **picked)


@dataclass(frozen=True)
class Images:
    """Images of all states in the order of memory that convolutions want."""

    cameras: NDArray[np.uint8]
    """``(S, 6, H, W)`` now, then before the gripper closed"""
    touch: NDArray[np.int8]
    """``(S, 2, 3, h, w)`` what contact changed"""


def prepare(examples: Examples) -> Images:
    """Both camera images together, and the background taken off the pads'."""
    e, count = examples, len(examples.camera)
    cameras = np.empty((count, 6, *e.camera.shape[1:3]), np.uint8)
    touch = np.empty((count, 2, 3, *e.tactile.shape[2:4]), np.int8)
    for begin in range(0, count, CHUNK):
        part = slice(begin, begin + CHUNK)
        cameras[part] = np.concatenate([e.camera[part], e.camera_rest[part]], axis=-1).transpose(0, 3, 1, 2)
        change = touch_change(*(torch.from_numpy(np.array(a[part])) for a in (e.tactile, e.tactile_rest)))
        touch[part] = change.numpy()
    return Images(cameras, touch)


class StateBatches:
    """Examples in order of their states, so that a batch of states finds all of theirs at once.

    `images` come from :func:`prepare` of the same states; of examples that share states it is made only once.
    """

    def __init__(self, examples: Examples, images: Images) -> None:
        self.examples = examples
        self._images = images
        self._order = np.argsort(examples.state, kind="stable")
        self.states, self._first, self._count = np.unique(
            examples.state[self._order], return_index=True, return_counts=True
        )

    def batch(self, picked: Rows) -> tuple[tuple[Tensor, ...], Tensor, Tensor, Tensor, Rows]:
        """Of these numbers of `states`: inputs, row of each example's state in them, actions, success, examples."""
        counts = self._count[picked]
        begin = np.repeat(self._first[picked], counts)
        within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
        rows = self._order[begin + within]
        owner = np.repeat(np.arange(len(picked)), counts)
        e: Any = self.examples
        return (
            self._inputs(self.states[picked]),
            torch.from_numpy(owner),
            torch.from_numpy(e.action[rows]),
            torch.from_numpy(e.success[rows].astype(np.float32)),
            rows,
        )

    def _inputs(self, states: Rows) -> tuple[Tensor, ...]:
        """What :meth:`RegraspNetwork.encode` takes, for these states."""
        arrays: Any = (
            self._images.cameras[states],
            self._images.touch[states],
            self.examples.pose[states],
            self.examples.force[states, None],
        )
        return tuple(torch.from_numpy(array) for array in arrays)
