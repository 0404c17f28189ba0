"""Moves the arm through several waypoints, and notices an arm that is blocked short of the last one."""

from __future__ import annotations

from collections.abc import Sequence

from scipy.spatial.transform import RigidTransform

from tacrefine.geometry import error_between
from tacrefine.regrasp.settings import RegraspSettings
from tacrefine.supervision.arm import Arm, Progress
from tacrefine.supervision.errors import ArmTimeout
from tacrefine.supervision.guard import Guard
from tacrefine.supervision.samples import Clock, WristSample
from tacrefine.supervision.stopwatch import Stopwatch


class Route:
    """Every leg is straight. Raises GoalError where a waypoint is not allowed or not reached in time."""

    def __init__(self, arm: Arm, guard: Guard, clock: Clock, settings: RegraspSettings) -> None:
        self._arm, self._guard, self._clock, self._settings = arm, guard, clock, settings
        self._waypoints: list[RigidTransform] = []
        self._rest: WristSample | None = None
        self._leg = Stopwatch(clock)

    def begin(self, waypoints: Sequence[RigidTransform]) -> None:
        """Begin the first leg; there is at least one waypoint."""
        self._waypoints = list(waypoints)
        self._next_leg()

    def tick(self, may_stop_short: float) -> bool:
        """Go on; returns whether the last waypoint is reached, or the arm blocked at most `may_stop_short` m off."""
        now, settings = self._clock.now(), self._settings
        progress = self._arm.tick(now)
        if progress is Progress.MOVING and self._leg.is_late(settings.move_timeout):
            raise ArmTimeout(f"the arm did not arrive within {settings.move_timeout:g} s (move_timeout)")
        blocked = self._is_blocked() and progress is Progress.MOVING and len(self._waypoints) == 1
        if blocked and self._distance() <= may_stop_short:
            self._arm.hold()  # by the object, say: press no further, and go on from here
            progress = Progress.ARRIVED
        if progress is not Progress.ARRIVED:
            return False
        del self._waypoints[0]
        if self._waypoints:
            self._next_leg()
        return not self._waypoints

    def _next_leg(self) -> None:
        self._guard.admit(self._waypoints[0])
        self._arm.move_to(self._waypoints[0], self._clock.now(), self._settings.move_timeout)
        self._leg.restart()
        self._rest = None

    def _is_blocked(self) -> bool:
        """Whether everything was sent and the arm has not moved for `blocked_timeout`, by the stamps of its poses."""
        newest = self._arm.sample
        assert newest is not None
        moved = self._rest is not None and (
            error_between(self._rest.pose, newest.pose)[0] > self._settings.arrival_position
        )
        if self._rest is None or moved or not self._arm.is_sent:
            self._rest = newest
        return newest.stamp - self._rest.stamp > self._settings.blocked_timeout

    def _distance(self) -> float:
        assert self._arm.pose is not None
        return float(error_between(self._arm.pose, self._waypoints[0])[0])
