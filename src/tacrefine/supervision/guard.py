"""The one gate between decisions and the robot, and the watchdog at it: every command passes a `Guard`.

Staying is always admitted: a command to be where arm or fingers were measured last. Everything else is admitted only
while a goal runs, no emergency stop is latched, and the pose lies within the limits of the goal and the workspace. A
pose that is sent must also lie on the path of the present move, and be no farther from the last one than the speed
limits allow in the time between. `check` ends a goal when something fails that a motion rests on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from enum import IntEnum

import numpy as np
from scipy.spatial.transform import RigidTransform

from tacrefine.geometry import error_between
from tacrefine.supervision.clock_monitor import ClockMonitor
from tacrefine.supervision.emergency_stop import EStop
from tacrefine.supervision.errors import EmergencyStop, Internal
from tacrefine.supervision.force_monitor import ForceMonitor
from tacrefine.supervision.limits import Limits
from tacrefine.supervision.motion_settings import MotionSettings
from tacrefine.supervision.phases import HAND_PHASES, GuardedPhases
from tacrefine.supervision.samples import Clock
from tacrefine.supervision.speed_limiter import SpeedLimiter
from tacrefine.supervision.wrist_monitor import StraightPath, WristMonitor

STAY_M, STAY_RAD = 1e-6, 1e-6
ON_PATH_M, ON_PATH_RAD = 1e-4, 1e-3
"""commands lie on the announced path; measured wrists may be farther off"""
STEP_SLACK = 1.001
PATH_POINTS = 20
"""poses between the ends of a move that are checked before it begins"""
STILL_SHARE = 1.5
"""a clock that stands still is named only where sensors that stopped with it were not named before"""

SendPose = Callable[[RigidTransform], None]
SendFingers = Callable[[Mapping[str, float], float], None]


class Guard:
    """Holds what must be known to admit a command.

    Without a `clock` only the length of each command is limited, not how soon the next one follows.
    """

    def __init__(
        self,
        settings: MotionSettings,
        limits: Limits,
        clock: Clock | None = None,
        phases: GuardedPhases = HAND_PHASES,
    ) -> None:
        self._settings, self.limits, self._clock, self._phases = settings, limits, clock, phases
        self.estop = EStop(settings.estop_timeout, clock.steady() if clock else 0.0)
        self.wrist = WristMonitor(settings, limits)
        self._force = ForceMonitor(settings, phases)
        self._time = ClockMonitor(STILL_SHARE * settings.sensor_timeout)
        self._pacing = SpeedLimiter(limits)
        self._command_time: float | None = None
        self._origin: RigidTransform | None = None
        self._running = False
        self._fingers: Mapping[str, float] = {}
        self._phase: IntEnum | None = None
        self._path: StraightPath | None = None

    # ---- what is known
    def begin(self) -> None:
        """A goal begins; its limits, and what is known of the wrist, count from `set_origin` on."""
        self._running, self._origin = True, None
        self._path = self._phase = None
        self._pacing.restart(None, None)
        self._time = ClockMonitor(STILL_SHARE * self._settings.sensor_timeout)
        self._force.restart()
        self.wrist.restart(False)

    def set_origin(self, origin: RigidTransform) -> None:
        """The wrist pose from which the goal's total limits count."""
        self._origin = origin
        self.wrist.restart(True)

    def end(self) -> None:
        """No goal runs: nothing may move."""
        self._running, self._origin = False, None
        self._path = None
        self.wrist.restart(False)

    def observe_wrist(self, pose: RigidTransform) -> bool:
        """The newest measured wrist pose; returns whether it can be believed."""
        return self.wrist.observe(pose)

    def observe_fingers(self, positions: Mapping[str, float]) -> None:
        """The newest measured joint positions, rad."""
        self._fingers = positions

    def observe_force(self, pad: str, newtons: float, now: float) -> None:
        """The pad that feels most, and how much; `now` is monotonic time, s."""
        self._force.observe(pad, newtons, now)

    def feels(self, now: float) -> bool:
        """Whether usable touch has come since the goal began and lately; without it nothing may move."""
        return self._force.is_live(now)

    # ---- what may happen
    def check(self, phase: IntEnum, now: float) -> None:
        """Raise GoalError if nothing may move any more in this phase; `now` is monotonic time, s."""
        self.estop.update(now)
        self._check_estop()
        if phase is not self._phase:
            self._phase = phase
            self._force.enter(phase)
            if phase in self._phases.still:
                self.wrist.hold_still()
        if self._clock is not None and phase not in self._phases.exiting:
            self._time.check(self._clock.now(), now, self._clock.is_simulated)
        if self._settings.dry_run or phase not in self._phases.gripping | self._phases.moving:
            return
        self._force.check(now)
        self.wrist.check()

    def next_pose(self, start: RigidTransform, wanted: RigidTransform) -> RigidTransform:
        """`wanted`, or as much of the path to it as one move may go; raises GoalError if the path leaves the limits.

        So it does if only `wanted` itself lies beyond them, several moves from here: what leads there is not to be
        believed.
        """
        self.admit(wanted)
        end = self.limits.clip_step(start, wanted)
        for fraction in np.linspace(0.0, 1.0, PATH_POINTS + 1)[1:]:
            self.admit(self.limits.interpolate(start, end, float(fraction)))
        return end

    def begin_move(self, start: RigidTransform, goal: RigidTransform) -> None:
        """A move from the measured `start` begins; raises GoalError if it is longer than one move may be."""
        self.admit(goal)
        self.limits.check_step(start, goal, STEP_SLACK)
        self._path = StraightPath(self.limits.centre_of(start), self.limits.centre_of(goal))
        self._pacing.restart(start, self._pace())
        self.wrist.begin_move(start, goal)

    def end_move(self) -> None:
        """The move is over: no further pose of it gets through."""
        self._path = None

    def set_command_time(self, now: float) -> None:
        """The moment, s, for which commands are about to be computed: their speed is measured by it."""
        self._command_time = now

    def _pace(self) -> float | None:
        if self._clock is None:
            return None
        now = self._clock.now()
        return now if self._command_time is None else min(self._command_time, now)

    def admit(self, pose: RigidTransform) -> None:
        """Raise GoalError unless the wrist may be commanded to this pose."""
        if not np.isfinite(pose.as_matrix()).all():
            raise Internal("a wrist pose that is not finite was about to be commanded")
        if self._stays(pose):
            return
        self._check_running()
        if self._origin is None:
            raise Internal("the arm was about to move before its goal's first wrist pose was known")
        self.limits.check_total(self._origin, pose)
        self.limits.check_workspace(pose)

    def admit_path(self, poses: Sequence[RigidTransform], times: Sequence[float]) -> None:
        """Raise GoalError unless the wrist may follow these poses at these times, s from its start."""
        for pose in poses:
            self.admit(pose)
            self._check_path(pose)
        for k in range(1, len(poses)):
            self._pacing.check_pair(poses[k - 1], poses[k], times[k] - times[k - 1])

    def admit_fingers(self, positions: Mapping[str, float]) -> None:
        """Raise GoalError unless the fingers may be commanded to these positions, rad."""
        if not np.isfinite(list(positions.values())).all():
            raise Internal("finger positions that are not finite were about to be commanded")
        if not all(self._fingers.get(name) == value for name, value in positions.items()):
            self._check_running()

    def gate(self, send: SendPose, streamed: bool = True) -> SendPose:
        """`send` behind this gate. `streamed`: poses follow each other at the pace of the motion, else goals alone."""

        def gated(pose: RigidTransform) -> None:
            self.admit(pose)
            if not self._stays(pose):
                self._check_path(pose)
                if streamed:
                    self._pacing.take(pose, self._pace())
            send(pose)

        return gated

    def gate_fingers(self, send: SendFingers) -> SendFingers:
        """`send` behind this gate."""

        def gated(positions: Mapping[str, float], seconds: float) -> None:
            self.admit_fingers(positions)
            send(positions, seconds)

        return gated

    def rest_pose(self, measured: RigidTransform) -> RigidTransform:
        """Where to stay: where the wrist was measured; if that is too far from the last command to be true, there."""
        commanded = self._pacing.last
        if commanded is None or self.limits.is_step(measured, commanded, STEP_SLACK):
            return measured
        return commanded

    def _stays(self, pose: RigidTransform) -> bool:
        for known in (self.wrist.pose, self._pacing.last):
            if known is not None:
                metres, radians = error_between(known, pose)
                if metres <= STAY_M and radians <= STAY_RAD:
                    return True
        return False

    def _check_path(self, pose: RigidTransform) -> None:
        if self._path is None:
            raise Internal("the arm was about to move although no move was begun")
        metres, radians = self._path.deviation(self.limits.centre_of(pose))
        if metres > ON_PATH_M or radians > ON_PATH_RAD:
            raise Internal("a wrist pose off the path of the present move was about to be commanded")

    def _check_running(self) -> None:
        self._check_estop()
        if not self._running:
            raise Internal("a motion was about to be commanded while no goal runs")

    def _check_estop(self) -> None:
        if self.estop.is_latched:
            raise EmergencyStop(self.estop.reason)
