"""A hand of boxes with the 17 pads and six drives of the RH56DFTP, as a YAML file: the drivers need no more of it."""

from __future__ import annotations

from pathlib import Path

import yaml

from tacrefine.hands import Hand, load_hand

PADS = {"tip": (3, 3), "fingertip": (12, 8), "pad": (10, 8)}


def write_hand(folder: Path) -> Path:
    """The description; joints count from 0 (open) to the closed angle, the second joint of a finger follows."""
    drive = {"stiffness": 1.0, "damping": 0.01, "torque_limit": 0.2, "open": 0.0, "closed": 1.0}
    joints = [
        {"name": "thumb_turn", "axis": [0, 0, 1], "limits": [0, 1.4], "drive": drive | {"role": "posture"}}
    ]
    fingers = []
    for finger in ("thumb", "index", "middle", "ring", "little"):
        bend = {"name": f"{finger}_bend", "axis": [0, -1, 0], "limits": [0, 1.5], "drive": drive}
        if finger == "thumb":
            bend["parent"] = "thumb_turn"
        follower = {
            "name": f"{finger}_end",
            "parent": f"{finger}_bend",
            "axis": [0, -1, 0],
            "limits": [0, 3.0],
            "mimic": {"joint": f"{finger}_bend", "ratio": 1.5, "offset": 0.1},
        }
        joints += [bend, follower]
        shapes = {f"{finger}_{part}": shape for part, shape in PADS.items()}
        if finger == "thumb":
            shapes |= {"thumb_pad": (12, 8), "thumb_middle": (3, 3), "palm": (8, 14)}
        pads = [
            {"name": name, "joint": f"{finger}_end", "origin": {}, "rows": r, "cols": c, "pitch": 0.0015}
            for name, (r, c) in shapes.items()
        ]
        fingers.append({"name": finger, "pads": pads})
    hand = {
        "name": "boxes",
        "wrist_frame": "hand_wrist",
        "grasp_centre": {},
        "skin": {
            "taxel_radius": 0.0005,
            "backing_depth": 0.002,
            "full_scale": 0.35,
            "raw_full_scale": 4096,
        },
        "closing_time": 1.0,
        "joints": joints,
        "fingers": fingers,
    }
    path = folder / "boxes.yaml"
    path.write_text(yaml.safe_dump(hand, sort_keys=False))
    return path


def make_hand(folder: Path) -> Hand:
    return load_hand(write_hand(folder))
