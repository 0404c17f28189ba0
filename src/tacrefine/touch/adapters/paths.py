"""Fields of a message by path: `fingers[*].taxels[*].z`, `data[0:99]`, `data[2::3]`, `sensors[sensor_pos=1].forces`.

Names follow each other with dots. In brackets stands what of a sequence is meant: `*` all of it, a number one element
(negative: from the end), `a:b:c` a part as in Python, `field=value` the elements whose field has that value.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tacrefine.documents import quoted
from tacrefine.errors import TouchError

PART = re.compile(r"([A-Za-z_]\w*)((?:\[[^\[\]]*\])*)")
INDEX = re.compile(r"-?\d+")
SLICE = re.compile(r"(-?\d*):(-?\d*)(?::(-?\d*))?")
MATCH = re.compile(r"([A-Za-z_]\w*)\s*=\s*(.+)")
SHOWN = 12
"""fields that a sentence repeats"""
FORM = "a path is like thumb.tip, data[0:99], fingers[*].taxels[*].z or sensors[sensor_pos=1].forces[*].z"

Step = str | int | slice | tuple[str, str]


class FieldPath:
    """A path that was parsed; ValueError in half a sentence where it is none."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._steps = tuple(_parse(text))

    def value(self, message: Any) -> Any:
        """The one thing at this place; TouchError in half a sentence where there is none, or more than one."""
        found = self._leaves(message)
        if len(found) != 1:
            raise TouchError(f"field '{self.text}' stands for {len(found)} values, not for one")
        return found[0]

    def numbers(self, message: Any) -> NDArray[np.float32]:
        """All numbers at this place, one after the other ``(N,)``; TouchError in half a sentence where it has none."""
        leaves = self._leaves(message)
        try:
            if len(leaves) == 1:
                return np.asarray(leaves[0], np.float32).reshape(-1)
            if leaves and not isinstance(leaves[0], int | float):
                return np.concatenate([np.asarray(leaf, np.float32).reshape(-1) for leaf in leaves])
            return np.array(leaves, np.float32)
        except (TypeError, ValueError):
            first = leaves[0][0] if isinstance(leaves[0], list | tuple) and leaves[0] else leaves[0]
            inside = fields_of(first)
            what = f"a message with {_shown(inside)}" if inside else f"'{quoted(leaves[0], 40)}'"
            raise TouchError(f"field '{self.text}' holds {what}, not numbers") from None

    def _leaves(self, message: Any) -> list[Any]:
        found: list[Any] = [message]
        last = len(self._steps) - 1
        for number, step in enumerate(self._steps):
            try:
                if isinstance(step, str):
                    found = [getattr(each, step) for each in found]
                elif isinstance(step, int):
                    found = [each[step] for each in found]
                elif isinstance(step, slice):
                    parts = [each[step] for each in found]
                    # Numbers stay arrays; only messages have to be walked through one by one.
                    found = parts if number == last else [element for part in parts for element in part]
                else:
                    field, value = step
                    found = [e for each in found for e in each if str(getattr(e, field)) == value]
            except AttributeError:
                raise TouchError(self._missing(found, step)) from None
            except (IndexError, TypeError, KeyError):
                raise TouchError(self._no_sequence(found, step)) from None
        return found

    def _missing(self, found: Sequence[Any], step: Step) -> str:
        name = step if isinstance(step, str) else step[0] if isinstance(step, tuple) else str(step)
        owner = next((each for each in found if not hasattr(each, name)), found[0])
        inside = fields_of(owner)
        there = (
            f"it has {_shown(inside)}" if inside else f"there is {type(owner).__name__}, which has no fields"
        )
        return f"field '{self.text}': there is no '{name}'; {there}"

    def _no_sequence(self, found: Sequence[Any], step: Step) -> str:
        for each in found:
            try:
                count = len(each)
            except TypeError:
                return (
                    f"field '{self.text}': {type(each).__name__} is no sequence of which a part can be taken"
                )
            if isinstance(step, int) and not -count <= step < count:
                return f"field '{self.text}': element {step} is not there, the sequence has {count}"
        return f"field '{self.text}': no such part"


def fields_of(message: Any) -> tuple[str, ...]:
    """Names of a message's fields, as rclpy, `rosbags` or a plain object has them; () where it is no message."""
    described = getattr(message, "get_fields_and_field_types", None)
    if described is not None:
        return tuple(described())
    if is_dataclass(message):
        return tuple(field.name for field in fields(message) if not field.name.startswith("__"))
    return tuple(vars(message)) if hasattr(message, "__dict__") else ()


def _shown(names: Sequence[str]) -> str:
    return ", ".join(names[:SHOWN]) + (", ..." if len(names) > SHOWN else "")


def _parse(text: str) -> list[Step]:
    steps: list[Step] = []
    for part in _split(text):
        matched = PART.fullmatch(part.strip())
        if matched is None:
            raise ValueError(f"'{quoted(text)}' is no path; {FORM}")
        name, selectors = matched.groups()
        steps.append(name)
        steps += [_selector(selector, text) for selector in re.findall(r"\[([^\[\]]*)\]", selectors)]
    return steps


def _split(text: str) -> list[str]:
    """The parts between dots that stand outside of brackets."""
    return re.split(r"\.(?![^\[]*\])", text)


def _selector(text: str, whole: str) -> Step:
    text = text.strip()
    if text == "*":
        return slice(None)
    if INDEX.fullmatch(text):
        return int(text)
    if matched := SLICE.fullmatch(text):
        bounds = [int(part) if part else None for part in matched.groups()]
        if bounds[2] == 0:
            raise ValueError(f"'{quoted(whole)}' takes steps of 0")
        return slice(*bounds)
    if matched := MATCH.fullmatch(text):
        return matched[1], matched[2].strip().strip("'\"")
    raise ValueError(f"'{quoted(whole)}' has [{quoted(text)}], which selects nothing; {FORM}")
