"""What the report draws of the JSON files of the regrasp benchmarks."""

from __future__ import annotations

from tacrefine.report.contents import Content, Fraction, MadeContent


class Curve(Content):
    """Predicted success along one number of the action, and how often it truly held."""

    name: str
    object: str
    values: list[float]
    predicted: list[Fraction]
    observed: list[Fraction | None]


class RegraspLearned(MadeContent):
    """A file of `benchmarks/regrasp_learned.py`."""

    model_id: str
    force_curves: list[Curve]
    """N"""
    height_curves: list[Curve]
    """m of the grasp centre above the table"""


class Timing(Content):
    """Milliseconds."""

    p50_ms: float
    p99_ms: float


class RegraspSearch(MadeContent):
    """A file of `benchmarks/regrasp_search.py`."""

    actions: int
    goal_ms: float
    encode: Timing
    search: Timing
    search_refined: Timing
    naive: Timing
    times_faster: float
