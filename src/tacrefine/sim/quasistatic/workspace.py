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


class GroupSpace(NamedTuple):
    """Arrays of the inner loops for fingers that share drives. NJ joints, ND drives, NP pads, NS slots."""

    frame: NDArray[np.float64]
    """(NP, 12) as of `Workspace`"""
    link: NDArray[np.float64]
    """(NJ, 12) the same of the links"""
    twist: NDArray[np.float64]
    """(NP, ND, 6): velocity at the origin and turn of each pad over each drive"""
    axes: NDArray[np.float64]
    """(NJ, 6) as of `Workspace`"""
    compression: NDArray[np.float32]
    """(NS,) m"""
    first: NDArray[np.int64]
    """(NP,)"""
    last: NDArray[np.int64]
    """(NP,)"""
    samples: NDArray[np.float32]
    """(CORE_SAMPLES,)"""
    terms: NDArray[np.float32]
    """(TERMS,) wrench and stiffness of one pad"""
    q: NDArray[np.float64]
    """(ND,) where the drives stand, rad or m"""
    torque: NDArray[np.float64]
    """(ND,) of the skin on the drives, N m or N"""
    matrix: NDArray[np.float64]
    """(ND, ND) lower triangle of the stiffness, then its Cholesky factor"""
    pull: NDArray[np.float64]
    """(ND,) what is left unbalanced, then the step that balances it"""
    lead: NDArray[np.float64]
    """(ND,) what the targets' going on adds, then the step that answers it"""
    before: NDArray[np.float64]
    """(ND,) the last step"""
    fixed: NDArray[np.bool_]
    """(ND,) drives at their joint's limit"""


@njit(**ALLOCATING)
def make_group_space(slots, pads, joints, drives, terms):
    """Allocate for fingers of that size."""
    return GroupSpace(
        np.empty((pads, 12)),
        np.empty((joints, 12)),
        np.empty((pads, drives, 6)),
        np.empty((joints, 6)),
        np.zeros(slots, np.float32),
        np.zeros(pads, np.int64),
        np.zeros(pads, np.int64),
        np.zeros(CORE_SAMPLES, np.float32),
        np.zeros(terms, np.float32),
        np.zeros(drives),
        np.zeros(drives),
        np.zeros((drives, drives)),
        np.zeros(drives),
        np.zeros(drives),
        np.zeros(drives),
        np.zeros(drives, np.bool_),
    )
