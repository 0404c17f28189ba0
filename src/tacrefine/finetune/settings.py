"""What `config/finetuning/*.yaml` may say, and the training run that follows from it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError, model_validator

from tacrefine.config import Description, load_yaml, share_dir
from tacrefine.errors import ModelError
from tacrefine.policy.card import ModelCard
from tacrefine.policy.settings import TrainingSettings


class FinetuneSettings(Description):
    """One way to fine-tune. Everything else is as in the parent's own training."""

    simulated: Literal["fitted", "training", "none"] = "fitted"
    """robots of the simulated grasps: those that the recording leaves possible, those of the parent's training, or no
    simulated grasps at all"""
    recorded_share: float = Field(default=0.2, ge=0, le=1)
    """of each batch that is recorded; 1 without simulated grasps"""
    from_parent: bool = True
    """begin with the parent's weights; else with random ones"""
    steps: int = Field(default=1000, ge=1, le=10**9)
    groups_per_batch: int = Field(default=32, ge=1, le=4096)
    learning_rate: float = Field(default=5e-4, gt=0, le=1.0)
    warmup_steps: int = Field(default=50, ge=0, le=10**9)
    average: float = Field(default=0.99, ge=0, lt=1)
    """decay of the moving average of the weights"""
    held_out: float = Field(default=0.15, gt=0, lt=1)
    """share of the episodes that nothing is learned from: figures and standard deviations come from them"""
    sigmas: float = Field(default=1.0, ge=0, le=10)
    """how far the simulated robots lie from the fitted one, in standard deviations of what calibration leaves open"""
    noise: float = Field(default=0.03, ge=0, le=0.5)
    """of one reading, share of full scale: recorded means of several readings are used as single ones too"""
    calibration_episodes: int = Field(default=30, ge=1, le=10**6)
    """the robot is fitted to so many episodes at most; more take long and add little"""

    @model_validator(mode="after")
    def _shares_fit(self) -> FinetuneSettings:
        if self.simulated == "none" and self.recorded_share < 1:
            raise ValueError("recorded_share must be 1 where simulated is none")
        if self.simulated != "none" and self.recorded_share == 1:
            raise ValueError(f"recorded_share must be below 1 where simulated is {self.simulated}")
        return self

    @property
    def recorded_groups(self) -> int:
        """Groups of each batch that are recorded."""
        return round(self.recorded_share * self.groups_per_batch)


def load_finetuning(name_or_path: str | os.PathLike[str]) -> FinetuneSettings:
    """Read `config/finetuning/<name>.yaml` or a path; ConfigError with one sentence."""
    path = Path(name_or_path)
    if path.suffix not in (".yaml", ".yml"):
        path = share_dir() / "config" / "finetuning" / f"{name_or_path}.yaml"
    return load_yaml(path, FinetuneSettings)


def training_run(
    settings: FinetuneSettings, folder: Path, card: ModelCard, name: str, seed: int, objects: str | None
) -> TrainingSettings:
    """The parent's training in `folder` with what fine-tuning changes; ModelError where its card has none."""
    changes = {
        "name": name,
        "seed": seed,
        "start_from": str(folder.resolve()) if settings.from_parent else None,
        "steps": settings.steps,
        "groups_per_batch": max(1, settings.groups_per_batch - settings.recorded_groups),
        "learning_rate": settings.learning_rate,
        "warmup_steps": settings.warmup_steps,
        "average": settings.average,
        "network": card.network,
    }
    if objects is not None:
        changes |= {"objects": objects, "more_objects": None}
    try:
        return TrainingSettings.model_validate(card.training | changes)
    except ValidationError as error:
        wrong = error.errors()[0]
        where = ".".join(map(str, wrong["loc"]))
        raise ModelError(
            f"{folder}: its card does not say how it was trained ({where}: {wrong['msg'].lower()}), "
            "so it cannot be a parent."
        ) from error
