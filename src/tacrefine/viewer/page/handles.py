"""What viser's own types do not let through."""

from __future__ import annotations

from typing import Any


def set_value(handle: Any, value: Any) -> None:
    """Give an input of the page a value, in every browser."""
    handle.value = value
