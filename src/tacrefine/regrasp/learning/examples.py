"""Examples as the training takes them: images once a state, examples grouped by their state."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

Rows = NDArray[np.int64]
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

    def inputs(self, states: Rows) -> tuple[Tensor, ...]:
        """What :meth:`RegraspNetwork.encode` takes, for these states."""
        images = (torch.from_numpy(np.ascontiguousarray(getattr(self, name)[states])) for name in IMAGES)
        return (*images, torch.from_numpy(self.pose[states]), torch.from_numpy(self.force[states, None]))


class StateBatches:
    """Examples in order of their states, so that a batch of states finds all of theirs at once."""

    def __init__(self, examples: Examples) -> None:
        self.examples = examples
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
            e.inputs(self.states[picked]),
            torch.from_numpy(owner),
            torch.from_numpy(e.action[rows]),
            torch.from_numpy(e.success[rows].astype(np.float32)),
            rows,
        )
