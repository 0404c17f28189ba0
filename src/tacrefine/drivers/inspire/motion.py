"""Trajectories for the hand: checked first, then followed by set points with limited speed."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tacrefine.drivers.inspire.description import HOLD, InspireHandMap
from tacrefine.errors import TouchError
from tacrefine.joint_trajectory import JointTrajectoryFollower

BEYOND = 0.03
"""rad beyond a joint's range up to which a position is clipped; more is refused"""


class HandMotion:
    """The set points of the drives, `speed` in rad/s. Safe for two threads: one commands, one talks to the hand."""

    def __init__(self, hand: InspireHandMap, speed: float) -> None:
        self._hand, self._speed = hand, speed
        self._lock = threading.Lock()
        self._follower: JointTrajectoryFollower | None = None
        self._commanded = np.zeros(len(hand.joints), bool)
        self._last = 0.0

    def start_from(self, raw: NDArray[np.integer], now: float) -> None:
        """The hand has connected at register values `raw` (6,); nothing moves until the next trajectory."""
        with self._lock:
            self._follower = JointTrajectoryFollower(self._hand.radians(raw.astype(float)), self._speed)
            self._commanded[:] = False
            self._last = now

    def drop(self) -> None:
        """The hand has disconnected: a running trajectory is not resumed."""
        with self._lock:
            self._follower = None

    def follow(
        self, names: Sequence[str], points: Sequence[tuple[NDArray[np.float64], float]], now: float
    ) -> None:
        """Start a trajectory of these joints: points (positions in rad, seconds from now); the others hold.

        Raises TouchError in one sentence, and moves nothing, for unknown joints, positions out of range, times that
        do not increase, and while the hand is not connected.
        """
        known = self._hand.joints
        unknown = [name for name in names if name not in known]
        if unknown:
            raise TouchError(
                f"hand/joint_trajectory: joint '{unknown[0]}' is unknown or not actuated; "
                f"allowed are {', '.join(known)}"
            )
        if any(later <= sooner for (_, sooner), (_, later) in itertools.pairwise(points)):
            raise TouchError("hand/joint_trajectory: time_from_start must increase from point to point")
        limits = self._hand.limits()
        columns = [known.index(name) for name in names]
        for positions, _ in points:
            for name, column, position in zip(names, columns, positions, strict=True):
                if not -BEYOND <= position <= limits[column] + BEYOND:
                    raise TouchError(
                        f"hand/joint_trajectory: joint '{name}' is commanded to {position:.3f} rad; "
                        f"allowed are 0 to {limits[column]:.3f}"
                    )
        with self._lock:
            if self._follower is None:
                raise TouchError("hand/joint_trajectory: the hand is not connected; nothing moves")
            if not points:
                self._follower.follow([(self._follower.positions, 0.0)], now)
                return
            path = []
            for positions, seconds in points:
                full = np.array(self._follower.positions)
                full[columns] = np.clip(positions, 0.0, limits[columns])
                path.append((full, seconds))
            self._follower.follow(path, now)
            self._commanded[columns] = True

    @property
    def is_moving(self) -> bool:
        """Whether a trajectory is under way."""
        with self._lock:
            return self._follower is not None and not self._follower.has_arrived

    def set_points(self, now: float) -> NDArray[np.int16] | None:
        """Register values (6,) to write now, HOLD for drives that were never commanded; None if nothing changed."""
        with self._lock:
            if self._follower is None:
                return None
            seconds, self._last = now - self._last, now
            if not self._follower.advance(now, seconds):
                return None
            raw = self._hand.raw(self._follower.positions)
            return np.where(self._commanded, raw, np.int16(HOLD)).astype(np.int16)
