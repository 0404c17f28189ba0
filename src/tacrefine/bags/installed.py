"""Message types that are installed on this machine, read from the interface files of their packages."""

from __future__ import annotations

import os
from pathlib import Path

from rosbags.typesys import get_types_from_msg

from tacrefine.bags.decoding import parts_of
from tacrefine.bags.schemas import typestore
from tacrefine.bags.storage import type_name
from tacrefine.errors import ConfigError


def is_known(kind: str) -> bool:
    """Whether messages of a type can be recorded: ROS's own, this package's, or one that is installed here."""
    try:
        know(kind)
    except ConfigError:
        return False
    return True


def know(kind: str) -> None:
    """Add a type with all that it is made of to those that bags are written with.

    Raises ConfigError in one sentence where its package is not installed here, or its definition cannot be read.
    """
    known = typestore().fielddefs
    if kind in known:
        return
    found, waiting = {}, [kind]
    while waiting:
        name = waiting.pop()
        if name in known or name in found:
            continue
        path = _interface_file(name)
        try:
            text = path.read_text(encoding="utf-8")
            described = get_types_from_msg(text, name)
        except Exception as error:  # the parser's own, and whatever odd text makes of it
            raise ConfigError(f"{path}: the definition of {name} cannot be read ({error!r:.200})") from error
        found.update(described)
        waiting += [type_name(part) for _, fields in described.values() for part in parts_of(fields)]
    typestore().register(found)


def _interface_file(kind: str) -> Path:
    package, folder, name = kind.split("/")
    prefixes = [prefix for prefix in os.environ.get("AMENT_PREFIX_PATH", "").split(os.pathsep) if prefix]
    for prefix in prefixes:
        path = Path(prefix) / "share" / package / folder / f"{name}.msg"
        if path.is_file():
            return path
    raise ConfigError(
        f"type {kind} is not known here: the ROS package '{package}' is not installed, or not sourced"
    )
