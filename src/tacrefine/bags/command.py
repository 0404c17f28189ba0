"""`ros2 bag record` with our topics and metadata: what `launch/record.launch.py` starts where rosbag2 is installed."""

from __future__ import annotations

import os
import shutil
from datetime import datetime
from pathlib import Path

from tacrefine.bags.schemas import RECORDED
from tacrefine.bags.session import Session
from tacrefine.config import resolve
from tacrefine.documents import read_text
from tacrefine.errors import ConfigError
from tacrefine.hands import load_hand
from tacrefine.touch.adapters import load_adapter

BOOLEAN = ["true", "false"]
ARGUMENTS: dict[str, tuple[str, str, list[str]]] = {
    "bag": ("", "folder to write, which must not exist; empty: tacrefine_ with date and time", []),
    "hand": ("five_finger", "name or path of the hand description, for the metadata", []),
    "object": ("", "name of the grasped object, for the metadata", []),
    "object_fixed": ("false", "note in the metadata that the object does not move", BOOLEAN),
    "adapter": ("", "name or path of the adapter, whose topics are recorded too", []),
    "namespace": ("", "namespace of the stack", []),
    "recorder": (
        "auto",
        "rosbag2: ros2 bag record; tacrefine: our own, a kill loses a second at most; auto: rosbag2 if installed",
        ["auto", "rosbag2", "tacrefine"],
    ),
}
"""name: default, meaning, choices"""


def has_rosbag2() -> bool:
    """Whether `ros2 bag record` is installed."""
    prefixes = os.environ.get("AMENT_PREFIX_PATH", "").split(os.pathsep)
    return shutil.which("ros2") is not None and any(
        (Path(prefix) / "share" / "ros2bag").is_dir() for prefix in prefixes if prefix
    )


def default_name() -> str:
    """A bag's name with date and time."""
    return f"tacrefine_{datetime.now():%Y_%m_%d-%H_%M_%S}"


def rosbag2_command(
    bag: str = "",
    hand: str = "five_finger",
    object: str = "",
    object_fixed: str = "false",
    adapter: str = "",
    namespace: str = "",
) -> list[str]:
    """The command line; goals and targets are in the bag's messages, the rest goes into its metadata."""
    prefix = f"/{namespace.strip('/')}" if namespace.strip("/") else ""
    topics = [topic.name if topic.name.startswith("/") else f"{prefix}/{topic.name}" for topic in RECORDED]
    described = load_hand(hand)
    session = Session(described, object=object, fixed=object_fixed == "true")
    if adapter:
        session.adapter = read_text(resolve("adapters", adapter), ConfigError)
        adapted = [entry.topic for entry in load_adapter(adapter, described).inputs]
        adapted = [name if name.startswith("/") else f"{prefix}/{name}" for name in adapted]
        topics = list(dict.fromkeys(topics + adapted))
    texts = [f"{key}={value}" for key, value in session.texts().items()]
    return [
        *("ros2", "bag", "record", "--storage", "mcap", "--output", bag or default_name()),
        *("--include-hidden-topics", "--custom-data", *texts, "--topics", *topics),
    ]
