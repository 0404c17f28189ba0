"""A small model, trained for a moment, and small sets of objects, for tests of data, policy and evaluation."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import mkdtemp

import yaml

from tacrefine.cli import main
from tacrefine.policy.settings import TrainingSettings

TWO_OBJECTS = """
name: two
classes: {rod: {half_range: {z: 0.006, roll: 0.17}}, plate: {half_range: {z: 0.006, roll: 0.17, pitch: 0.17}}}
objects:
  - {name: thin, class: rod, shape: {kind: rod, radius: 0.005}}
  - {name: flat, class: plate, shape: {kind: plate, thickness: 0.006}}
"""
"""a set of objects that are to be refined"""
ONE_BOX = """
name: one
objects:
  - {name: one_box, mass: 0.1, friction: 0.6, parts: [{kind: box, size: [0.03, 0.02, 0.04]}]}
"""
"""a set of objects that are to be lifted"""


def tiny_settings(**changes) -> TrainingSettings:
    """A run of a few seconds."""
    values = {
        "name": "tiny",
        "seed": 3,
        "steps": 60,
        "groups_per_batch": 8,
        "window_steps": 4,
        "reuse": 2,
        "frames": (1, 2),
        "groups": {"size": 4, "anchors": 2},
        "network": {
            "width": 8,
            "encoder_width": 32,
            "pair_width": 32,
            "blocks": 1,
            "cross_attention": True,
            "heads": 2,
        },
        "warmup_steps": 5,
        "learning_rate": 5e-3,
        "validation_groups": 32,
        "average": 0.9,
    }
    return TrainingSettings.model_validate(values | changes)


@cache
def tiny_description() -> Path:
    """The YAML of a run of eight steps."""
    path = Path(mkdtemp(prefix="tacrefine-test-")) / "tiny.yaml"
    path.write_text(yaml.safe_dump(tiny_settings(steps=8).model_dump(mode="json")))
    return path


@cache
def tiny_model_folder() -> Path:
    """A model folder made by the command line, once for all tests."""
    folder = tiny_description().parent / "model"
    assert main(["train", "--config", str(tiny_description()), "--out", str(folder)]) == 0
    return folder
