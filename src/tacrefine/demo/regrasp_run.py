"""What one run of the regrasping demo leaves: every grasp with what was decided on it, and how it ended."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

LIFTED_M = 0.02
"""by which the object must have risen to count as lifted, by the simulator's truth"""


@dataclass
class Grasp:
    """One grasp that was felt, and what was decided on it."""

    name: str
    """"probe": closed gently after an approach, to feel; "try N": closed as the N-th action chosen"""
    images: dict[str, NDArray[np.uint8]]
    """camera and pads by name, RGB"""
    force: float
    """N, of this grasp"""
    probability: float
    """of success: of the action that was chosen on it, or of lifting as it is"""
    tries: int
    motion: NDArray[np.float64]
    """dx, dy, dz (m, gripper frame) and turn (rad) that were chosen; NaN: to look for the object again"""
    next_force: float
    lifts: bool = False
    """whether it was lifted"""

    @property
    def looks_again(self) -> bool:
        """Whether nothing promised enough: the next grasp is a probe after another look from above."""
        return bool(np.isnan(self.motion).any())


@dataclass
class RegraspRun:
    """Everything that picture and table need. Heights in m above the table."""

    object: str
    model: str
    grasps: list[Grasp] = field(default_factory=list)
    scene: NDArray[np.uint8] | None = None
    end: NDArray[np.uint8] | None = None
    code: int = -1
    message: str = ""
    tries: int = 0
    force: float = math.nan
    probability: float = math.nan
    safe_state: str = ""
    risen: float = 0.0

    @property
    def lifted(self) -> bool:
        """Whether the object is in the air, by the simulator's truth."""
        return self.risen > LIFTED_M


def describe(motion: NDArray[np.float64]) -> str:
    """Return a chosen motion in words, mm and degrees."""
    dx, dy, dz, turn = motion
    if np.isnan(motion).any():
        return "look for the object again"
    if not np.abs(motion).any():
        return "stay and press harder or softer"
    return f"move {1e3 * dx:+.0f}, {1e3 * dy:+.0f}, {1e3 * dz:+.0f} mm, turn {math.degrees(turn):+.0f} deg"
