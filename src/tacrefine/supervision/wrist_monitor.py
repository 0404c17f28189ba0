"""Whether the wrist is where it can be: no jumps, on the path of its move, still while it has to hold still.

Distances are measured at the grasp centre. One bad sample ends nothing, and is not used either.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import RigidTransform

from tacrefine.geometry import rotation_vector
from tacrefine.supervision.errors import PathDeviation
from tacrefine.supervision.limits import Limits
from tacrefine.supervision.motion_settings import MotionSettings

SAMPLES = 3
"""in a row that must disagree"""


class StraightPath:
    """The path of one move between two poses (matrices 4 x 4): along a line, turning about one axis."""

    def __init__(self, start: NDArray[np.float64], goal: NDArray[np.float64]) -> None:
        self._start, self._line = start, goal[:3, 3] - start[:3, 3]
        self._turn = rotation_vector(start[:3, :3].T @ goal[:3, :3])

    def deviation(self, pose: NDArray[np.float64]) -> tuple[float, float]:
        """How far a pose lies off the path, in m and rad; beyond an end, how far from that end."""
        turned = rotation_vector(self._start[:3, :3].T @ pose[:3, :3])
        return _off(pose[:3, 3] - self._start[:3, 3], self._line), _off(turned, self._turn)


class WristMonitor:
    """Poses are wrist poses in m. Active while a goal may move the arm."""

    def __init__(self, settings: MotionSettings, limits: Limits) -> None:
        self._settings, self._limits = settings, limits
        self.pose: RigidTransform | None = None
        """the newest pose that can be believed"""
        self.restart(False)

    def restart(self, active: bool) -> None:
        """A goal begins or ends: the wrist may have been anywhere in between."""
        self._active = active
        self._path: StraightPath | None = None
        self._jumps = self._deviations = 0
        self._what = ""

    def begin_move(self, start: RigidTransform, goal: RigidTransform) -> None:
        """A move begins; with `start` and `goal` the same object the wrist has to hold still there."""
        self._path = StraightPath(self._limits.centre_of(start), self._limits.centre_of(goal))
        self._still = start is goal
        self._deviations = 0

    def hold_still(self) -> None:
        """From now on the wrist has to stay where it is, until a move begins."""
        if self.pose is not None:
            self.begin_move(self.pose, self.pose)

    def observe(self, pose: RigidTransform) -> bool:
        """Take a measured pose; returns whether it can be believed."""
        settings = self._settings
        if not np.isfinite(pose.as_matrix()).all():
            self._jumps, self._what = self._jumps + 1, "no number"
            return False
        if self.pose is not None and self._active:
            metres, radians = self._limits.distance(self.pose, pose)
            near = metres <= settings.wrist_jump_position and radians <= settings.wrist_jump_rotation
            if not near:
                self._jumps += 1
                self._what = f"{metres * 1e3:.1f} mm and {np.degrees(radians):.1f} deg"
                return False
        self._jumps, self.pose = 0, pose
        self._count_deviation(pose)
        return True

    def check(self) -> None:
        """Raise PathDeviation if the wrist is where it cannot be or may not be."""
        settings = self._settings
        if self._jumps >= SAMPLES:
            raise PathDeviation(
                f"wrist_pose: it jumped by {self._what} between two messages; allowed are "
                f"{settings.wrist_jump_position * 1e3:g} mm (wrist_jump_position) and "
                f"{np.degrees(settings.wrist_jump_rotation):.1f} deg (wrist_jump_rotation)"
            )
        if self._deviations < SAMPLES:
            return
        kind = "hold_tolerance" if self._still else "path_tolerance"
        position, rotation = self._tolerances()
        where = (
            "moved by {} although it had to hold still" if self._still else "is {} off the path of its move"
        )
        raise PathDeviation(
            f"wrist_pose: the wrist {where.format(self._what)}; allowed are {position * 1e3:g} mm "
            f"({kind}_position) and {np.degrees(rotation):.1f} deg ({kind}_rotation)"
        )

    def _tolerances(self) -> tuple[float, float]:
        s = self._settings
        if self._still:
            return s.hold_tolerance_position, s.hold_tolerance_rotation
        return s.path_tolerance_position, s.path_tolerance_rotation

    def _count_deviation(self, pose: RigidTransform) -> None:
        if self._path is None or not self._active:
            return
        metres, radians = self._path.deviation(self._limits.centre_of(pose))
        position, rotation = self._tolerances()
        if metres <= position and radians <= rotation:
            self._deviations = 0
            return
        self._deviations += 1
        self._what = f"{metres * 1e3:.1f} mm and {np.degrees(radians):.1f} deg"


def _off(offset: NDArray[np.float64], along: NDArray[np.float64]) -> float:
    """Distance of `offset` (3,) from the segment 0..along."""
    squared = float(along @ along)
    share = min(max(float(offset @ along) / squared, 0.0), 1.0) if squared > 0.0 else 0.0
    return float(np.linalg.norm(offset - share * along))
