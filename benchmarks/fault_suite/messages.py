"""What can go wrong with a stream: each fault takes one message and gives those that arrive in its place."""

from __future__ import annotations

import copy
from array import array
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

Fault = Callable[[Any], Sequence[Any]]
SECOND = 1_000_000_000


def passed(message: Any) -> Sequence[Any]:
    """No fault."""
    return (message,)


def stopped(_message: Any) -> Sequence[Any]:
    """Nothing arrives."""
    return ()


def shifted(seconds: float) -> Fault:
    """Stamps lie so far ahead, or behind where negative."""

    def fault(message: Any) -> Sequence[Any]:
        _shift(message, seconds)
        return (message,)

    return fault


def frozen() -> Fault:
    """The first message again and again, with the stamps of those that it stands for."""
    kept: list[Any] = []

    def fault(message: Any) -> Sequence[Any]:
        kept[:] = kept or [copy.deepcopy(message)]
        again = copy.deepcopy(kept[0])
        again.header = message.header
        return (again,)

    return fault


def same_stamp() -> Fault:
    """Fresh contents, but all with the stamp of the first message."""
    kept: list[Any] = []

    def fault(message: Any) -> Sequence[Any]:
        kept[:] = kept or [copy.deepcopy(message.header.stamp)]
        message.header.stamp = kept[0]
        return (message,)

    return fault


def every_other() -> Fault:
    """Half of them."""
    count = [0]

    def fault(message: Any) -> Sequence[Any]:
        count[0] += 1
        return (message,) if count[0] % 2 else ()

    return fault


def repeated(times: int) -> Fault:
    """Every message so many times."""
    return lambda message: (message,) * times


def swapped() -> Fault:
    """Two and two in the wrong order."""
    kept: list[Any] = []

    def fault(message: Any) -> Sequence[Any]:
        if not kept:
            kept.append(message)
            return ()
        return (message, kept.pop())

    return fault


def taxels(change: Callable[[np.ndarray], np.ndarray], only: str = "") -> Fault:
    """Every pad's readings through `change`, or those of one pad."""

    def fault(message: Any) -> Sequence[Any]:
        for pad in message.pads:
            if only in ("", pad.name):
                readings = change(np.array(pad.data, np.float32))
                pad.data = array("f", np.asarray(readings, "<f4").tobytes())
        return (message,)

    return fault


def unknown_pad(message: Any) -> Sequence[Any]:
    """The first pad has a name that the hand does not know."""
    message.pads[0].name = "sixth_tip"
    return (message,)


def no_pads(message: Any) -> Sequence[Any]:
    """An array without pads."""
    message.pads = []
    return (message,)


def frozen_pad(name: str) -> Fault:
    """One pad shows its first readings for ever."""
    kept: list[Any] = []

    def fault(message: Any) -> Sequence[Any]:
        for pad in message.pads:
            if pad.name == name:
                kept[:] = kept or [pad.data]
                pad.data = kept[0]
        return (message,)

    return fault


def position(change: Callable[[Any], None]) -> Fault:
    """A wrist pose whose position or orientation is changed in place."""

    def fault(message: Any) -> Sequence[Any]:
        change(message.pose)
        return (message,)

    return fault


def joints(value: float) -> Fault:
    """The first joint shows this."""

    def fault(message: Any) -> Sequence[Any]:
        message.position[0] = value
        return (message,)

    return fault


def _shift(message: Any, seconds: float) -> None:
    stamp = message.clock if hasattr(message, "clock") else message.header.stamp
    total = max(0, stamp.sec * SECOND + stamp.nanosec + round(seconds * SECOND))
    stamp.sec, stamp.nanosec = total // SECOND, total % SECOND
