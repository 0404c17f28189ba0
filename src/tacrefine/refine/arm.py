"""Moves the wrist through a controller that never says when it has arrived.

Arrival is decided from measured wrist poses alone: distance to the target and speed must stay below their
tolerances for a number of consecutive samples. Backends differ in what they send on the way.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from enum import Enum

from scipy.spatial.transform import RigidTransform

from tacrefine.geometry import error_between
from tacrefine.refine.limits import Limits
from tacrefine.refine.samples import JUMP_S, WristSample
from tacrefine.refine.settings import RefineSettings

SPEED_WINDOW_S = 0.05  # speed is measured over this stretch, so that noise of single samples does not count
REPEAT_S = 0.5  # the waypoint backend repeats its target this often, in case a controller starts late


class Progress(Enum):
    """State of a motion."""

    MOVING = "moving"
    ARRIVED = "arrived"
    TIMEOUT = "timeout"


class Arm:
    """One arm. `send` publishes a target pose of the wrist in the arm's base frame."""

    def __init__(
        self, send: Callable[[RigidTransform], None], limits: Limits, settings: RefineSettings
    ) -> None:
        self._send, self._limits, self._settings = send, limits, settings
        self._samples: deque[WristSample] = deque(maxlen=1000)
        self._start: RigidTransform | None = None
        self._goal: RigidTransform | None = None
        self._began = self._duration = self._deadline = self._last_sent = 0.0
        self._good = 0

    @property
    def pose(self) -> RigidTransform | None:
        """The newest measured wrist pose."""
        return self._samples[-1].pose if self._samples else None

    @property
    def sample(self) -> WristSample | None:
        """The newest wrist sample."""
        return self._samples[-1] if self._samples else None

    def observe(self, sample: WristSample) -> None:
        """Take a measured pose; samples that are not newer than the last one are ignored, a clock set back is not."""
        if self._samples and sample.stamp < self._samples[-1].stamp - JUMP_S:
            self._samples.clear()
        if self._samples and sample.stamp <= self._samples[-1].stamp:
            return
        self._samples.append(sample)
        while len(self._samples) > 2 and self._samples[1].stamp <= sample.stamp - SPEED_WINDOW_S:
            self._samples.popleft()
        if self._goal is not None:
            self._good = self._good + 1 if self._at_goal(sample) else 0

    def move_to(self, pose: RigidTransform, now: float, timeout: float) -> None:
        """Begin a motion from the measured pose; `tick` carries it out and tells when it ends."""
        if self.pose is None:
            raise ValueError("move_to needs a measured wrist pose")
        self._start, self._goal = self.pose, pose
        self._began, self._deadline, self._last_sent = now, now + timeout, -float("inf")
        self._duration = self._limits.duration(self._start, pose)
        self._good = 0

    def tick(self, now: float) -> Progress:
        """Send what is due and judge the motion."""
        if self._goal is None or self._start is None:
            return Progress.ARRIVED
        elapsed = now - self._began
        if self._settings.arm_backend == "streaming":
            fraction = elapsed / self._duration if self._duration > 0.0 else 1.0
            self._send(self._limits.interpolate(self._start, self._goal, fraction))
        elif now - self._last_sent >= REPEAT_S:
            self._last_sent = now
            self._send(self._goal)
        if self._good >= self._settings.arrival_samples:
            return Progress.ARRIVED
        return Progress.TIMEOUT if now > self._deadline else Progress.MOVING

    def hold(self) -> None:
        """Stop: command the pose that was measured last. Safe to call at any time and more than once."""
        self._goal = self._start = None
        if self.pose is not None:
            self._send(self.pose)

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
