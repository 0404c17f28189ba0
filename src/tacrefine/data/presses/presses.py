"""Labelled presses: what a table and its description give."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tacrefine.data.presses.description import TableDescription, per_column
from tacrefine.data.presses.table import Table
from tacrefine.data.presses.units import UNITS
from tacrefine.errors import DataError

FEWEST = 10
"""rows that a dataset needs at least"""


@dataclass(frozen=True, eq=False)
class Presses:
    """n presses of a sensor with T taxels of C components; K coordinates in SI units (`description.units`)."""

    description: TableDescription
    readings: NDArray[np.float32]
    """(n, T * C), rest taken off and divided by full scale"""
    coordinates: NDArray[np.float64]
    """(n, K); NaN where a table to predict has none"""
    groups: NDArray[np.int64]
    """(n,) presses of one group were made together; any two of them make a pair"""
    rows: NDArray[np.int64]
    """(n,) row of the table, from 0"""
    context: NDArray[np.float32]
    """(n, J) further numbers; J may be 0"""
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.readings)

    def take(self, index: NDArray[np.int64] | NDArray[np.bool_]) -> Presses:
        """Return the presses of these rows."""
        return Presses(
            self.description,
            self.readings[index],
            self.coordinates[index],
            self.groups[index],
            self.rows[index],
            self.context[index],
            self.notes,
        )


def presses_of(table: Table, description: TableDescription, labelled: bool = True) -> Presses:
    """The presses of a table; with `labelled` off, coordinates may be missing.

    Raises DataError in one sentence: a column missing, a wrong number of columns, a value that is not finite, a column
    of touch that never changes, too few rows.
    """
    taxels = description.taxels
    names = table.names(taxels.columns)
    raw = table.numbers(names)
    if not len(raw):
        raise DataError(f"{table.path}: has no rows; needed is at least one press.")
    if len(names) % taxels.components:
        raise DataError(
            f"{table.path}: {len(names)} columns of touch are no whole number of taxels with {taxels.components} "
            "components."
        )
    if taxels.places and len(taxels.places) * taxels.components != len(names):
        raise DataError(
            f"{table.path}: {len(names)} columns of touch make {len(names) // taxels.components} taxels, "
            f"'taxels.places' has {len(taxels.places)}."
        )
    try:
        rest = np.array(per_column(taxels.rest, len(names)))
        scale = np.array(per_column(taxels.full_scale, len(names)))
    except ValueError as error:
        raise DataError(f"{table.path}: 'taxels.rest' or 'taxels.full_scale' {error}.") from error
    _finite(table, raw, names)
    context = np.empty((len(raw), 0))
    if description.context:
        further = table.names(description.context)
        context = table.numbers(further)
        if len(context) != len(raw):
            raise DataError(
                f"{table.path}: column '{further[0]}' has {len(context)} rows, touch has {len(raw)}."
            )
        _finite(table, context, further)
    groups = _groups(table, description, len(raw))
    coordinates, kept = _coordinates(table, description, groups, labelled)
    if labelled:
        if kept.sum() < FEWEST:
            raise DataError(
                f"{table.path}: has {int(kept.sum())} labelled rows; needed are at least {FEWEST}."
            )
        constant = np.flatnonzero(np.ptp(raw[kept], axis=0) == 0)
        if len(constant):
            raise DataError(
                f"{table.path}: column '{names[constant[0]]}' never changes; a taxel that says nothing must be left "
                "out of 'taxels.columns'."
            )
    notes = []
    if dropped := int((~kept).sum()):
        notes.append(f"{dropped} of {len(kept)} rows have no label and are left out.")
    readings = (taxels.sign * (raw - rest) / scale).astype(np.float32)
    rows = np.flatnonzero(kept)
    further_numbers = context[rows].astype(np.float32)
    return Presses(
        description, readings[rows], coordinates[rows], groups[rows], rows, further_numbers, tuple(notes)
    )


def _finite(table: Table, values: NDArray[np.float64], names: list[str]) -> None:
    bad = np.argwhere(~np.isfinite(values))
    if len(bad):
        row, column = bad[0]
        raise DataError(
            f"{table.path}: row {row} of column '{names[column]}' is {values[row, column]}; allowed are finite numbers "
            f"({len(bad)} such values)."
        )


def _groups(table: Table, description: TableDescription, count: int) -> NDArray[np.int64]:
    """Number of the group of each row, in the order in which they come."""
    if description.group_rows is not None:
        return np.arange(count) // description.group_rows
    if not description.group_by:
        return np.zeros(count, np.int64)
    columns = [table.columns[name] for name in table.names(description.group_by)]
    if any(len(column) != count for column in columns):
        raise DataError(
            f"{table.path}: a column of 'group_by' has another number of rows than touch ({count})."
        )
    known: dict[tuple[str, ...], int] = {}
    keys = zip(*([str(value) for value in column] for column in columns), strict=True)
    return np.array([known.setdefault(key, len(known)) for key in keys], np.int64)


def _coordinates(
    table: Table, description: TableDescription, groups: NDArray[np.int64], labelled: bool
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Coordinates (n, K) in SI units, and which rows have all of them (every row, where labels are not needed)."""
    count = len(groups)
    values = np.full((count, len(description.coordinates)), np.nan)
    kept = np.ones(count, bool)
    for k, coordinate in enumerate(description.coordinates):
        if not labelled and coordinate.column not in table:
            continue
        names = table.names([coordinate.column])
        if len(names) != 1:
            raise DataError(
                f"{table.path}: coordinate '{coordinate.name}' names {len(names)} columns; give one, like "
                f"{coordinate.column}[0]."
            )
        column = table.numbers(names)[:, 0]
        if len(column) != count:
            raise DataError(f"{table.path}: column '{names[0]}' has {len(column)} rows, touch has {count}.")
        absent = column == coordinate.missing if coordinate.missing is not None else np.zeros(count, bool)
        column = np.where(absent, np.nan, column)
        if labelled:
            _finite(table, np.where(absent, 0.0, column)[:, None], names)
        values[:, k] = UNITS[coordinate.unit][1] * _earlier(column, coordinate.lag, groups)
        kept &= np.isfinite(values[:, k])
    return values, kept if labelled else np.ones(count, bool)


def _earlier(column: NDArray[np.float64], lag: float, groups: NDArray[np.int64]) -> NDArray[np.float64]:
    """The column moved up by `lag` rows within each group, NaN where that is beyond its end."""
    if lag == 0.0:
        return column
    result = np.full(len(column), np.nan)
    for group in np.unique(groups):
        rows = np.flatnonzero(groups == group)
        at = np.arange(len(rows)) + lag
        inside = (at >= 0) & (at <= len(rows) - 1)
        low = np.floor(at[inside]).astype(int)
        high, share = np.minimum(low + 1, len(rows) - 1), at[inside] - low
        here = column[rows]
        result[rows[inside]] = np.where(share == 0.0, here[low], (1 - share) * here[low] + share * here[high])
    return result
