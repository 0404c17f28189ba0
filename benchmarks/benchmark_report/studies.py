"""What a report draws of the JSON files of ablations, tracking and latency."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import Field, model_validator

from tacrefine.report.contents import Content, Figures, Fraction, MadeContent


class OnPlant(Content):
    """Figures of the whole loop on one plant."""

    all: Figures
    classes: dict[str, Figures]


class VariantResult(Content):
    """One variant of the policy; `plants` by name."""

    what: str
    parameters: int
    plants: dict[str, OnPlant] = Field(min_length=1)

    @model_validator(mode="before")
    @classmethod
    def _plants_apart(cls, content: Mapping[str, Any]) -> dict[str, Any]:
        """In the file the plants stand beside what else is known of the variant."""
        plants = {key: row for key, row in content.items() if isinstance(row, dict) and "classes" in row}
        return {**content, "plants": plants}


class Ablations(MadeContent):
    """A file of `benchmarks/ablations.py`."""

    steps: int
    trials_per_object: int
    seed: int
    variants: dict[str, VariantResult] = Field(min_length=1)


class Tracking(MadeContent):
    """A file of `benchmarks/tracking.py`."""

    model_id: str
    targets: str
    disturbances: int
    robots_per_object: int
    steps: int
    seed: int
    goal: Fraction
    plants: dict[str, OnPlant] = Field(min_length=1)


class Latency(MadeContent):
    """A file of `benchmarks/latency.py`."""

    model: str
    seconds: float
    load_average: float
    latency_p50_ms: float
    latency_p99_ms: float
    latency_samples: int
    received_p50_ms: float
    received_p99_ms: float
    inference_p50_ms: float
    inference_p99_ms: float
    goal_median_ms: float
    goal_p99_ms: float
