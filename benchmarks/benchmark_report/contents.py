"""What the report of the benchmarks draws of their JSON files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import Field, model_validator

from tacrefine.report.contents import Content, Fraction, MadeContent, Run, Success

RATE = "grasps_per_second"
"""part of the name of every figure that counts simulated grasps a second"""


class Estimator(Content):
    """Errors of one estimator on one class, and how often they are the bound's."""

    median_mm: float
    median_deg: float
    p95_mm: float
    p95_deg: float
    ratio_mm: float
    ratio_deg: float


class BoundOfClass(Content):
    """All estimators on one class; `bound` is one of them."""

    weak_share: Fraction | None = Field(default=None, alias="share_of_poses_with_a_weak_axis")
    estimators: dict[str, Estimator]


class PoseBound(MadeContent):
    """A file of `benchmarks/pose_bound.py`."""

    pairs_per_object: int
    noise: float
    seed: int
    model_id: str | None = None
    classes: dict[str, BoundOfClass] = Field(min_length=1)

    @model_validator(mode="before")
    @classmethod
    def _classes_apart(cls, content: Mapping[str, Any]) -> dict[str, Any]:
        """In the file the classes stand beside the settings, and the estimators beside the share."""
        classes = {}
        for name, rows in content.items():
            if isinstance(rows, dict) and "bound" in rows:
                estimators = {key: row for key, row in rows.items() if isinstance(row, dict)}
                classes[name] = {**rows, "estimators": estimators}
        return {**content, "classes": classes}


class Agreement(Content):
    """How well both tactile models agree on one object."""

    correlation: list[float]
    force_ratio: float
    joint_error_median_deg: float
    joint_error_p95_deg: float
    elastic_seconds_per_grasp: float


class TactileModels(MadeContent):
    """A file of `benchmarks/tactile_models.py`; `rates` are all its figures of grasps a second."""

    grasps_per_object: int
    seed: int
    plant: str
    objects: dict[str, Agreement]
    grasps_per_second: dict[str, float]
    rates: dict[str, float]

    @model_validator(mode="before")
    @classmethod
    def _rates_apart(cls, content: Mapping[str, Any]) -> dict[str, Any]:
        numbers = {name: value for name, value in content.items() if isinstance(value, int | float)}
        return {**content, "rates": {name: value for name, value in numbers.items() if RATE in name}}


class Goals(Success, MadeContent):
    """A file of `benchmarks/action_server.py`."""

    goals: int
    ended: int
    failures: list[str]
    codes: dict[str, int]
    mean_steps: float | None = None
    plant: str
    model: str
    seed: int
    runs: list[Run]


class TunedRow(Content):
    """One method at one size of recording: means over robots with standard errors."""

    method: str
    samples: int
    robots: int
    trials: int
    success_5deg_5mm: float
    success_2deg_2mm: float
    success_1deg_1mm: float
    success_5deg_5mm_se: float | None = None
    success_2deg_2mm_se: float | None = None
    success_1deg_1mm_se: float | None = None
    median_mm: float
    median_deg: float


class Compared(Content):
    """What the comparison was asked to do."""

    plant: str
    model_id: str
    trials: int
    seed: int
    recorded: str


class Finetuning(MadeContent):
    """A file of `benchmarks/finetuning.py`."""

    comparison: Compared
    methods: dict[str, str]
    rows: list[TunedRow] = Field(min_length=1)

    @property
    def plant(self) -> str:
        """For the table of origins."""
        return self.comparison.plant

    @property
    def model_id(self) -> str:
        """The parent's."""
        return self.comparison.model_id

    @property
    def seed(self) -> int:
        """Of the first robot and of the evaluations."""
        return self.comparison.seed
