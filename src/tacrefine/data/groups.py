"""Groups of grasps on one object with one robot, any two of which make a (current, target) pair.

B groups of G grasps; T taxels and J joints of the hand. Three types for the three things that touch can be, so that
none is taken for another: true forces, what a real robot measured, and what the network learns from.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True)
class GraspGroups:
    """What is known of the grasps beside touch."""

    joints: NDArray[np.float32]
    """(B, G, J) rad"""
    coordinates: NDArray[np.float32]
    """(B, G, 6) pose coordinates, m and rad"""
    valid: NDArray[np.bool_]
    """(B, G)"""
    objects: NDArray[np.int16]
    """(B,) index of each group's object"""

    def __getitem__(self, index: NDArray[np.integer]) -> Self:
        """The groups with these numbers."""
        return type(self)(**{field.name: getattr(self, field.name)[index] for field in fields(self)})

    def __len__(self) -> int:
        return len(self.objects)


@dataclass(frozen=True, kw_only=True)
class ForceGroups(GraspGroups):
    """What a simulator gives: true forces and true joint positions, before any sensor."""

    force: NDArray[np.float32]
    """(B, G, T) N"""


@dataclass(frozen=True, kw_only=True)
class ReadingGroups(GraspGroups):
    """What one robot measured. Of the coordinates only differences within a group count."""

    measured: NDArray[np.float32]
    """(B, G, T) N: mean reading times the taxel's full scale, NaN where the taxel is dead"""


@dataclass(frozen=True)
class TouchGroups:
    """What the network learns from."""

    tactile: NDArray[np.float32]
    """(B, G, T) readings 0..1 without NaN"""
    joints: NDArray[np.float32]
    """(B, G, J) rad, as measured"""
    coordinates: NDArray[np.float32]
    """(B, G, 6) m and rad"""
    valid: NDArray[np.bool_]
    """(B, G)"""
    observable: NDArray[np.bool_]
    """(B, 6) axes that touch can tell"""


class GroupSource(Protocol):
    """Gives groups to train on, fresh or out of a dataset."""

    def sample(self, rng: np.random.Generator, count: int) -> ForceGroups:
        """`count` groups; the same generator state gives the same groups."""
        ...
