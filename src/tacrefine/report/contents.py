"""What a report draws of the JSON files of `tacrefine evaluate` and `tacrefine demo`."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Fraction = Annotated[float, Field(ge=0.0, le=1.0)]


class Content(BaseModel):
    """Base: keys that a report does not need are ignored, so that files may say more than it draws."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class Made(Content):
    """Where a file comes from, see `tacrefine.provenance`; files of older versions do not say."""

    command: str | None = None
    version: str | None = None
    machine: str | None = None
    date: str | None = None


class MadeContent(Content):
    """A file of figures with the command that made it."""

    made: Made = Made()


class Success(Content):
    """Fractions of trials within so many degrees and millimetres; None where the file has no such figure."""

    success_10deg_10mm: Fraction | None = None
    success_5deg_10mm: Fraction | None = None
    success_5deg_5mm: Fraction
    success_2deg_2mm: Fraction | None = None
    success_1deg_1mm: Fraction | None = None


class Figures(Success):
    """Where the refinements of one class, one object or all ended."""

    trials: int
    median_mm: float
    median_deg: float
    p95_mm: float
    p95_deg: float
    start_mm: float
    start_deg: float
    mean_steps_to_5deg_5mm: float | None = None


class StepErrors(Success):
    """Errors after so many moves."""

    step: int
    median_mm: float
    median_deg: float
    p95_mm: float | None = None
    p95_deg: float | None = None


class Settings(Content):
    """What an evaluation was asked to do; paths stand where a name was no shipped one."""

    hand: str = "five_finger"
    objects: str = "fifteen"
    plant: str
    model: str = "five_finger"
    targets: str
    steps: int
    trials: int
    seed: int
    frames: int = 1
    range_scale: float = 1.0
    start_scale: float | None = None


class PlantName(Content):
    """The robot that was simulated."""

    name: str
    tactile_model: str


class Evaluation(MadeContent):
    """A file of `tacrefine evaluate`."""

    settings: Settings
    plant: PlantName
    model_id: str
    all: Figures
    classes: dict[str, Figures]
    objects: dict[str, Figures] = {}
    after_each_step: list[StepErrors] = Field(min_length=1)
    classes_after_each_step: dict[str, list[StepErrors]] = {}


class Run(Content):
    """One refinement over ROS: a file of `tacrefine demo`, or one goal of many."""

    object: str
    plant: str
    model: str
    start_mm: float
    start_deg: float
    final_mm: float
    final_deg: float
    steps: int
    success: bool
    error_code: int
    message: str
    error_per_step_mm: list[float] = Field(min_length=1)
    error_per_step_deg: list[float] = Field(min_length=1)
    latency_p50_ms: float | None = None
    latency_p99_ms: float | None = None


class Demo(Run, MadeContent):
    """A file of `tacrefine demo`."""
