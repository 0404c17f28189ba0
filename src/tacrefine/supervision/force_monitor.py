"""Whether what the fingers feel is known, and below the ceiling of the present phase."""

from __future__ import annotations

from enum import IntEnum

from tacrefine.supervision.errors import ForceExceeded
from tacrefine.supervision.motion_settings import MotionSettings
from tacrefine.supervision.phases import GuardedPhases

READINGS = 3
"""in a row that must exceed the ceiling, so that one bad frame ends nothing"""


class ForceMonitor:
    """Forces are N, summed over the taxels of one pad; times are of the monotonic clock, s."""

    def __init__(self, settings: MotionSettings, phases: GuardedPhases) -> None:
        self._settings, self._phases = settings, phases
        self._pad, self._force, self._stamp = "", 0.0, -float("inf")
        self.enter(None)

    def restart(self) -> None:
        """A goal begins: what was felt before does not count."""
        self._stamp = -float("inf")
        self.enter(None)

    def enter(self, phase: IntEnum | None) -> None:
        """A phase begins: readings of another phase are no reason to end this one."""
        self._phase, self._above = phase, 0

    def observe(self, pad: str, newtons: float, now: float) -> None:
        """Take the pad that feels most, and how much."""
        self._pad, self._force, self._stamp = pad, newtons, now
        self._above = self._above + 1 if newtons > self._ceiling[0] else 0

    def is_live(self, now: float) -> bool:
        """Whether a usable reading has come since the goal began, and lately."""
        return now - self._stamp <= self._settings.sensor_timeout

    def check(self, now: float) -> None:
        """Raise GoalError if too much is felt, or nothing is known of it."""
        phases = self._phases
        if self._above >= READINGS and self._phase is not None:
            ceiling, name = self._ceiling
            raise ForceExceeded(
                f"{phases.source}: '{self._pad}' felt {self._force:.1f} N in the phase '{self._phase.name.lower()}'; "
                f"allowed are {ceiling:g} N ({name})"
            )
        if not self.is_live(now):
            raise phases.timeout_error(
                f"{phases.source}: no usable message for {self._settings.sensor_timeout:g} s (sensor_timeout), "
                "and without touch nothing may move"
            )

    @property
    def _ceiling(self) -> tuple[float, str]:
        """Ceiling of the present phase in N, and the name of its parameter."""
        name = "max_moving_force" if self._phase in self._phases.moving else "max_pad_force"
        return getattr(self._settings, name), name
