"""The Cartesian controller of the simulated robot: a pose that follows its target with limited speed."""

from __future__ import annotations

from tacrefine.geometry import RigidTransform, between, error_between

ARRIVED_M, ARRIVED_RAD = 1e-7, 1e-6


class PoseFollower:
    """Moves `pose` towards `target`, both of the wrist; the grasp centre moves on a straight line.

    The speed limits, m/s and rad/s, hold at the grasp centre. Assign `target` to command a new pose.
    """

    def __init__(
        self,
        pose: RigidTransform,
        linear_speed: float,
        angular_speed: float,
        wrist_from_centre: RigidTransform,
    ) -> None:
        self.pose = self.target = pose
        self._linear, self._angular = linear_speed, angular_speed
        self._centre = wrist_from_centre

    def advance(self, seconds: float) -> bool:
        """Take one step of `seconds`; returns whether the pose moved."""
        if self.pose is self.target:
            return False
        start, end = self.pose * self._centre, self.target * self._centre
        metres, radians = error_between(start, end)
        if metres < ARRIVED_M and radians < ARRIVED_RAD:
            self.pose = self.target
            return False
        share = float(max(metres / (self._linear * seconds), radians / (self._angular * seconds)))
        self.pose = self.target if share <= 1.0 else between(start, end, 1.0 / share) * self._centre.inv()
        return True
