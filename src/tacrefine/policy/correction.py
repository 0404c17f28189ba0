"""From predicted pose coordinates to a correction of the wrist."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tacrefine.geometry import RigidTransform, Rotation
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
    here = np.where(observable, current, 0.0).astype(np.float64)
    there = here + np.where(observable, increment, 0.0)
    # Plain matrices: products of RigidTransform cost 0.2 ms each, and this is in the control loop.
    poses = np.zeros((2, *here.shape[:-1], 4, 4))
    both = np.stack([here, there])
    poses[..., :3, :3] = (
        Rotation.from_rotvec(both[..., 3:].reshape(-1, 3)).as_matrix().reshape(*both.shape[:-1], 3, 3)
    )
    poses[..., :3, 3] = both[..., :3]
    poses[..., 3, 3] = 1.0
    inverse = np.zeros_like(poses[0])
    turn = np.swapaxes(poses[0, ..., :3, :3], -1, -2)
    inverse[..., :3, :3] = turn
    inverse[..., :3, 3] = -(turn @ here[..., :3, None])[..., 0]
    inverse[..., 3, 3] = 1.0
    wrist = hand.wrist_from_centre.as_matrix() @ inverse @ poses[1] @ hand.centre_from_wrist.as_matrix()
    return RigidTransform.from_matrix(wrist)
