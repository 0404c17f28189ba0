"""Spares work for things that stay as they are: a robot that stands still has the same pose in every reading."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

Value = TypeVar("Value")
Made = TypeVar("Made")


class Remembered(Generic[Value, Made]):
    """Calls `make` for each new object, and hands out what it made last while the very same object comes again."""

    def __init__(self, make: Callable[[Value], Made]) -> None:
        self._make = make
        self._last: tuple[Value, Made] | None = None

    def __call__(self, value: Value) -> Made:
        """What `make` made of this object."""
        if self._last is None or self._last[0] is not value:
            self._last = value, self._make(value)
        return self._last[1]
