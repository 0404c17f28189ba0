"""One table for every parameter: its type, unit, default, bounds and meaning stand beside its name.

A group of parameters is a frozen dataclass whose fields are made by `parameter(...)`. Nodes declare
ROS parameters from it, the bringup checks names and values against it, and plain code just uses it.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from tacrefine.documents import did_you_mean, quoted
from tacrefine.errors import ConfigError

Group = TypeVar("Group")
WORDS = {bool: "true or false", int: "a whole number", float: "a number", str: "text"}
"""what a value of a type is called in a sentence"""


@dataclass(frozen=True)
class Spec:
    """What is known of one parameter. `low` and `high` are inclusive bounds; `unit` is '' for pure numbers."""

    name: str
    default: Any
    unit: str
    description: str
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()

    @property
    def kind(self) -> type:
        """The Python type of the value: bool, int, float or str."""
        return type(self.default)


def parameter(
    default: Any,
    unit: str,
    description: str,
    *,
    low: float | None = None,
    high: float | None = None,
    choices: tuple[str, ...] = (),
) -> Any:
    """A dataclass field that carries its own documentation."""
    extra = {
        "unit": unit,
        "description": description,
        "low": low,
        "high": high,
        "choices": choices,
    }
    return dataclasses.field(default=default, metadata={"tacrefine": extra})


def specs(group: type) -> dict[str, Spec]:
    """The table of a group, in the order of its fields."""
    return {
        field.name: Spec(field.name, field.default, **field.metadata["tacrefine"])
        for field in dataclasses.fields(group)
        if "tacrefine" in field.metadata
    }


def check(spec: Spec, value: Any) -> Any:
    """The value in the parameter's type.

    Raises ConfigError in one sentence when type, bounds or choice do not fit.
    """
    where = f"parameter {spec.name!r}"
    if spec.kind is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if type(value) is not spec.kind:
        raise ConfigError(f"{where} must be {WORDS[spec.kind]}, not {quoted(repr(value))}")
    if spec.choices and value not in spec.choices:
        raise ConfigError(f"{where} must be one of {', '.join(spec.choices)}, not {quoted(repr(value))}")
    if isinstance(value, int | float) and spec.kind is not bool:
        low = -math.inf if spec.low is None else spec.low
        high = math.inf if spec.high is None else spec.high
        if not low <= value <= high:
            unit = f" {spec.unit}" if spec.unit else ""
            raise ConfigError(
                f"{where} must lie between {low:g} and {high:g}{unit}, not {quoted(repr(value))}"
            )
    return value


def build(group: type[Group], values: Mapping[str, Any], where: str = "") -> Group:
    """The group filled with `values`, defaults elsewhere; unknown names and bad values raise ConfigError.

    `where` names the file that the values come from, for the sentence.
    """
    table, source = specs(group), f"{where}: " if where else ""
    unknown = sorted((name for name in values if name not in table), key=str)
    if unknown:
        raise ConfigError(
            f"{source}unknown parameter {quoted(unknown[0])!r}; allowed are {', '.join(sorted(table))}"
            f"{did_you_mean(unknown[0], table)}"
        )
    try:
        return group(**{name: check(table[name], value) for name, value in values.items()})
    except ConfigError as error:
        raise ConfigError(f"{source}{error}") from error
