"""Memory that one thread reuses for every finger it closes."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from tacrefine.sim.quasistatic.distance import ALLOCATING

LANES = 8
"""Active taxels of a pad are filled up to whole vectors with taxels that touch nothing."""


class Workspace(NamedTuple):
    """Arrays of the solver's inner loops. NP pads, NT taxels, NA room for active taxels."""

    frame: NDArray[np.float64]
    """(NP, 12): rotation row-major, then position (m), in the object's frame"""
    twist: NDArray[np.float64]
    """(NP, 2, 6): rate of each pad over each drive"""
    rates: NDArray[np.float64]
    """(2, 6)"""
    local: NDArray[np.float32]
    """(6, NA): centre and normal of the active taxels in the pad frame"""
    compression: NDArray[np.float32]
    """(NA,) m. An array of its own: a loop that stores into the array it reads from would not vectorise."""
    number: NDArray[np.int64]
    """(NA,) which taxels they are"""
    first: NDArray[np.int64]
    """(NP + 1,) first active taxel of each pad"""
    distance: NDArray[np.float32]
    """(NT,) m"""
    kept: NDArray[np.float32]
    """(NT,) compressions while the active taxels are chosen anew, m"""
    sums: NDArray[np.float64]
    """(3,): resistance against closing (N m), its slope (N m/rad), torque on the posture drive (N m)"""


@njit(**ALLOCATING)
def make_workspace(taxels, pads):
    """Allocate for a finger of that size."""
    room = taxels + pads * LANES
    return Workspace(
        np.empty((pads, 12)),
        np.empty((pads, 2, 6)),
        np.empty((2, 6)),
        np.empty((6, room), np.float32),
        np.zeros(room, np.float32),
        np.zeros(room, np.int64),
        np.zeros(pads + 1, np.int64),
        np.zeros(taxels, np.float32),
        np.zeros(taxels, np.float32),
        np.zeros(3),
    )
