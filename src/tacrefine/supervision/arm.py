"""Moves the wrist through a controller that never says when it has arrived.

Arrival is decided from measured wrist poses alone: distance to the target and speed must stay below their
tolerances for a number of consecutive samples. What is sent during a move is the adapter's business (`tacrefine.arms`).
"""

from __future__ import annotations

from collections import deque
from enum import Enum
from typing import Protocol

from scipy.spatial.transform import RigidTransform

from tacrefine.geometry import error_between
from tacrefine.supervision.errors import ArmTimeout
from tacrefine.supervision.guard import Guard
from tacrefine.supervision.motion_settings import MotionSettings
from tacrefine.supervision.samples import JUMP_S, WristSample

SPEED_WINDOW_S = 0.05  # speed is measured over this stretch, so that noise of single samples does not count


class Progress(Enum):
    """State of a motion."""

    MOVING = "moving"
    ARRIVED = "arrived"


class Adapter(Protocol):
    """One kind of arm controller. Poses are the wrist's in the arm's base frame, times are those of stamps, s."""

    def missing(self, now: float) -> str:
        """Why it cannot move the arm, as a sentence; empty when it can."""

    @property
    def commanded(self) -> RigidTransform | None:
        """The pose that the controller holds because it was sent there last; None if that is not known."""

    def begin(self, start: RigidTransform, goal: RigidTransform, now: float) -> float:
        """Plan a motion; returns the seconds that it will take. Nothing is sent before `tick`.

        Raises GoalError if the motion is impossible or not allowed.
        """

    def tick(self, now: float) -> bool:
        """Send what is due; returns whether all of it has been sent. Raises GoalError if the controller fails."""

    def rest(self) -> None:
        """The motion has ended well."""

    def hold(self, pose: RigidTransform) -> None:
        """End any motion now and stay at this pose, which was measured last."""


class Arm:
    """One arm: commands go through its adapter, arrival is decided from what `observe` is fed."""

    def __init__(self, adapter: Adapter, guard: Guard, settings: MotionSettings) -> None:
        self._adapter, self._guard, self._settings = adapter, guard, settings
        self._samples: deque[WristSample] = deque(maxlen=1000)
        self._goal: RigidTransform | None = None
        self._good = 0
        self.is_sent = True
        """whether everything that the motion asks for has been sent, so that only the arm itself can be late"""

    @property
    def pose(self) -> RigidTransform | None:
        """The newest measured wrist pose."""
        return self._samples[-1].pose if self._samples else None

    @property
    def sample(self) -> WristSample | None:
        """The newest wrist sample."""
        return self._samples[-1] if self._samples else None

    def missing(self, now: float) -> str:
        """Why the arm cannot be moved, as a sentence; empty when it can."""
        return self._adapter.missing(now)

    def observe(self, sample: WristSample) -> None:
        """Take a measured pose; samples that are not newer than the last one are ignored, a clock set back is not."""
        if self._samples and sample.stamp < self._samples[-1].stamp - JUMP_S:
            self._samples.clear()
        if self._samples and sample.stamp <= self._samples[-1].stamp:
            return
        if not self._guard.observe_wrist(sample.pose):
            return
        self._samples.append(sample)
        while len(self._samples) > 2 and self._samples[1].stamp <= sample.stamp - SPEED_WINDOW_S:
            self._samples.popleft()
        if self._goal is not None:
            self._good = self._good + 1 if self._at_goal(sample) else 0

    def move_to(self, pose: RigidTransform, now: float, timeout: float) -> None:
        """Begin a motion from the measured pose; `tick` carries it out and tells when it ends.

        Raises GoalError, and nothing moves, where the adapter cannot do it or not in time.
        """
        if self.pose is None:
            raise ValueError("move_to needs a measured wrist pose")
        start = self._start(self.pose)
        self._guard.set_command_time(now)
        self._guard.begin_move(start, pose)
        seconds = self._adapter.begin(start, pose, now)
        if seconds > timeout:
            raise ArmTimeout(
                f"the move would take {seconds:.1f} s, allowed are {timeout:g} s (move_timeout); it was not begun"
            )
        self._goal, self._good = pose, 0
        self.is_sent = False

    def _start(self, measured: RigidTransform) -> RigidTransform:
        """Where a motion begins: where the arm was sent last if it is there, so that its target does not step back."""
        commanded = self._adapter.commanded
        if commanded is None:
            return measured
        metres, radians = error_between(measured, commanded)
        settings = self._settings
        is_there = metres <= settings.arrival_position and radians <= settings.arrival_rotation
        return commanded if is_there else measured

    def tick(self, now: float) -> Progress:
        """Send what is due and judge the motion; a dry run has arrived when everything is sent."""
        if self._goal is None:
            return Progress.ARRIVED
        self._guard.set_command_time(now)
        self.is_sent = self._adapter.tick(now)
        if self._good >= self._settings.arrival_samples or (self._settings.dry_run and self.is_sent):
            self._goal = None
            self._guard.end_move()
            self._adapter.rest()
            return Progress.ARRIVED
        return Progress.MOVING

    def hold(self) -> None:
        """Stop: command the pose that was measured last. Safe to call at any time and more than once."""
        self._goal = None
        self._guard.end_move()
        if self.pose is not None:
            self._adapter.hold(self._guard.rest_pose(self.pose))

    def _at_goal(self, sample: WristSample) -> bool:
        settings, oldest = self._settings, self._samples[0]
        metres, radians = error_between(sample.pose, self._goal)
        travelled, turned = error_between(oldest.pose, sample.pose)
        seconds = sample.stamp - oldest.stamp
        return bool(
            metres <= settings.arrival_position
            and radians <= settings.arrival_rotation
            and seconds > 0.0
            and travelled <= settings.arrival_speed * seconds
            and turned <= settings.arrival_angular_speed * seconds
        )
