"""Opens and closes a force-controlled gripper and tells from its state when it is done."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Protocol

from tacrefine.supervision.gripper_settings import GripperSettings
from tacrefine.supervision.guard import Guard
from tacrefine.supervision.samples import JUMP_S, GripperSample

Send = Callable[[float, float], None]
"""an opening (m) to go to, and the force (N) with which"""
STATES = "gripper/joint_states"
"""topic of the gripper's states"""
WIDTH = "width"
"""name of the one joint"""
MEET_M = 0.001
"""opening at which the pads have met"""
FORCE_SHARE, FORCE_SLACK = 0.3, 1.0
"""share of the commanded force, and N, by which a gripper that has closed may press differently"""
HOLDS_N = 0.5
"""force above which something is held"""


class Gripper(Protocol):
    """What a loop needs of a gripper; times are those of stamps, s."""

    @property
    def stamp(self) -> float:
        """Stamp of the newest state."""

    @property
    def commanded(self) -> float:
        """Force (N) with which it was told to close; 0 when it was told to open."""

    def observe(self, sample: GripperSample) -> None:
        """Take a measured state."""

    def open(self, now: float) -> None:
        """Command the gripper to its whole width."""

    def close(self, force: float, now: float) -> None:
        """Close until the pads press with `force` N or meet."""

    def stop(self) -> None:
        """Stay: an opening gripper stops, a closed one keeps its force."""

    def is_done(self) -> bool:
        """Whether the last command is carried out."""

    def is_open(self) -> bool:
        """Whether it was last measured open."""

    def grips(self) -> bool:
        """Whether its pads press on something between them."""


def gated(send: Send, guard: Guard) -> Send:
    """`send` behind the guard's gate."""
    gate = guard.gate_fingers(lambda positions, force: send(positions[WIDTH], force))
    return lambda width, force: gate({WIDTH: width}, force)


class StateGripper:
    """A gripper that tells width and force but never that it is done: that is decided from its states."""

    def __init__(self, send: Send, settings: GripperSettings) -> None:
        self._send, self._settings = send, settings
        self._samples: deque[GripperSample] = deque()
        self.commanded = 0.0
        self._since = -float("inf")
        self._posture = ""

    @property
    def stamp(self) -> float:
        """Of the newest state, -inf before the first."""
        return self._samples[-1].stamp if self._samples else -float("inf")

    @property
    def newest(self) -> GripperSample | None:
        """The newest state."""
        return self._samples[-1] if self._samples else None

    def observe(self, sample: GripperSample) -> None:
        """Take a measured state."""
        if sample.stamp < self.stamp - JUMP_S:
            self._samples.clear()
        if sample.stamp <= self.stamp:
            return
        self._samples.append(sample)
        window = self._settings.settled_window
        while len(self._samples) > 2 and sample.stamp - self._samples[1].stamp >= window:
            self._samples.popleft()

    def open(self, now: float) -> None:
        """Open wide, as strongly as it may."""
        self.commanded, self._posture, self._since = 0.0, "open", now
        self._send(self._settings.open_width, self._settings.max_force)

    def close(self, force: float, now: float) -> None:
        """Close with `force` N."""
        self.commanded, self._posture, self._since = force, "closed", now
        self._send(0.0, force)

    def stop(self) -> None:
        """An opening gripper stops where it is; one that closes goes on pressing, or it would drop things."""
        if self._posture == "open" and self.newest is not None and not self.is_open():
            self._send(self.newest.width, self._settings.max_force)
            self._posture = ""

    def is_open(self) -> bool:
        """Whether it was last measured open."""
        wanted = self._settings.open_width - self._settings.open_tolerance
        return self.newest is not None and self.newest.width >= wanted

    def grips(self) -> bool:
        """Whether the pads press on something between them."""
        return self.newest is not None and self.newest.force > HOLDS_N and self.newest.width > MEET_M

    def is_done(self) -> bool:
        """Open: the width is reached. Closed: at rest, and pressing as told, or not open and at rest for long."""
        if self._posture == "open":
            return self.is_open()
        if self.newest is None or not self._rests():
            return False
        off = abs(self.newest.force - self.commanded)
        presses = off <= FORCE_SHARE * self.commanded + FORCE_SLACK
        waited = self.stamp - self._since >= self._settings.grip_patience
        return presses or self.newest.width <= MEET_M or (waited and not self.is_open())

    def _rests(self) -> bool:
        first, last = self._samples[0], self._samples[-1]
        seconds = last.stamp - first.stamp
        if first.stamp <= self._since or seconds < 0.9 * self._settings.settled_window:
            return False
        widths = [sample.width for sample in self._samples]
        return max(widths) - min(widths) <= self._settings.settled_speed * seconds
