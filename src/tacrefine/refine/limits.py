"""Limits on motion: how far one move and a whole goal may go, and how fast the target pose may travel;
and the workspace box.

Distances are measured at the grasp centre, not at the wrist: turning about the fingertips swings the wrist
by centimetres while the fingertips stay where they are, and the fingertips are what can hit the object.
"""

from __future__ import annotations

import numpy as np
from scipy.spatial.transform import RigidTransform, Rotation

from tacrefine.geometry import error_between
from tacrefine.refine.errors import LimitExceeded, WorkspaceExceeded
from tacrefine.refine.motion import MotionSettings


def between(start: RigidTransform, end: RigidTransform, fraction: float) -> RigidTransform:
    """The pose at `fraction` (0..1) of the way: origin on a straight line, turning about one axis."""
    turn = (start.rotation.inv() * end.rotation).as_rotvec()
    origin = start.translation + fraction * (end.translation - start.translation)
    return RigidTransform.from_components(origin, start.rotation * Rotation.from_rotvec(fraction * turn))


class Limits:
    """Applies the limits of `settings` to wrist poses of a hand with grasp centre `wrist_from_centre`."""

    def __init__(self, settings: MotionSettings, wrist_from_centre: RigidTransform) -> None:
        self._settings = settings
        self._centre = wrist_from_centre
        self._wrist = wrist_from_centre.inv()

    def interpolate(self, start: RigidTransform, end: RigidTransform, fraction: float) -> RigidTransform:
        """Wrist pose on the way from `start` to `end`: the grasp centre moves straight."""
        if fraction >= 1.0:
            return end
        return between(start * self._centre, end * self._centre, max(fraction, 0.0)) * self._wrist

    def clip_step(self, start: RigidTransform, end: RigidTransform) -> RigidTransform:
        """`end`, or as much of the way to it as one move may go."""
        settings = self._settings
        metres, radians = error_between(start * self._centre, end * self._centre)
        excess = float(max(metres / settings.max_step_translation, radians / settings.max_step_rotation))
        return end if excess <= 1.0 else self.interpolate(start, end, 1.0 / excess)

    def check_total(self, origin: RigidTransform, end: RigidTransform) -> None:
        """Raise LimitExceeded if `end` lies too far from where the goal started."""
        settings = self._settings
        metres, radians = error_between(origin * self._centre, end * self._centre)
        if metres > settings.max_total_translation or radians > settings.max_total_rotation:
            raise LimitExceeded(
                f"the next wrist pose lies {metres * 1e3:.1f} mm and {np.degrees(radians):.1f} deg from the start; "
                f"allowed are {settings.max_total_translation * 1e3:.1f} mm (max_total_translation) and "
                f"{np.degrees(settings.max_total_rotation):.1f} deg (max_total_rotation)"
            )

    def check_workspace(self, pose: RigidTransform) -> None:
        """Raise WorkspaceExceeded unless wrist and grasp centre lie in the workspace box."""
        settings = self._settings
        for what, point in (("wrist", pose), ("grasp centre", pose * self._centre)):
            for axis, value in zip("xyz", point.translation, strict=True):
                low = getattr(settings, f"workspace_{axis}_low")
                high = getattr(settings, f"workspace_{axis}_high")
                if not low <= value <= high:
                    raise WorkspaceExceeded(
                        f"the {what} would come to {axis} = {value:.4f} m; allowed are {low:g} to {high:g} m "
                        f"(workspace_{axis}_low, workspace_{axis}_high)"
                    )

    def duration(self, start: RigidTransform, end: RigidTransform) -> float:
        """Seconds that the way from `start` to `end` takes within the speed limits."""
        metres, radians = error_between(start * self._centre, end * self._centre)
        return float(max(metres / self._settings.linear_speed, radians / self._settings.angular_speed))
