"""What a YAML file says about a table of labelled presses: which columns are touch, and which say where it was."""

from __future__ import annotations

import os
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from tacrefine.config import Description, Name, Position, load_yaml
from tacrefine.data.presses.units import UNITS

MOST_COORDINATES = 6
MOST_COLUMNS = 4096
Number = Annotated[float, Field(ge=-1e9, le=1e9)]
Positive = Annotated[float, Field(gt=0, le=1e9)]
Column = Annotated[str, Field(min_length=1, max_length=200)]


def _many(value: object) -> object:
    """A single name or a list of them."""
    return (value,) if isinstance(value, str) else tuple(value) if isinstance(value, list) else value


Columns = Annotated[tuple[Column, ...], BeforeValidator(_many), Field(min_length=1, max_length=MOST_COLUMNS)]
"""names; `channels[3]` is a column of an array, `channels` or `taxel_*` stand for several"""


class TaxelColumns(Description):
    """The tactile part of a row. A reading becomes ``sign * (value - rest) / full_scale``."""

    columns: Columns
    """all components of the first taxel, then of the second, and so on"""
    components: Literal[1, 3] = 1
    """force or field components of each taxel: 1, or 3 (normal and two tangential, or x, y, z of a magnetometer)"""
    places: tuple[Position, ...] = ()
    """m, of each taxel in the sensor's frame; optional"""
    rest: Number | tuple[Number, ...] = 0.0
    """what a column reads when nothing touches, in its own unit: one number for all, or one for each column"""
    sign: Literal[1, -1] = 1
    """-1 where a press makes the value smaller"""
    full_scale: Positive | tuple[Positive, ...] = 1.0
    """value that becomes 1, in the columns' unit: one number for all, or one for each column"""


class CoordinateColumn(Description):
    """One measured coordinate: place, angle or force."""

    name: Name
    column: Column
    unit: str
    """one of m, cm, mm, um, rad, deg, N, mN, gf, kgf, Nm, step"""
    lag: Annotated[float, Field(ge=-1000, le=1000)] = 0.0
    """rows by which this column comes later than the readings, where its instrument is slower; may be a fraction"""
    missing: Number | None = None
    """value that says that nothing was measured; such rows are left out"""

    @model_validator(mode="after")
    def _known_unit(self) -> Self:
        if self.unit not in UNITS:
            raise ValueError(f"unit must be one of {', '.join(UNITS)}, found '{self.unit[:40]}'")
        return self


class TableDescription(Description):
    """One kind of table."""

    name: Name
    taxels: TaxelColumns
    coordinates: tuple[CoordinateColumn, ...] = Field(min_length=1, max_length=MOST_COORDINATES)
    context: Annotated[tuple[Column, ...], BeforeValidator(_many)] = ()
    """further columns that the network is shown: joint positions, temperature, which sensor it is"""
    group_by: Annotated[tuple[Column, ...], BeforeValidator(_many)] = ()
    """columns whose values say which rows belong together (one pass, one session): pairs are made within a group"""
    group_rows: int | None = Field(default=None, ge=2, le=10**9)
    """so many rows in a row belong together; instead of `group_by`"""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        names = [coordinate.name for coordinate in self.coordinates]
        if twice := next((name for name in names if names.count(name) > 1), None):
            raise ValueError(f"coordinates must have names of their own, '{twice}' is there twice")
        if self.group_by and self.group_rows is not None:
            raise ValueError("give group_by or group_rows, not both")
        return self

    @property
    def units(self) -> tuple[str, ...]:
        """SI unit of each coordinate."""
        return tuple(UNITS[coordinate.unit][0] for coordinate in self.coordinates)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the coordinates, in the file's order."""
        return tuple(coordinate.name for coordinate in self.coordinates)


def load_table_description(path: str | os.PathLike[str]) -> TableDescription:
    """Read a table description; ConfigError with one sentence that names file and key."""
    return load_yaml(path, TableDescription)


def per_column(value: Any, count: int) -> list[float]:
    """One number for each column; ValueError with a phrase where a list has another length."""
    values = list(value) if isinstance(value, tuple) else [value] * count
    if len(values) != count:
        raise ValueError(f"has {len(values)} numbers for {count} columns")
    return [float(one) for one in values]
