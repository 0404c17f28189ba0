"""What `config/training/*.yaml` may say."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

from pydantic import Field

from tacrefine.config import Description, load_yaml, share_dir
from tacrefine.data.groups import GroupSettings
from tacrefine.policy.network import NetworkSettings


class TrainingSettings(Description):
    """One training run; the same file and seed give the same weights on the same kind of machine."""

    name: str = Field(pattern=r"^[A-Za-z0-9_.-]+$")
    """of the model: it goes to models/<name>/"""
    hand: str = "five_finger"
    objects: str = "fifteen"
    plant: str = "training"
    class_weights: dict[str, Annotated[float, Field(gt=0)]] = Field(default_factory=dict)
    """objects of a class are drawn so much more often than others; 1 where absent"""
    start_from: str | None = None
    """name or folder of a model with the same network, whose weights the run begins with"""
    seed: int = Field(default=1, ge=0)
    steps: int = Field(default=20_000, ge=1)
    groups_per_batch: int = Field(default=32, ge=1, le=4096)
    pairs_per_image: int = Field(default=3, ge=1, le=63)
    """each grasp of a group is paired with so many others of it"""
    window_steps: int = Field(default=64, ge=1)
    """steps that share a set of simulated groups"""
    reuse: int = Field(default=3, ge=1, le=1000)
    """how often a simulated group is used on average, each time with other sensors and noise"""
    frames: tuple[int, ...] = Field(default=(1, 1, 3, 8), min_length=1)
    """a reading is the mean of so many frames, drawn from this list"""
    groups: GroupSettings = GroupSettings()
    network: NetworkSettings = NetworkSettings()
    learning_rate: float = Field(default=1.5e-3, gt=0, le=1.0)
    warmup_steps: int = Field(default=300, ge=0)
    weight_decay: float = Field(default=1e-3, ge=0, le=1.0)
    gradient_clip: float = Field(default=1.0, gt=0)
    average: float = Field(default=0.999, ge=0, lt=1)
    """decay of the moving average of the weights, which is what is shipped"""
    beta: float = Field(default=0.5, ge=0, le=1)
    """power of the predicted variance that weights the loss, see gaussian_loss"""
    absolute_weight: float = Field(default=0.3, ge=0, le=10)
    """weight of the current grasp's own coordinates in the loss"""
    validation_groups: int = Field(default=512, ge=1)
    """groups that the figures in the card and the scale of the standard deviations come from"""
    checkpoint_seconds: float = Field(default=60.0, gt=0)
    threads: int = Field(default=1, ge=1, le=64)


def load_training(name_or_path: str | os.PathLike[str]) -> TrainingSettings:
    """Read `config/training/<name>.yaml` or a path; ConfigError with one sentence."""
    path = Path(name_or_path)
    if path.suffix not in (".yaml", ".yml"):
        path = share_dir() / "config" / "training" / f"{name_or_path}.yaml"
    return load_yaml(path, TrainingSettings)
