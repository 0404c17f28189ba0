"""From predicted pose coordinates to a correction of the wrist."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from tacrefine.geometry import (
    Quaternion,
    RigidTransform,
    Triple,
    coordinate_matrices,
    from_quaternion,
    inverse_matrices,
    quaternion_conjugate,
    quaternion_from_vector,
    quaternion_product,
    rotated,
)
from tacrefine.hands import Hand


@dataclass(frozen=True)
class Correction:
    """A move of the wrist in its own frame, ``T_new = T_wrist * increment``.

    The increment is stored as ``position`` (m) and unit ``quaternion`` (x y z w), which is what goes over the wire.
    ``standard_deviation`` (6,) in m and rad, over the pose coordinates x y z roll pitch yaw; zero where
    ``observable`` (6,) is False, because nothing is moved there.
    """

    position: Triple
    quaternion: Quaternion
    standard_deviation: NDArray[np.float64]
    observable: NDArray[np.bool_]

    @classmethod
    def of(
        cls, increment: RigidTransform, standard_deviation: NDArray[np.float64], observable: NDArray[np.bool_]
    ) -> Correction:
        """From the increment as a pose."""
        x, y, z = map(float, increment.translation)
        i, j, k, w = map(float, increment.rotation.as_quat(canonical=True))
        return cls((x, y, z), (i, j, k, w), standard_deviation, observable)

    @property
    def distance(self) -> float:
        """How far the wrist moves, m."""
        return math.hypot(*self.position)

    @property
    def angle(self) -> float:
        """How far the wrist turns, rad."""
        x, y, z, w = self.quaternion
        return 2.0 * math.atan2(math.hypot(x, y, z), abs(w))

    def applied_to(self, wrist: RigidTransform) -> RigidTransform:
        """Where a wrist at this pose has to go, in the same frame as `wrist`."""
        return wrist * self.increment

    def __str__(self) -> str:
        x, y, z = (1e3 * value for value in self.position)
        return (
            f"move the wrist by x {x:+.2f}, y {y:+.2f}, z {z:+.2f} mm in its own frame and turn it by "
            f"{math.degrees(self.angle):.2f} deg"
        )

    @cached_property
    def increment(self) -> RigidTransform:
        """The move as a pose."""
        return from_quaternion(self.position, self.quaternion)


def deviation_without_contact(observable: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Standard deviation ``(6,)`` m and rad of a correction of a hand that feels nothing: nothing is known."""
    return np.where(observable, np.inf, 0.0)


class WristMoves:
    """Wrist increments one at a time, in plain floats.

    Same numbers as :func:`wrist_increment`, at a twentieth of its time: SciPy takes 10 to 30 us for each small
    object, and this is in the control loop.
    """

    def __init__(self, hand: Hand) -> None:
        x, y, z, w = map(float, hand.wrist_from_centre.rotation.as_quat())
        self._turn: Quaternion = (x, y, z, w)
        p, q, r = map(float, hand.wrist_from_centre.translation)
        self._offset: Triple = (p, q, r)
        p, q, r = map(float, hand.centre_from_wrist.translation)
        self._lever: Triple = (p, q, r)

    def __call__(
        self, current: Sequence[float], change: Sequence[float], observable: Sequence[bool]
    ) -> tuple[Triple, Quaternion]:
        """Position (m) and quaternion (x y z w, w >= 0) from six coordinates (m, rad) each, masked here."""
        here = [float(value) if seen else 0.0 for value, seen in zip(current, observable, strict=True)]
        there = [
            start + (float(value) if seen else 0.0)
            for start, value, seen in zip(here, change, observable, strict=True)
        ]
        back = quaternion_conjugate(quaternion_from_vector(here[3], here[4], here[5]))
        turn = quaternion_product(back, quaternion_from_vector(there[3], there[4], there[5]))
        shift = rotated(back, (there[0] - here[0], there[1] - here[1], there[2] - here[2]))
        lever = rotated(turn, self._lever)
        move = rotated(self._turn, (lever[0] + shift[0], lever[1] + shift[1], lever[2] + shift[2]))
        x, y, z, w = quaternion_product(
            quaternion_product(self._turn, turn), quaternion_conjugate(self._turn)
        )
        sign = -1.0 if w < 0.0 else 1.0
        position = (move[0] + self._offset[0], move[1] + self._offset[1], move[2] + self._offset[2])
        return position, (sign * x, sign * y, sign * z, sign * w)


def wrist_increment(
    hand: Hand, current: NDArray[np.floating], increment: NDArray[np.floating], observable: NDArray[np.bool_]
) -> RigidTransform:
    """Wrist increment (or a batch) from pose coordinates ``current`` and their change ``increment``, ``(..., 6)``.

    Both are masked to the observable axes here, in the object's grasp frame: the move then leaves the other
    coordinates as they are, whichever way the hand is turned.
    """
    here = np.where(observable, current, 0.0).astype(np.float64)
    there = here + np.where(observable, increment, 0.0)
    # Plain matrices: products of RigidTransform cost 0.2 ms each, and this is in the control loop.
    start, end = coordinate_matrices(np.stack([here, there]))
    wrist = (
        hand.wrist_from_centre.as_matrix()
        @ inverse_matrices(start)
        @ end
        @ hand.centre_from_wrist.as_matrix()
    )
    return RigidTransform.from_matrix(wrist)
