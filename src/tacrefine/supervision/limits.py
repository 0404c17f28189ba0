"""Limits on motion: length of one move, of a whole goal, speed of the target pose, and the workspace box.

Distances are measured at the grasp centre, not at the wrist: turning about the fingertips swings the wrist
by centimetres while the fingertips stay where they are, and the fingertips are what can hit the object.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from tacrefine.geometry import RigidTransform, from_matrix, matrix_between, matrix_error, rotation_vector
from tacrefine.supervision.errors import LimitExceeded, WorkspaceExceeded
from tacrefine.supervision.motion_profile import MotionProfile
from tacrefine.supervision.motion_settings import MotionSettings

LOOK_S = 0.01
"""by which two looks at the clock in one tick may differ"""
ACCELERATION_SLACK, NOISE = 1.05, 1e-4
"""commands are computed from differences of poses: so much, and so many m/s or rad/s, is not told from rounding"""


class Limits:
    """Applies the limits of `settings` to wrist poses of a hand with grasp centre `wrist_from_centre`.

    Sums are done on matrices: these checks run with every message and every command.
    """

    def __init__(self, settings: MotionSettings, wrist_from_centre: RigidTransform) -> None:
        self._settings = settings
        self._centre = wrist_from_centre.as_matrix()
        self._wrist = wrist_from_centre.inv().as_matrix()

    def centre_of(self, wrist: RigidTransform) -> NDArray[np.float64]:
        """Matrix (4, 4) of the grasp centre for a pose of the wrist."""
        return wrist.as_matrix() @ self._centre

    def distance(self, start: RigidTransform, end: RigidTransform) -> tuple[float, float]:
        """Between two wrist poses at the grasp centre, in m and rad."""
        metres, radians = matrix_error(self.centre_of(start), self.centre_of(end))
        return float(metres), float(radians)

    def displacement(self, start: RigidTransform, end: RigidTransform) -> NDArray[np.float64]:
        """From `start` to `end` at the grasp centre as a vector (6,) m and rad in the arm's base frame."""
        a, b = self.centre_of(start), self.centre_of(end)
        return np.concatenate([b[:3, 3] - a[:3, 3], rotation_vector(b[:3, :3] @ a[:3, :3].T)])

    def interpolate(self, start: RigidTransform, end: RigidTransform, fraction: float) -> RigidTransform:
        """Wrist pose between `start` and `end`: the grasp centre moves straight."""
        if fraction >= 1.0:
            return end
        centre = matrix_between(self.centre_of(start), self.centre_of(end), max(fraction, 0.0))
        return from_matrix(centre @ self._wrist)

    def clip_step(self, start: RigidTransform, end: RigidTransform) -> RigidTransform:
        """`end`, or as much of the path to it as one move may go."""
        settings = self._settings
        metres, radians = self.distance(start, end)
        excess = max(metres / settings.max_step_translation, radians / settings.max_step_rotation)
        return end if excess <= 1.0 else self.interpolate(start, end, 1.0 / excess)

    def is_step(self, start: RigidTransform, end: RigidTransform, slack: float) -> bool:
        """Whether `end` is no farther than `slack` times one move."""
        settings = self._settings
        metres, radians = self.distance(start, end)
        return bool(
            metres <= slack * settings.max_step_translation and radians <= slack * settings.max_step_rotation
        )

    def check_step(self, start: RigidTransform, end: RigidTransform, slack: float) -> None:
        """Raise LimitExceeded if one move may not go so far."""
        if not self.is_step(start, end, slack):
            raise LimitExceeded(
                "a move longer than max_step_translation or max_step_rotation was about to begin"
            )

    def check_total(self, origin: RigidTransform, end: RigidTransform) -> None:
        """Raise LimitExceeded if `end` lies too far from where the goal started."""
        settings = self._settings
        metres, radians = self.distance(origin, end)
        if not (metres <= settings.max_total_translation and radians <= settings.max_total_rotation):
            raise LimitExceeded(
                f"the next wrist pose lies {metres * 1e3:.1f} mm and {np.degrees(radians):.1f} deg from the start; "
                f"allowed are {settings.max_total_translation * 1e3:.1f} mm (max_total_translation) and "
                f"{np.degrees(settings.max_total_rotation):.1f} deg (max_total_rotation)"
            )

    def check_workspace(self, pose: RigidTransform) -> None:
        """Raise WorkspaceExceeded unless wrist and grasp centre lie in the workspace box."""
        settings = self._settings
        for what, point in (("wrist", pose.as_matrix()), ("grasp centre", self.centre_of(pose))):
            for axis, value in zip("xyz", point[:3, 3], strict=True):
                low = getattr(settings, f"workspace_{axis}_low")
                high = getattr(settings, f"workspace_{axis}_high")
                if not low <= value <= high:
                    raise WorkspaceExceeded(
                        f"the {what} would come to {axis} = {value:.4f} m; allowed are {low:g} to {high:g} m "
                        f"(workspace_{axis}_low, workspace_{axis}_high)"
                    )

    def duration(self, start: RigidTransform, end: RigidTransform) -> float:
        """Seconds that the path from `start` to `end` takes at the speed limits, without starting and stopping."""
        metres, radians = self.distance(start, end)
        return float(max(metres / self._settings.linear_speed, radians / self._settings.angular_speed))

    def profile(self, start: RigidTransform, end: RigidTransform) -> MotionProfile:
        """How the path from `start` to `end` is travelled from rest to rest within all limits on motion."""
        metres, radians = self.distance(start, end)

        def least(quantity: str) -> float:
            linear = getattr(self._settings, f"linear_{quantity}")
            angular = getattr(self._settings, f"angular_{quantity}")
            return min(
                linear / metres if metres > 0.0 else math.inf,
                angular / radians if radians > 0.0 else math.inf,
            )

        return MotionProfile.fastest(least("speed"), least("acceleration"), least("jerk"))

    def speeds_up(
        self, start: RigidTransform, end: RigidTransform, seconds: float, before: tuple[float, float, float]
    ) -> tuple[tuple[float, float, float], bool]:
        """Speed from `start` to `end` in `seconds`, and whether it rises faster than the limits on acceleration.

        `before` and the result are m/s, rad/s and the seconds over which those are the mean. The seconds are between
        two looks at the clock, each of which may come up to `LOOK_S` late: only what rises too fast even so is told.
        """
        settings = self._settings
        metres, radians = self.distance(start, end)
        speed, turning = metres / (seconds + LOOK_S), radians / (seconds + LOOK_S)
        between = 0.5 * (seconds + before[2]) + LOOK_S
        shortest = max(seconds - LOOK_S, 0.25 * seconds)
        return (metres / shortest, radians / shortest, seconds), bool(
            speed - before[0] > ACCELERATION_SLACK * settings.linear_acceleration * between + NOISE
            or turning - before[1] > ACCELERATION_SLACK * settings.angular_acceleration * between + NOISE
        )
