"""Message classes by name."""

from __future__ import annotations

from importlib import import_module
from typing import Any


def message_class(kind: str) -> Any:
    """The class of a message by its full name, 'package/msg/Name' or an action's 'Name_FeedbackMessage'."""
    package, folder, name = kind.split("/")
    module = import_module(f"{package}.{folder}")
    if name.endswith("_FeedbackMessage"):
        return getattr(module, name.removesuffix("_FeedbackMessage")).Impl.FeedbackMessage
    return getattr(module, name)
