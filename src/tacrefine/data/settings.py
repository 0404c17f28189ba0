"""What `config/data/*.yaml` may say: how a dataset is generated."""

from __future__ import annotations

import os
from pathlib import Path

from pydantic import Field

from tacrefine.config import Description, load_yaml, share_dir
from tacrefine.objects.pose_groups import GroupSettings


class DatasetSettings(Description):
    """One dataset. The same settings give the same bytes, however the work is split."""

    hand: str = "five_finger"
    objects: str = "fifteen"
    plant: str = "training"
    seed: int = Field(default=1, ge=0, le=2**63 - 1)
    samples: int = Field(default=160_000, ge=1, le=10**12)
    """valid grasps at least"""
    groups_per_shard: int = Field(default=512, ge=1, le=100_000)
    groups: GroupSettings = GroupSettings()


def load_dataset_settings(name_or_path: str | os.PathLike[str]) -> DatasetSettings:
    """Read `config/data/<name>.yaml` or a path; ConfigError with one sentence."""
    path = Path(name_or_path)
    if path.suffix not in (".yaml", ".yml"):
        path = share_dir() / "config" / "data" / f"{name_or_path}.yaml"
    return load_yaml(path, DatasetSettings)
