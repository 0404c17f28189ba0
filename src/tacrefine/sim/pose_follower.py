"""The Cartesian controller of the simulated robot: a pose that follows its target with limited speed."""

from __future__ import annotations

from tacrefine.geometry import RigidTransform, between, error_between

ARRIVED_M, ARRIVED_RAD = 1e-7, 1e-6


class PoseFollower:
    """Moves `pose` towards `target`, both of the wrist; the grasp centre moves on a straight line.

    The speed limits, m/s and rad/s, hold at the grasp centre. Assign `target` to command a new pose. With `ramp` s it
    takes that long to come to full speed and to stop from it; without, both happen at once.
    """

    def __init__(
        self,
        pose: RigidTransform,
        linear_speed: float,
        angular_speed: float,
        wrist_from_centre: RigidTransform,
        ramp: float = 0.0,
    ) -> None:
        self.pose = self.target = pose
        self._linear, self._angular, self._ramp = linear_speed, angular_speed, ramp
        self._share_of_speed = 0.0
        self._centre = wrist_from_centre

    def advance(self, seconds: float) -> bool:
        """Take one step of `seconds`; returns whether the pose moved."""
        if self.pose is self.target:
            return False
        start, end = self.pose * self._centre, self.target * self._centre
        metres, radians = error_between(start, end)
        if metres < ARRIVED_M and radians < ARRIVED_RAD:
            self.pose, self._share_of_speed = self.target, 0.0
            return False
        left = float(max(metres / self._linear, radians / self._angular))  # s at full speed
        reach = seconds * self._speed(left, seconds)
        self.pose = self.target if left <= reach else between(start, end, reach / left) * self._centre.inv()
        return True

    def _speed(self, left: float, seconds: float) -> float:
        """Share of full speed for the next step, `left` s of full speed before the target."""
        if self._ramp == 0.0:
            return 1.0
        least = seconds / self._ramp
        stopping = (2.0 * left / self._ramp) ** 0.5
        self._share_of_speed = max(min(self._share_of_speed + least, stopping, 1.0), min(least, 1.0))
        return self._share_of_speed
