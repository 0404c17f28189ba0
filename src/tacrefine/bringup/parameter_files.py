"""ROS parameter files, read without ROS: what one says about a node."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tacrefine.documents import quoted, read_yaml
from tacrefine.errors import ConfigError


def parameters_for(node: str, path: Path) -> dict[str, Any]:
    """Parameters that a ROS parameter file gives to a node of this name, whatever its namespace.

    Raises ConfigError in one sentence where the file cannot be read or says nothing about the node.
    """
    found: dict[str, Any] = {}
    for key, section in sections_of(path).items():
        if str(key).strip("/").split("/")[-1] in (node, "**", "*"):
            found |= section
    if not found:
        raise ConfigError(f"{path}: no section of {node} or /** with ros__parameters in it.")
    return found


def sections_of(path: Path) -> dict[str, dict[str, Any]]:
    """Parameters by the node that the file names; ConfigError in one sentence where it is no ROS parameter file."""
    content = read_yaml(path, ConfigError)
    if not isinstance(content, dict):
        raise ConfigError(
            f"{path}: not a ROS parameter file; the top level must name nodes, like 'refine_server:'."
        )
    sections = {}
    for key, section in content.items():
        values = section.get("ros__parameters", {}) if isinstance(section, dict) else None
        if not isinstance(key, str) or not isinstance(values, dict):
            raise ConfigError(
                f"{path}: section '{quoted(key)}' is none of a ROS parameter file; it needs 'ros__parameters:' "
                "and below it names and values."
            )
        sections[key] = values
    return sections
