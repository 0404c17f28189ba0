"""What a report draws of the JSON files about regrasping."""

from __future__ import annotations

from pydantic import Field

from tacrefine.report.contents import Content, Fraction, MadeContent


class VariantRow(Content):
    """Accuracy of one variant of the network over folds."""

    accuracy: Fraction
    standard_error: float
    folds: list[float]
    calibration_error: float | None = None


class RegraspComparison(MadeContent):
    """A file of `tacrefine regrasp compare`."""

    regrasp_comparison: int
    """folds"""
    trials: int
    examples: int
    objects: int
    variants: dict[str, VariantRow] = Field(min_length=1)


class ReliabilityBin(Content):
    """Examples of about one probability, and how many of them held."""

    predicted: Fraction
    observed: Fraction
    share: Fraction


class ScoreRow(Content):
    """A model on one dataset."""

    examples: int
    objects: int
    chance: Fraction
    accuracy: Fraction
    calibration_error: float
    reliability: list[ReliabilityBin]


class RegraspScore(MadeContent):
    """A file of `tacrefine regrasp score`."""

    regrasp_score: str
    """id of the model"""
    datasets: dict[str, ScoreRow] = Field(min_length=1)


class GraspFigures(Content):
    """Attempts of one policy on one object or set."""

    grasps: int
    success: Fraction
    standard_error: float
    mean_tries: float
    mean_force: float | None = None


class PolicyFigures(GraspFigures):
    """The same on a set, with its objects."""

    objects: dict[str, GraspFigures]


class AttemptRow(Content):
    """One attempt to lift an object."""

    policy: str
    set: str
    object: str
    success: bool
    tries: int
    force: float
    probability: float
    actions: list[list[float]]


class Asked(Content):
    """Settings of an evaluation of regrasping."""

    objective: str = "max_success"
    threshold: float = 0.9


class RegraspTable(MadeContent):
    """A file of `tacrefine regrasp evaluate`."""

    regrasp_evaluation: Asked
    sets: dict[str, dict[str, PolicyFigures]]
    attempts: list[AttemptRow]
