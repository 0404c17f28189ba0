"""What an adapter makes of messages: readings of touch, joints and wrist, each with its stamp."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tacrefine.errors import TouchError
from tacrefine.touch.frame import PadReading

NS = 1_000_000_000


class Stamp(NamedTuple):
    """A moment as messages have it; it may stand where a `builtin_interfaces/Time` is only read."""

    sec: int
    nanosec: int

    @property
    def seconds(self) -> float:
        """As a number, in just the way in which nodes and bags read a stamp."""
        return float(self.sec) + self.nanosec * 1e-9

    @classmethod
    def of_nanoseconds(cls, nanoseconds: int) -> Stamp:
        """From ns since 1970."""
        return cls(*divmod(int(nanoseconds), NS))


@dataclass(frozen=True, slots=True)
class TouchReading:
    """All pads that were read at one moment. `sequence` grows by one each, or counts as the device does."""

    stamp: Stamp
    sequence: int
    pads: Sequence[PadReading]


@dataclass(frozen=True, slots=True)
class JointReading:
    """Positions of joints, rad, by the names that the hand gives them; others keep a name that is no hand's."""

    stamp: Stamp
    names: Sequence[str]
    positions: Sequence[float]


@dataclass(frozen=True, slots=True)
class WristReading:
    """Where the wrist is: position (m) and quaternion x y z w ``(7,)`` in the frame `frame_id`."""

    stamp: Stamp
    pose: NDArray[np.float64]
    frame_id: str


Reading = TouchReading | JointReading | WristReading


def stamp_of(value: Any, path: str) -> Stamp:
    """A stamp out of a message's field: a Time (sec, nanosec), or a number in s; TouchError where it is neither."""
    if hasattr(value, "sec") and hasattr(value, "nanosec"):
        return Stamp(int(value.sec), int(value.nanosec))
    try:
        seconds = float(value)
    except (TypeError, ValueError):
        seconds = math.nan
    if not math.isfinite(seconds):
        raise TouchError(
            f"field '{path}' holds {type(value).__name__}; a stamp is a Time (sec, nanosec) or a number in s"
        )
    whole = math.floor(seconds)
    return Stamp(whole, min(round((seconds - whole) * NS), NS - 1))
