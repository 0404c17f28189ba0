"""Numbers inside a message: by which path, how many, and of what size they are."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from tacrefine.errors import TouchError
from tacrefine.touch.adapters.paths import FieldPath, fields_of

DEEPEST = 6
MOST_ELEMENTS = 64
"""of a list of messages that are looked at one by one"""


class Numbers(NamedTuple):
    """A place in a message with numbers."""

    path: str
    length: int
    unit: str
    """what they may mean: counts, newton or normalized"""


def numbers_in(message: Any) -> list[Numbers]:
    """Every sequence of numbers in a message, those inside of lists of messages as one and element by element."""
    found = []
    for path in dict.fromkeys(_paths(message, "", 0)):
        try:
            values = FieldPath(path).numbers(message)
        except TouchError:
            continue
        if len(values) > 1:
            found.append(Numbers(path, len(values), _unit(values)))
    return found


def words_of(name: str) -> set[str]:
    """The words of a name, for comparing pads with fields and topics."""
    return {word for word in re.split(r"[^a-z]+", name.lower()) if len(word) > 2}


def _unit(values: np.ndarray) -> str:
    whole = np.array_equal(values, np.round(values))
    if whole and np.abs(values).max() > 1.0:
        return "counts"
    return "normalized" if values.min() >= -0.1 and values.max() <= 1.0 else "newton"


def _paths(message: Any, prefix: str, depth: int) -> Iterator[str]:
    if depth > DEEPEST:
        return
    for name in fields_of(message):
        value = getattr(message, name)
        path = f"{prefix}{name}"
        if name in ("header", "layout") or isinstance(value, str | bytes):
            continue
        if fields_of(value) and not _is_numeric(value):
            yield from _paths(value, f"{path}.", depth + 1)
        elif isinstance(value, list | tuple) and value and fields_of(value[0]):
            yield from _elements(value, path, depth)
        elif _is_numeric(value):
            yield path


def _elements(value: Sequence[Any], path: str, depth: int) -> Iterator[str]:
    """Of a list of messages: the numbers of all elements together, and those of each."""
    for inner in _leaves(value[0], depth + 1):
        yield f"{path}[*].{inner}"
        for number in range(min(len(value), MOST_ELEMENTS)):
            yield f"{path}[{number}].{inner}"


def _leaves(element: Any, depth: int) -> Iterator[str]:
    """Paths below an element of a list, single numbers included."""
    if depth > DEEPEST:
        return
    for name in fields_of(element):
        value = getattr(element, name)
        if name in ("header", "layout") or isinstance(value, str | bytes | bool):
            continue
        if isinstance(value, int | float) or _is_numeric(value):
            yield name
        elif isinstance(value, list | tuple) and value and fields_of(value[0]):
            for inner in _leaves(value[0], depth + 1):
                yield f"{name}[*].{inner}"
        elif fields_of(value):
            for inner in _leaves(value, depth + 1):
                yield f"{name}.{inner}"


def _is_numeric(value: Any) -> bool:
    if isinstance(value, np.ndarray):
        return value.dtype.kind in "iuf"
    if isinstance(value, list | tuple):
        return bool(value) and isinstance(value[0], int | float) and not isinstance(value[0], bool)
    return hasattr(value, "typecode") and len(value) > 0
