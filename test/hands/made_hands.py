"""Hands of the tests' own making, as the mappings that their YAML files hold."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from tacrefine.hands import Hand, load_hand

SKIN = {"taxel_radius": 0.001, "backing_depth": 0.002, "full_scale": 1.0}
SLIDE = {"stiffness": 3000.0, "damping": 60.0, "torque_limit": 6.0, "open": 0.03, "closed": -0.02}
BEND = {"stiffness": 4.0, "damping": 0.05, "torque_limit": 0.3, "open": 0.0, "closed": 0.5}


def gripper(**changes: Any) -> dict[str, Any]:
    """Two fingers that slide along x, one driven, the other following it with ratio -1; pads 6 x 5."""
    pad = {"rows": 6, "cols": 5, "pitch": 0.0025}
    return {
        "name": "gripper",
        "wrist_frame": "tool",
        "grasp_centre": {"position": [0.0, 0.0, -0.1]},
        "skin": SKIN,
        "closing_time": 1.0,
        "grasp": {"needs": ["left", "right"]},
        "joints": [
            {"name": "right_slide", "type": "prismatic", "axis": [1.0, 0.0, 0.0], "limits": [-0.05, 0.05],
             "origin": {"position": [0.0, 0.0, -0.1]},
             "mimic": {"joint": "left_slide", "ratio": -1.0}},
            {"name": "left_slide", "type": "prismatic", "axis": [1.0, 0.0, 0.0], "limits": [-0.05, 0.05],
             "origin": {"position": [0.0, 0.0, -0.1]}, "drive": SLIDE},
        ],
        "fingers": [
            {"name": "left", "pads": [{"name": "left_pad", "joint": "left_slide", **pad,
                                       "origin": {"rotation_vector": [0.0, 0.0, 3.14159265358979]}}]},
            {"name": "right", "pads": [{"name": "right_pad", "joint": "right_slide", **pad, "origin": {}}]},
        ],
    } | changes  # fmt: skip


def bending_finger(name: str, x: float, y: float, turn: float) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Three driven joints that bend a finger of 45 + 25 + 15 mm, which hangs along -z and closes towards the other."""
    flex = {"axis": [0.0, -1.0, 0.0], "limits": [-0.3, 1.6], "drive": BEND}
    joints = [
        {"name": f"{name}_1", "origin": {"position": [x, y, 0.0], "rotation_vector": [0.0, 0.0, turn]},
         "axis": [0.0, -1.0, 0.0], "limits": [-0.8, 1.6], "drive": {**BEND, "open": -0.35, "closed": 0.35}},
        {"name": f"{name}_2", "parent": f"{name}_1", "origin": {"position": [0.0, 0.0, -0.045]}, **flex},
        {"name": f"{name}_3", "parent": f"{name}_2", "origin": {"position": [0.0, 0.0, -0.025]}, **flex},
    ]  # fmt: skip
    taxels = [[0.0, 0.003 * c, 0.003 * r, 1.0, 0.12 * c, 0.0] for r in range(-2, 3) for c in range(-1, 2)]
    pad = {"name": f"{name}_tip", "joint": f"{name}_3", "taxels": taxels,
           "origin": {"position": [0.006, 0.0, -0.015], "rotation_vector": [0.0, 0.35, 0.0]}}  # fmt: skip
    return joints, {"name": name, "pads": [pad]}


def four_fingers() -> dict[str, Any]:
    """A thumb and three fingers of three driven joints each, pads of 15 points."""
    made = [bending_finger("thumb", 0.02, 0.0, 3.14159265358979)]
    made += [
        bending_finger(name, -0.02, y, 0.0) for name, y in (("one", 0.02), ("two", 0.0), ("three", -0.02))
    ]
    return {
        "name": "four_fingers",
        "wrist_frame": "palm",
        "grasp_centre": {"position": [0.0, 0.0, -0.08]},
        "skin": SKIN,
        "closing_time": 1.0,
        "joints": [joint for joints, _ in made for joint in joints][::-1],
        "fingers": [finger for _, finger in made],
    }  # fmt: skip


def write(folder: Path, content: dict[str, Any]) -> Path:
    path = folder / "hand.yaml"
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    return path


def loaded(folder: Path, content: dict[str, Any]) -> Hand:
    return load_hand(write(folder, content))
