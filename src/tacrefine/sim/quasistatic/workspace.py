"""Memory that one thread reuses for every finger it closes."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from tacrefine.sim.quasistatic.core import CORE_SAMPLES
from tacrefine.sim.quasistatic.distance import ALLOCATING


class Workspace(NamedTuple):
    """Arrays of the solver's inner loops. NP pads, NS slots."""

    frame: NDArray[np.float64]
    """(NP, 12): rotation row-major, then position (m), in the object's frame"""
    twist: NDArray[np.float64]
    """(NP, 2, 6): rate of each pad over each drive"""
    axes: NDArray[np.float64]
    """(NJ, 6): each joint's axis and a point on it (m), in the object's frame"""
    compression: NDArray[np.float32]
    """(NS,) m"""
    first: NDArray[np.int64]
    """(NP,) first followed slot of each pad, counted in the finger"""
    last: NDArray[np.int64]
    """(NP,) one after the last; pads without a taxel near the object have ``first == last``"""
    samples: NDArray[np.float32]
    """(CORE_SAMPLES,) scratch of the core's search, m"""
    sums: NDArray[np.float64]
    """(3,): resistance against closing (N m), its slope (N m/rad), torque on the posture drive (N m)"""


@njit(**ALLOCATING)
def make_workspace(slots, pads, joints):
    """Allocate for a finger of that size."""
    return Workspace(
        np.empty((pads, 12)),
        np.empty((pads, 2, 6)),
        np.empty((joints, 6)),
        np.zeros(slots, np.float32),
        np.zeros(pads, np.int64),
        np.zeros(pads, np.int64),
        np.zeros(CORE_SAMPLES, np.float32),
        np.zeros(3),
    )
