"""Names of version 0.1 that are different now, so that an old file or command line gets the new name as an answer."""

from __future__ import annotations

from collections.abc import Iterable

from tacrefine.documents import did_you_mean

NODES = {
    "policy": "tacrefine_policy",
    "driver": "tacrefine_driver",
    "recorder": "tacrefine_recorder",
    "collector": "tacrefine_collector",
}
"""nodes in the graph"""
PARAMETERS = {
    "scene": "cell",
    "silent_finger": "allow_missing_finger",
    "stand_position": "hold_tolerance_position",
    "stand_rotation": "hold_tolerance_rotation",
    "synthesis": "model_based",
    "synthesis_frames": "model_based_frames",
    "way_position": "path_tolerance_position",
    "way_rotation": "path_tolerance_rotation",
}
"""parameters of nodes, and arguments of the bringup"""


def hint(name: str, known: Iterable[str]) -> str:
    """The end of a sentence about an unknown parameter: what it is called now, or the nearest known name."""
    names = list(known)
    if PARAMETERS.get(name) in names:
        return f"; it is called '{PARAMETERS[name]}' now"
    return did_you_mean(name, names)
