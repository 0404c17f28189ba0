"""What the strategy `put_down` decides: whether a held object stands already, how far to lower it, and when to give up.

A held object that meets what it is to stand on is pushed up against the fingers, and the touch of all of them changes.
The readings at rest before the first step are what every later one is compared with.
"""

from __future__ import annotations

from enum import Enum

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import RigidTransform

from tacrefine.geometry import transform
from tacrefine.refine.settings import RefineSettings
from tacrefine.supervision.errors import EarlyContact, NoSupport
from tacrefine.touch.frame import TouchFrame

NOISE_FACTOR = 2.0
"""times the noise of both means that a change must exceed"""
LOST_SHARE = 0.3
"""of the load before the first step, below which the object is no longer in the hand"""
ROUNDING = 1e-9


class Felt(Enum):
    """What touch says after a step, against the readings before the first."""

    HELD = "held"
    STANDS = "stands"
    LOST = "lost"


class StandDetector:
    """Compares mean readings ``(T,)`` of a hand at rest: shares of full scale, NaN where a taxel is dead."""

    def __init__(self, change: float) -> None:
        self._change = change
        self._before: NDArray[np.float64] | None = None
        self._variance = 0.0
        self.expect(-float("inf"))

    def expect(self, newer_than: float) -> None:
        """Forget the present readings: from here on those count whose stamps, s, are newer."""
        self._frames: list[NDArray[np.floating]] = []
        self._newest = newer_than

    def add(self, stamp: float, frame: TouchFrame) -> None:
        """Take a reading; each stamp counts once."""
        if stamp > self._newest:
            self._newest = stamp
            self._frames.append(frame.tactile)

    @property
    def count(self) -> int:
        """Readings since `expect`."""
        return len(self._frames)

    @property
    def has_baseline(self) -> bool:
        """Whether `keep` has been called."""
        return self._before is not None

    def keep(self) -> None:
        """The present readings are those that later ones are compared with."""
        readings = np.stack(self._frames).astype(float)
        self._before = np.nan_to_num(readings.mean(0))
        spread = np.nan_to_num(readings.var(0, ddof=1) if len(readings) > 1 else np.zeros(readings.shape[1]))
        self._variance = float(spread.sum()) / len(readings)

    def forget(self) -> None:
        """Another grasp: what is felt next is kept."""
        self._before = None

    def felt(self) -> Felt:
        """What the present readings say."""
        assert self._before is not None
        now = np.nan_to_num(np.stack(self._frames).astype(float).mean(0))
        if now.sum() < LOST_SHARE * self._before.sum():
            return Felt.LOST
        change = float(np.linalg.norm(now - self._before))
        noise = np.sqrt(2.0 * self._variance)
        beyond = np.sqrt(max(change**2 - noise**2, 0.0))
        enough = beyond > self._change * float(np.linalg.norm(self._before))
        return Felt.STANDS if enough and change > NOISE_FACTOR * noise else Felt.HELD


class Lowering:
    """How far one goal has lowered what it holds; poses are wrist poses in a base frame whose z points up."""

    def __init__(self, settings: RefineSettings) -> None:
        self._settings = settings
        self.detector = StandDetector(settings.put_down_change)
        self.is_held = True
        """whether opening the hand would drop the object"""
        self.lowered = 0.0
        """m"""
        self._start: RigidTransform | None = None

    def next_wrist(self, wrist: RigidTransform) -> RigidTransform:
        """The next step down; raises NoSupport if the allowed travel is used up."""
        s = self._settings
        if self._start is None:
            self._start = wrist
        if self.lowered + s.put_down_step > s.put_down_travel + ROUNDING:
            raise NoSupport(
                f"nothing was felt below the object within {s.put_down_travel * 1e3:g} mm (put_down_travel); "
                "it is still held"
            )
        self.lowered += s.put_down_step
        return transform((0.0, 0.0, -self.lowered)) * self._start

    def stands(self) -> None:
        """The object was felt to stand; raises EarlyContact if that came too soon."""
        s = self._settings
        if self.lowered < s.put_down_clearance:
            raise EarlyContact(
                f"the held object touched something after {self.lowered * 1e3:.1f} mm, at least "
                f"{s.put_down_clearance * 1e3:g} mm were free (put_down_clearance); it is still held"
            )
        self.is_held = False
