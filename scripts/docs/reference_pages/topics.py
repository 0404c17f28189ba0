"""Topics, services and actions.

Who uses them comes from the code, what they mean from `docs/reference/interfaces.yaml`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import yaml

from reference_pages.page import ROOT, WIDE, Page, table
from tacrefine.bringup.interfaces import DEVICES, LIFECYCLE_NODE, Interfaces
from tacrefine.bringup.registry import NODES, NodeEntry

MEANINGS = ROOT / "docs" / "reference" / "interfaces.yaml"
SETTINGS: Mapping[str, tuple[Mapping[str, Any], ...]] = {
    "mujoco_bridge": ({}, {"arm": "seven_joint"}, {"real_time_factor": 0.0}, {"cell": "slots"}),
    "policy": ({},),
    "refine_server": (
        {},
        {"arm": "servo"},
        {"arm": "trajectory"},
        {"arm": "trajectory", "arm_interface": "action"},
        {"hand_interface": "action"},
        {"hand_interface": "forward"},
    ),
    "collector": ({},),
    "driver": tuple({"driver": name} for name in DEVICES),
    "recorder": ({},),
    "scene_publisher": ({}, {"scene_arm": "seven_joint"}),
    "gripper_bridge": ({},),
    "regrasp_server": ({}, {"gripper_interface": "action"}),
}
"""every node with the parameters under which it uses further names"""
WAYS = {
    "topic": ("publish", "subscribe"),
    "service": ("reply", "request"),
    "action": ("execute", "call"),
}
KEYS = {"type", "qos", "outside", "meaning"}
HEADS = {
    "topic": ("topic", "type", "published by", "read by", "QoS", "meaning"),
    "service": ("service", "type", "answered by", "asked by", "meaning"),
    "action": ("action", "type", "served by", "called by", "meaning"),
}


class Use(NamedTuple):
    """The nodes at both ends of one topic, service or action of this package."""

    given_by: tuple[str, ...]
    taken_by: tuple[str, ...]


def pages() -> list[Page]:
    """One page with three tables."""
    meanings = yaml.safe_load(MEANINGS.read_text(encoding="utf-8"))
    parts = []
    for kind, words in meanings.items():
        used = uses(kind)
        if differing := set(used) ^ set(words):
            raise LookupError(
                f"{MEANINGS}: {kind} names must be those of the nodes; these are not: {sorted(differing)}"
            )
        if unknown := {key for word in words.values() for key in word} - KEYS:
            raise LookupError(f"{MEANINGS}: unknown keys {sorted(unknown)}; allowed are {sorted(KEYS)}")
        parts.append(f"## {kind.capitalize()}s\n\n" + table(HEADS[kind], _rows(words, used)))
    return [
        Page(
            "reference/topics.md",
            "Topics, services, actions",
            f"{WIDE}{HEAD}\n\n" + "\n\n".join(parts) + "\n",
        )
    ]


def uses(kind: str) -> dict[str, Use]:
    """The names of one kind that our nodes use, but for those that every ROS node has."""
    given, taken = WAYS[kind]
    nodes = {entry.name: _all_of(entry, SETTINGS[executable]) for executable, entry in NODES.items()}
    names = {
        name: None
        for used in nodes.values()
        for way in (given, taken)
        for name in getattr(used, way)
        if name not in getattr(LIFECYCLE_NODE, way) and "/_action/" not in name
    }
    return {name: Use(_users(nodes, given, name), _users(nodes, taken, name)) for name in names}


def _all_of(entry: NodeEntry, settings: Iterable[Mapping[str, Any]]) -> Interfaces:
    used = Interfaces()
    for parameters in settings:
        used |= entry.interfaces(parameters)
    return used


def _users(nodes: Mapping[str, Interfaces], way: str, name: str) -> tuple[str, ...]:
    return tuple(node for node, used in nodes.items() if name in getattr(used, way))


def _rows(words: Mapping[str, Mapping[str, str]], used: Mapping[str, Use]) -> Iterable[tuple[str, ...]]:
    for name, word in words.items():
        ends = [", ".join(f"`{node}`" for node in nodes) or word.get("outside", "") for nodes in used[name]]
        quality = (word["qos"],) if "qos" in word else ()
        yield (f"`{name}`", f"`{word['type']}`", *ends, *quality, word["meaning"])


HEAD = """# Topics, services, actions

Names are relative: a namespace moves the whole stack. Units are SI, quaternions are x y z w, frames follow REP-103 and
REP-105. A stamp is the time of reading, never of publishing. *Sensor data* is best effort with a short queue; *latched*
is reliable and transient local.

Names that begin with `arm/` carry the parameter `arm_controller` in front, which is `arm` by default. Every node also
publishes `/diagnostics` (`diagnostic_msgs/msg/DiagnosticArray`, once a second) and has a lifecycle node's services.
[Messages](messages/TactileArray.md) lists the fields of our own types."""
