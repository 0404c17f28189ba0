"""Settings of a training, as in `config/regrasp/training.yaml`."""

from __future__ import annotations

import os

from pydantic import Field

from tacrefine.config import Description, load_yaml, resolve
from tacrefine.policy.regrasp.network import NetworkSettings


class RegraspTraining(Description):
    """Settings of one training of the regrasp model."""

    name: str = Field(default="regrasp_wsg50", pattern=r"^[A-Za-z0-9_.-]+$")
    """of the model, which is written to models/<name>/"""
    network: NetworkSettings = NetworkSettings()
    seed: int = Field(default=1, ge=0)
    epochs: float = Field(default=20.0, gt=0)
    """times that every state is seen"""
    batch_states: int = Field(default=64, ge=2, le=4096)
    """states of a batch; all examples of a state come together, so that it is encoded once"""
    learning_rate: float = Field(default=2e-3, gt=0, le=1.0)
    weight_decay: float = Field(default=1e-2, ge=0, le=1.0)
    warmup: float = Field(default=0.05, ge=0, lt=1)
    """share of the steps over which the rate rises"""
    shift: int = Field(default=3, ge=0, le=16)
    """pixels by which a camera image is moved at most"""
    gain: float = Field(default=0.2, ge=0, lt=1)
    """how far brightness and colours are scaled at most"""
    symmetries: bool = True
    """also learn from each grasp turned by half a turn, and mirrored"""
    felt_weight: float = Field(default=1.0, ge=0, le=100)
    """weight of the auxiliary loss: what the pads will feel after the action"""
    held_out: float = Field(default=0.12, gt=0, lt=0.9)
    """share of the objects that are held out for the calibration"""
    threads: int = Field(default=1, ge=1, le=64)


def load_regrasp_training(name_or_path: str | os.PathLike[str] = "training") -> RegraspTraining:
    """Read `config/regrasp/<name>.yaml` or a path; ConfigError with one sentence."""
    return load_yaml(resolve("regrasp", name_or_path), RegraspTraining)
