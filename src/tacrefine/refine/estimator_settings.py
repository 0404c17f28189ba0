"""How corrections are weighed, and when no further move is worth making."""

from __future__ import annotations

from dataclasses import dataclass

from tacrefine.parameters import parameter
from tacrefine.refine.error_correlation import ErrorCorrelation
from tacrefine.refine.samples import Goal
from tacrefine.refine.settings import RefineSettings


@dataclass(frozen=True)
class EstimatorSettings(ErrorCorrelation):
    """Defaults were chosen on training plants.

    The tolerances' defaults are so tight that the loop goes on until nothing is left to gain.
    """

    position_tolerance: float = parameter(
        0.00005, "m", "remaining distance that counts as reached", low=1e-5, high=0.05
    )
    rotation_tolerance: float = parameter(
        0.0009, "rad", "remaining angle that counts as reached", low=1e-4, high=0.5
    )
    sigma_factor: float = parameter(
        1.0,
        "",
        "so many standard deviations are added to the estimate before it is compared",
        low=0.0,
        high=5.0,
    )
    gain_share: float = parameter(
        0.2,
        "",
        "share of the standard deviation up to which what remains is not worth another move",
        low=0.0,
        high=5.0,
    )
    weak_axis_share: float = parameter(
        0.5,
        "",
        "share of the deviation before anything was felt; an axis that is known no better afterwards is a weak axis",
        low=0.01,
        high=1.0,
    )
    outlier_gate: float = parameter(
        3.0, "", "standard deviations beyond which a measurement loses weight", low=1.0, high=20.0
    )
    length_uncertainty: float = parameter(
        0.2,
        "",
        "share of a correction's length that adds to its uncertainty: long ones fall short",
        low=0.0,
        high=1.0,
    )
    wrist_position_noise: float = parameter(
        0.0001, "m", "repeatability of the arm, added to each grasp", low=0.0, high=0.01
    )
    wrist_rotation_noise: float = parameter(
        0.0017, "rad", "repeatability of the arm, added to each grasp", low=0.0, high=0.1
    )
    cautious_position: float = parameter(
        0.004, "m", "standard deviation from which only part of a step is made", low=1e-4, high=0.1
    )
    cautious_rotation: float = parameter(
        0.09, "rad", "standard deviation from which only part of a step is made", low=1e-3, high=1.0
    )

    @classmethod
    def of(cls, goal: Goal, settings: RefineSettings) -> EstimatorSettings:
        """For one goal of a loop: the goal's tolerances, and how exactly the loop's arm repeats a pose."""
        return cls(
            position_tolerance=goal.position_tolerance,
            rotation_tolerance=goal.rotation_tolerance,
            wrist_position_noise=settings.arm_repeatability_position,
            wrist_rotation_noise=settings.arm_repeatability_rotation,
        )
