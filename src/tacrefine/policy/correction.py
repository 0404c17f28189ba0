"""From predicted pose coordinates to a correction of the wrist."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tacrefine.geometry import RigidTransform, from_coordinates
from tacrefine.hands import Hand


@dataclass(frozen=True)
class Correction:
    """A move of the wrist in its own frame, ``T_new = T_wrist * increment``.

    ``standard_deviation`` (6,) in m and rad, over the pose coordinates x y z roll pitch yaw; zero where
    ``observable`` (6,) is False, because nothing is moved there.
    """

    increment: RigidTransform
    standard_deviation: NDArray[np.float64]
    observable: NDArray[np.bool_]


def wrist_increment(
    hand: Hand, current: NDArray[np.floating], increment: NDArray[np.floating], observable: NDArray[np.bool_]
) -> RigidTransform:
    """Wrist increment (or a batch) from pose coordinates ``current`` and their change ``increment``, ``(..., 6)``.

    Both are masked to the observable axes here, in the object's grasp frame: the move then keeps the other
    coordinates as they are, whichever way the hand is turned.
    """
    here = np.where(observable, current, 0.0)
    there = here + np.where(observable, increment, 0.0)
    centre = from_coordinates(here).inv() * from_coordinates(there)
    return hand.wrist_from_centre * centre * hand.centre_from_wrist
