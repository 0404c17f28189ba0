"""A move from rest to rest within limits on speed, acceleration and jerk, as a fraction of its path over time."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class MotionProfile:
    """The fastest such move over a path of length 1: speeds up, goes at constant speed, slows down symmetrically."""

    speed: float
    """highest, 1/s"""
    jerk: float
    """1/s^3"""
    jerk_time: float
    """s in which the acceleration rises, and falls"""
    ramp: float
    """s from rest to `speed`"""
    cruise: float
    """s at `speed`"""

    @classmethod
    def fastest(cls, speed: float, acceleration: float, jerk: float) -> MotionProfile:
        """The profile within these limits, each per length of the path: 1/s, 1/s^2, 1/s^3."""
        if math.isinf(speed):
            return cls(speed, jerk, 0.0, 0.0, 0.0)
        jerk_time = min(acceleration / jerk, math.sqrt(speed / jerk))
        ramp = jerk_time + speed / (jerk * jerk_time)
        if speed * ramp <= 1.0:
            return cls(speed, jerk, jerk_time, ramp, 1.0 / speed - ramp)
        # Too short a path to reach the speed: as fast as acceleration and jerk allow.
        jerk_time = min(acceleration / jerk, (0.5 / jerk) ** (1 / 3))
        reached = jerk * jerk_time
        ramp = 0.5 * (jerk_time + math.sqrt(jerk_time**2 + 4.0 / reached))
        return cls(1.0 / ramp, jerk, jerk_time, ramp, 0.0)

    @property
    def duration(self) -> float:
        """Seconds from rest to rest."""
        return 2.0 * self.ramp + self.cruise

    @property
    def acceleration(self) -> float:
        """The highest, 1/s^2."""
        return self.jerk * self.jerk_time

    def fraction(self, seconds: float) -> float:
        """How much of the path is done after `seconds`, 0 to 1."""
        if seconds >= self.duration:
            return 1.0
        if seconds <= 0.0:
            return 0.0
        if seconds < self.ramp:
            return self._ramped(seconds)
        left = self.duration - seconds
        if left < self.ramp:
            return 1.0 - self._ramped(left)
        return self.speed * (0.5 * self.ramp + seconds - self.ramp)

    def _ramped(self, t: float) -> float:
        """Way of the ramp after `t` s of it."""
        rise, jerk = self.jerk_time, self.jerk
        if t < rise:
            return jerk * t**3 / 6.0
        if t < self.ramp - rise:
            return jerk * rise * (3.0 * t * (t - rise) + rise**2) / 6.0
        left = self.ramp - t
        return self.speed * (0.5 * self.ramp - left) + jerk * left**3 / 6.0
