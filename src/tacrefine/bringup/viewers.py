"""Programs of ROS that show the hand, where they are installed: RViz and robot_state_publisher."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from tacrefine.bringup.description import SCENE, NodeSpec
from tacrefine.config import share_dir
from tacrefine.errors import ConfigError
from tacrefine.hands import load_hand
from tacrefine.scene.urdf import describe_hand

STATE_PUBLISHER = "robot_state_publisher"
RENAMING = ("joint_prefix", "joint_names", "scene_arm")
"""parameters of which robot_state_publisher knows nothing"""


def rviz_command(namespace: str = "") -> list[str]:
    """RViz with the shipped configuration, topics in the namespace; raises ConfigError where it is not installed."""
    program = shutil.which("rviz2")
    if program is None:
        raise ConfigError(
            "rviz is true, but rviz2 is not on PATH; install RViz, or set tf and open "
            f"{share_dir() / 'config' / 'foxglove' / 'tacrefine.json'} in Foxglove"
        )
    words = [program, "-d", str(share_dir() / "config" / "rviz" / "tacrefine.rviz")]
    name = namespace.strip("/")
    return [*words, "--ros-args", "-r", f"__ns:=/{name}"] if name else words


def with_state_publisher(nodes: Sequence[NodeSpec]) -> tuple[list[NodeSpec], dict[str, str]]:
    """The nodes, with frames of links left to robot_state_publisher where it is installed; then its parameters too."""
    scene = next((node for node in nodes if node.executable == SCENE), None)
    if scene is None or not _has_state_publisher():
        return list(nodes), {}
    told = scene.parameters
    if any(told.get(name) for name in RENAMING) or not told.get("publish_links", True):
        return list(nodes), {}
    ours = replace(scene, parameters={**told, "publish_links": False, "publish_description": False})
    text = describe_hand(load_hand(told["hand"]), told.get("tf_prefix", ""))
    return [ours if node is scene else node for node in nodes], {"robot_description": text}


def _has_state_publisher() -> bool:
    prefixes = os.environ.get("AMENT_PREFIX_PATH", "").split(os.pathsep)
    return any(
        prefix and (Path(prefix) / "lib" / STATE_PUBLISHER / STATE_PUBLISHER).is_file() for prefix in prefixes
    )
