"""Everything about the refinement loop that a user may set."""

from __future__ import annotations

from dataclasses import dataclass

from tacrefine.parameters import parameter
from tacrefine.supervision.hand_settings import HandSettings


@dataclass(frozen=True)
class RefineSettings(HandSettings):
    """When a refinement ends. Distances are measured at the grasp centre."""

    max_steps: int = parameter(
        5, "", "corrections before giving up, unless the goal says otherwise", low=1, high=50
    )
    position_tolerance: float = parameter(
        0.0015, "m", "remaining position error that counts as reached", low=1e-5, high=0.05
    )
    rotation_tolerance: float = parameter(
        0.025, "rad", "remaining rotation error that counts as reached", low=1e-4, high=0.5
    )
    arm_repeatability_position: float = parameter(
        0.0001,
        "m",
        "of the arm's data sheet: what a move may miss without the arm noticing; less is not worth one",
        low=0.0,
        high=0.01,
    )
    arm_repeatability_rotation: float = parameter(
        0.0017, "rad", "the same for its orientation", low=0.0, high=0.1
    )
    mismatch_moves: int = parameter(
        2,
        "",
        "further moves of a goal, within max_steps, while the touch differs from the target's though little remains; "
        "then it ends as a mismatch",
        low=0,
        high=50,
    )
    refined_timeout: float = parameter(
        0.0,
        "s",
        "longest wait for a refined correction of a grasp, by the wall clock; where none comes, the others decide",
        low=0.0,
        high=10.0,
    )
    moved_grasps: int = parameter(
        3,
        "",
        "times that a goal goes on although the object has moved between two grasps; then it ends",
        low=0,
        high=50,
    )
    put_down_step: float = parameter(
        0.001, "m", "strategy put_down: by so much the object is lowered at a time", low=1e-4, high=0.01
    )
    put_down_travel: float = parameter(
        0.03, "m", "strategy put_down: farthest that the object is lowered", low=1e-3, high=0.5
    )
    put_down_clearance: float = parameter(
        0.0,
        "m",
        "strategy put_down: a touch that comes before so much way down ends the goal",
        low=0.0,
        high=0.5,
    )
    put_down_change: float = parameter(
        0.1,
        "",
        "strategy put_down: change of touch, as a share of it, by which the object is felt to stand",
        low=0.01,
        high=2.0,
    )
