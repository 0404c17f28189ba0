"""Message classes by name."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from tacrefine.errors import ConfigError


def message_class(kind: str) -> Any:
    """The class of a message by its full name, 'package/msg/Name' or an action's 'Name_FeedbackMessage'."""
    package, folder, name = kind.split("/")
    module = import_module(f"{package}.{folder}")
    if name.endswith("_FeedbackMessage"):
        return getattr(module, name.removesuffix("_FeedbackMessage")).Impl.FeedbackMessage
    return getattr(module, name)


def known_class(kind: str, topic: str, where: str) -> Any:
    """The class of the type of a topic that a user names; ConfigError in one sentence where it is not installed."""
    package, _, name = kind.split("/")
    try:
        return message_class(kind)
    except ModuleNotFoundError:
        raise ConfigError(
            f"{where}: topic {topic} is of type {kind}, and the ROS package '{package}' is not installed here; install "
            "it, or source the workspace that has it"
        ) from None
    except AttributeError:
        module = import_module(f"{package}.msg")
        names = sorted(entry for entry in vars(module) if entry[0].isupper())
        raise ConfigError(
            f"{where}: topic {topic} is of type {kind}, and the ROS package '{package}' has no message '{name}'; it "
            f"has {', '.join(names[:12])}{', ...' if len(names) > 12 else ''}"
        ) from None
