"""Plain objects that enter and leave the refinement loop. Times are seconds of the sensors' clock."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import RigidTransform

from tacrefine.geometry import AXES
from tacrefine.refine.strategy import Strategy
from tacrefine.supervision import errors
from tacrefine.supervision.phases import HandPhase
from tacrefine.touch.comparison import MeanTouch, TouchDifference

HOLDS = (errors.SUCCESS, errors.NotConverged.code, errors.Oscillating.code)
"""codes of goals that end with the object in the hand and an estimate of how it sits there"""


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
    shown: MeanTouch | None = None
    """touch of the target, with which that of the settled grasp is compared; None: nothing is compared"""
    strategy: Strategy = Strategy.IN_PLACE


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
    step: NDArray[np.float64] = field(default_factory=lambda: np.zeros(6))
    """``(6,)`` m and rad at the grasp centre: the correction that is left, of which `remaining_*` are the lengths"""

    @property
    def expected(self) -> NDArray[np.float64]:
        """``(6,)`` m and rad: root mean square of the correction that is left and its standard deviation."""
        return np.hypot(self.step, self.standard_deviation)

    @property
    def expected_m(self) -> float:
        """Expected position error, m."""
        return float(np.hypot(self.remaining_m, np.linalg.norm(self.standard_deviation[:3])))

    @property
    def expected_rad(self) -> float:
        """Expected rotation error, rad."""
        return float(np.hypot(self.remaining_rad, np.linalg.norm(self.standard_deviation[3:])))


@dataclass(frozen=True)
class Estimate:
    """What is known after the newest grasp. Errors are the expected ones, m and rad, NaN before the first."""

    error_m: float = float("nan")
    error_rad: float = float("nan")
    standard_deviation: NDArray[np.float64] = field(default_factory=lambda: np.zeros(6))
    weak_axes: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(6, bool))
    """axes that are weakly observable in this grasp"""
    touch_difference: float = float("nan")
    """from the target's touch: above 1 more than noise and the expected error explain"""
    differing_finger: str = ""

    @classmethod
    def of(cls, decision: Decision, difference: TouchDifference | None) -> Estimate:
        """From a decision and the comparison with the target's touch, if there was one."""
        return cls(
            decision.expected_m,
            decision.expected_rad,
            np.asarray(decision.standard_deviation, float),
            decision.weak_axes,
            float("nan") if difference is None else difference.ratio,
            difference.finger if difference is not None and difference.is_mismatch else "",
        )


@dataclass(frozen=True)
class HeldObject:
    """How an object sits in the closed hand.

    `pose` is its grasp frame in the wrist's frame, `covariance` (6, 6) that of its position and of small turns, along
    and about the wrist's axes.

    `compensation` takes any wrist pose that was planned for the target's grasp to the one that brings the object there.
    """

    pose: RigidTransform
    covariance: NDArray[np.float64]
    compensation: RigidTransform
    observable: NDArray[np.bool_]
    weak_axes: NDArray[np.bool_]


@dataclass(frozen=True)
class Feedback:
    """How far a goal is. `remaining_*` are expected errors, NaN before the first."""

    phase: HandPhase
    step: int
    remaining_m: float = float("nan")
    remaining_rad: float = float("nan")
    standard_deviation: NDArray[np.float64] = field(default_factory=lambda: np.zeros(6))
    weak_axes: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(6, bool))
    """axes that are weakly observable in this grasp"""
    degraded: str = ""
    """what is missing while the goal goes on, as a sentence"""
    touch_difference: float = float("nan")
    differing_finger: str = ""


@dataclass(frozen=True)
class Outcome:
    """How a goal ended: numeric code, one sentence, moves made, where the wrist stands, expected error, safe state."""

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
    touch_difference: float = float("nan")
    """of the last grasp, see `Estimate`"""
    differing_finger: str = ""
    held: HeldObject | None = None
    """how the object sits in the hand, where the goal ended with an estimate and the object in it"""


def weak_axes_note(weak_axes: NDArray[np.bool_]) -> str:
    """End of a sentence for a person: the weakly observable axes ``(6,)``, empty if there are none."""
    names = [name for name, weak in zip(AXES, weak_axes, strict=True) if weak]
    return f"; weakly observable here: {' and '.join(names)}" if names else ""
