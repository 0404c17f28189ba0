"""What `config/presses/*.yaml` may say: how a network learns from labelled presses."""

from __future__ import annotations

import os
from pathlib import Path

from pydantic import Field, model_validator

from tacrefine.config import Description, load_yaml, share_dir
from tacrefine.policy.network import NetworkSettings


class PressTraining(Description):
    """One training on labelled presses; the same settings and presses give the same weights."""

    members: int = Field(default=4, ge=1, le=64)
    """networks whose predictions are averaged; each is kept from another part of the presses, on which the standard
    deviations are calibrated"""
    held_out: float = Field(default=0.12, gt=0, lt=0.9)
    """share of the presses that each network is kept from; up to 24 groups each is kept from one network instead"""
    steps: int = Field(default=3000, ge=1, le=10**7)
    groups_per_batch: int = Field(default=8, ge=1, le=4096)
    group_size: int = Field(default=8, ge=2, le=256)
    """presses of a group in a batch, which are paired with each other"""
    seed: int = Field(default=1, ge=0, le=2**31 - 1)
    learning_rate: float = Field(default=3e-3, gt=0, le=1)
    weight_decay: float = Field(default=1e-3, ge=0, le=1)
    gradient_clip: float = Field(default=1.0, gt=0, le=1e6)
    beta: float = Field(default=0.5, ge=0, le=1)
    """power of the predicted variance that weights the loss, see gaussian_loss"""
    absolute_weight: float = Field(default=1.0, ge=0, le=10)
    """weight of a press's own coordinates in the loss"""
    noise: float = Field(default=0.0, ge=0, le=1)
    """standard deviation of what is added to readings in training, as a share of full scale"""
    references: int = Field(default=32, ge=1, le=1024)
    """labelled presses that a press is compared with for its absolute coordinates"""
    sensor_model: bool = True
    """also fit readings as a function of the coordinates, and let it answer where it was right before"""
    network: NetworkSettings = NetworkSettings(width=64, encoder_width=96, pair_width=64)

    @model_validator(mode="after")
    def _one_pad(self) -> PressTraining:
        n = self.network
        if (
            n.blocks
            or n.cross_attention
            or not n.fusion
            or n.output != "both"
            or n.unseen_pads
            or n.unseen_joints
        ):
            raise ValueError("network must be of one pad: no blocks, attention or unseen parts, output both")
        return self


def load_press_training(name_or_path: str | os.PathLike[str]) -> PressTraining:
    """Read `config/presses/<name>.yaml` or a path; ConfigError with one sentence."""
    path = Path(name_or_path)
    if path.suffix not in (".yaml", ".yml"):
        path = share_dir() / "config" / "presses" / f"{name_or_path}.yaml"
    return load_yaml(path, PressTraining)
