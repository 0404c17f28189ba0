"""Measured samples that every loop reads, and the two clocks it counts on. Times are seconds of the sensors' clock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from scipy.spatial.transform import RigidTransform

from tacrefine.touch.joints import JUMP_S as JUMP_S


class Clock(Protocol):
    """Two clocks: `now` is the one that stamps messages (may be simulated), `steady` never stops or jumps."""

    @property
    def is_simulated(self) -> bool:
        """Whether `now` is told by somebody else (/clock), who may stop it, speed it up or begin anew."""

    def now(self) -> float:
        """Time of the stamps, s."""

    def steady(self) -> float:
        """Monotonic time, s."""


@dataclass(frozen=True)
class WristSample:
    """Measured pose of the wrist in the arm's base frame, m."""

    stamp: float
    pose: RigidTransform


@dataclass(frozen=True)
class JointSample:
    """Measured joint positions of the hand, rad."""

    stamp: float
    positions: Mapping[str, float]


@dataclass(frozen=True)
class GripperSample:
    """Measured opening (m) and force on each pad (N)."""

    stamp: float
    width: float
    force: float
