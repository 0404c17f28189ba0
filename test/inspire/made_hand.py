"""A small hand with what the default one lacks: two pads on a finger, flat and bent ones, two pitches, a palm."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from tacrefine.hands import Hand, load_hand

DRIVE = {"stiffness": 2.0, "damping": 0.03, "torque_limit": 0.15, "open": 0.0, "closed": 0.9}
TURNED = [0.0, 0.0, 3.14159265358979]


def _finger(name: str, side: float, y: float) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    turn = {"rotation_vector": TURNED} if side > 0 else {}
    joints: list[dict[str, Any]] = [
        {"name": f"{name}_base", "origin": {"position": [0.024 * side, y, 0.0], **turn}, "axis": [0, -1, 0],
         "limits": [-0.1, 1.6], "drive": DRIVE},
        {"name": f"{name}_end", "parent": f"{name}_base", "origin": {"position": [0, 0, -0.04]}, "axis": [0, -1, 0],
         "limits": [-0.1, 1.6], "mimic": {"joint": f"{name}_base", "ratio": 0.5}},
    ]  # fmt: skip
    pads = [
        {"name": f"{name}_tip", "joint": f"{name}_end", "origin": {"position": [0.006, 0, -0.030]},
         "rows": 8, "cols": 6, "pitch": [0.0012, 0.0014], "curvature_radius": 0.012},
        {"name": f"{name}_pad", "joint": f"{name}_end", "origin": {"position": [0.009, 0, -0.016]},
         "rows": 6, "cols": 6, "pitch": 0.0012},
    ]  # fmt: skip
    return joints, {"name": name, "pads": pads}


def write_hand(folder: Path, **changes: Any) -> Path:
    """Thumb on one side, index and middle on the other, and between them a palm that faces down."""
    parts = [_finger("thumb", 1.0, 0.0), _finger("index", -1.0, 0.011), _finger("middle", -1.0, -0.011)]
    palm = {"name": "palm", "origin": {"position": [0.0, 0.0, -0.03], "rotation_vector": [0.0, 1.57079632679, 0.0]},
            "rows": 5, "cols": 7, "pitch": [0.003, 0.004]}  # fmt: skip
    hand = {
        "name": "made",
        "wrist_frame": "hand_wrist",
        "grasp_centre": {"position": [0.0, 0.0, -0.066]},
        "skin": {"taxel_radius": 0.0006, "backing_depth": 0.0018, "full_scale": 0.4, "raw_full_scale": 4096},
        "closing_time": 1.5,
        "joints": [joint for joints, _ in parts for joint in joints],
        "fingers": [*(finger for _, finger in parts), {"name": "palm", "pads": [palm]}],
    } | changes
    path = folder / "made.yaml"
    path.write_text(yaml.safe_dump(hand, sort_keys=False))
    return path


def make_hand(folder: Path, **changes: Any) -> Hand:
    return load_hand(write_hand(folder, **changes))
