"""ROS parameter files, read without ROS: what one says about a node."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from tacrefine.errors import ConfigError


def parameters_for(node: str, path: Path) -> dict[str, Any]:
    """Parameters that a ROS parameter file gives to a node of this name, whatever its namespace.

    Raises ConfigError in one sentence where the file cannot be read or says nothing about the node.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ConfigError(
            f"{path}: cannot be read as a ROS parameter file ({' '.join(str(error).split())})."
        ) from error
    found: dict[str, Any] = {}
    sections = content if isinstance(content, dict) else {}
    for key, section in sections.items():
        if str(key).strip("/").split("/")[-1] in (node, "**", "*") and isinstance(section, dict):
            found |= section.get("ros__parameters") or {}
    if not found:
        raise ConfigError(f"{path}: no section of {node} or /** with ros__parameters in it.")
    return found
