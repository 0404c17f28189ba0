"""Plain objects that enter and leave the refinement loop. Times are seconds of the sensors' clock."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import RigidTransform

from tacrefine.geometry import AXES
from tacrefine.supervision.phases import HandPhase


@dataclass
class CorrectionSample:
    """One correction of the policy: increment in the wrist's frame, one sigma for each pose coordinate."""

    stamp: float
    target_id: str
    contact: int
    increment: RigidTransform
    standard_deviation: NDArray[np.float64]
    observable: NDArray[np.bool_]
    frames: int = 1
    """readings it rests on; more than one: the refined mean of a grasp, which stands for all of them"""


@dataclass(frozen=True)
class Goal:
    """What a planner asks for: tolerances in m and rad, already free of zeros that mean 'default'."""

    target_id: str
    observable: NDArray[np.bool_]
    max_steps: int
    position_tolerance: float
    rotation_tolerance: float
    prior: NDArray[np.float64] | None = None
    """``(6,)`` m and rad, standard deviation of the target's pose before anything was felt, where it is known"""


@dataclass(frozen=True)
class Decision:
    """What to do next. `next_wrist` is in the base frame of the wrist poses that were added.

    `remaining_m` and `remaining_rad` are the estimated distance and angle from the present wrist to the target, at
    the grasp centre; `standard_deviation` (6,) m and rad is the fused one, zero on axes that touch cannot tell for
    this object at all. `weak_axes` (6,) are the others that are weakly observable in this grasp: known little better
    than beforehand. `target_wrist` is the estimate itself, of which `next_wrist` may be a part only.
    """

    next_wrist: RigidTransform
    target_wrist: RigidTransform
    remaining_m: float
    remaining_rad: float
    standard_deviation: NDArray[np.float64]
    converged: bool
    reason: str
    weak_axes: NDArray[np.bool_]


@dataclass(frozen=True)
class Feedback:
    """How far a goal is. Errors are estimates, NaN before the first."""

    phase: HandPhase
    step: int
    remaining_m: float = float("nan")
    remaining_rad: float = float("nan")
    standard_deviation: NDArray[np.float64] = field(default_factory=lambda: np.zeros(6))
    weak_axes: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(6, bool))
    """axes that are weakly observable in this grasp"""
    degraded: str = ""
    """what is missing while the goal goes on, as a sentence"""


@dataclass(frozen=True)
class Outcome:
    """How a goal ended: numeric code, one sentence, moves made, where the wrist stands, last estimate, safe state."""

    code: int
    message: str
    steps: int
    wrist: RigidTransform | None
    remaining_m: float
    remaining_rad: float
    safe_state: str
    weak_axes: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(6, bool))
    """axes that were weakly observable in the last grasp"""
    degraded: str = ""
    """what was missing at the end, as a sentence"""


def weak_axes_note(weak_axes: NDArray[np.bool_]) -> str:
    """End of a sentence for a person: the weakly observable axes ``(6,)``, empty if there are none."""
    names = [name for name, weak in zip(AXES, weak_axes, strict=True) if weak]
    return f"; weakly observable here: {' and '.join(names)}" if names else ""
