"""Names of frames: those of URDF, of TF and of markers are the same, all behind one prefix."""

from __future__ import annotations

CENTRE = "grasp_centre"
"""where the pads meet, fixed to the wrist"""
TARGET = "grasp_target"
"""where the grasp centre has to be, in the frame of the wrist's pose"""
OBJECT = "object_in_hand"
"""where the object is in the hand by the newest estimate: in the target grasp this is the grasp centre"""


def link_of(joint: str | None, wrist_frame: str) -> str:
    """Name of the link that a joint moves; without a joint that of the palm."""
    return wrist_frame if joint is None else f"{joint}_link"
