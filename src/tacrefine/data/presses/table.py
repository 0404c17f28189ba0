"""Reads a table as named columns of numbers: CSV, NPZ or Parquet."""

from __future__ import annotations

import csv
import fnmatch
import io
import re
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tacrefine.documents import did_you_mean, quoted, read_text
from tacrefine.errors import DataError

KINDS = (".csv", ".npz", ".parquet")
MOST_BYTES = 4 * 2**30
_PART = re.compile(r"(.+)\[(\d{1,6})\]")


class Table:
    """Columns of equal length. Two-dimensional arrays have columns named `array[0]`, `array[1]`, ..."""

    def __init__(self, path: Path, columns: Mapping[str, NDArray[Any]]) -> None:
        self.path, self.columns = path, columns

    def __contains__(self, name: str) -> bool:
        return bool(self._matching(name))

    def names(self, wanted: Sequence[str]) -> list[str]:
        """The columns that these names and patterns stand for; DataError where one stands for none."""
        found = []
        for name in wanted:
            some = self._matching(name)
            if not some:
                known = list(self.columns)
                shown = ", ".join(known[:12]) + (", ..." if len(known) > 12 else "")
                raise DataError(
                    f"{self.path}: has no column '{quoted(name)}'{did_you_mean(name, known)}; "
                    f"it has {quoted(shown, 400)}."
                )
            found += some
        return found

    def numbers(self, names: Sequence[str]) -> NDArray[np.float64]:
        """These columns ``(rows, columns)``; DataError where they are no numbers or their lengths differ."""
        arrays = []
        for name in names:
            array = self.columns[name]
            try:
                arrays.append(np.asarray(array, np.float64))
            except (TypeError, ValueError) as error:
                raise DataError(
                    f"{self.path}: column '{quoted(name)}' holds something else than numbers ({quoted(error)})."
                ) from error
            if len(array) != len(arrays[0]):
                raise DataError(
                    f"{self.path}: column '{quoted(name)}' has {len(array)} rows, '{quoted(names[0])}' has "
                    f"{len(arrays[0])}."
                )
        return np.stack(arrays, axis=1)

    def _matching(self, name: str) -> list[str]:
        if name in self.columns:
            return [name]
        parts = [(int(m[2]), c) for c in self.columns if (m := _PART.fullmatch(c)) and m[1] == name]
        if parts:
            return [column for _, column in sorted(parts)]
        return [column for column in self.columns if "*" in name and fnmatch.fnmatchcase(column, name)]


def read_table(path: Path) -> Table:
    """Read a .csv, .npz or .parquet file or the folder of a LeRobotDataset; DataError where it cannot."""
    if (path / "meta" / "info.json").is_file():
        return Table(path, _lerobot(path))
    kind = path.suffix.lower()
    if kind not in KINDS:
        raise DataError(f"{path}: is no table that can be read; allowed are {', '.join(KINDS)}.")
    if not path.is_file():
        raise DataError(f"{path}: no such file.")
    if path.stat().st_size > MOST_BYTES:
        raise DataError(f"{path}: has {path.stat().st_size} bytes; allowed are {MOST_BYTES}.")
    columns = {".csv": _csv, ".npz": _npz, ".parquet": _parquet}[kind](path)
    if not columns:
        raise DataError(f"{path}: holds no columns.")
    return Table(path, columns)


def _csv(path: Path) -> dict[str, NDArray[Any]]:
    """The first row has the names; empty cells are NaN."""
    text = read_text(path, DataError, MOST_BYTES).removeprefix("\ufeff")
    try:
        dialect: Any = csv.Sniffer().sniff(text[:8192].partition("\n")[0], delimiters=",;\t")
    except csv.Error:
        dialect = csv.excel
    rows = [row for row in csv.reader(io.StringIO(text), dialect) if row]
    if not rows:
        raise DataError(f"{path}: is empty; the first row must have the names of the columns.")
    names = [name.strip() for name in rows[0]]
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise DataError(f"{path}: column '{quoted(twice)}' is there twice; names must differ.")
    for number, row in enumerate(rows[1:], 2):
        if len(row) != len(names):
            raise DataError(f"{path}: row {number} has {len(row)} cells, the first row has {len(names)}.")
    return {name: _parsed([row[i].strip() for row in rows[1:]]) for i, name in enumerate(names)}


def _parsed(cells: list[str]) -> NDArray[Any]:
    try:
        return np.array([float(cell) if cell else np.nan for cell in cells], np.float64)
    except ValueError:
        return np.array(cells, object)


def _npz(path: Path) -> dict[str, NDArray[Any]]:
    columns: dict[str, NDArray[Any]] = {}
    try:
        with np.load(path, allow_pickle=False) as stored:
            for name in stored.files:
                array = stored[name]
                if array.ndim == 1:
                    columns[name] = array
                elif array.ndim > 1:
                    flat = array.reshape(len(array), -1)
                    columns |= {f"{name}[{i}]": flat[:, i] for i in range(flat.shape[1])}
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise DataError(f"{path}: not a readable NPZ file ({quoted(error)}).") from error
    return columns


def _lerobot(path: Path) -> dict[str, NDArray[Any]]:
    """All frames of a LeRobotDataset, its images left out."""
    parts = [_parquet(file) for file in sorted((path / "data").glob("*/*.parquet"))]
    if not parts:
        raise DataError(f"{path}: a LeRobotDataset without any file in data/.")
    try:
        return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    except KeyError as error:
        raise DataError(f"{path}: not all files in data/ have the column {error}.") from error


def _parquet(path: Path) -> dict[str, NDArray[Any]]:
    import pyarrow
    import pyarrow.parquet

    columns: dict[str, NDArray[Any]] = {}
    try:
        table = pyarrow.parquet.read_table(path)
        for name in table.column_names:
            column = table.column(name).combine_chunks()
            if pyarrow.types.is_list(column.type) or pyarrow.types.is_fixed_size_list(column.type):
                flat = np.array(column.to_pylist(), np.float64).reshape(len(column), -1)
                columns |= {f"{name}[{i}]": flat[:, i] for i in range(flat.shape[1])}
            elif not pyarrow.types.is_struct(column.type):
                columns[name] = column.to_numpy(zero_copy_only=False)
    except (OSError, ValueError, IndexError, pyarrow.ArrowException) as error:
        raise DataError(f"{path}: not a readable Parquet file ({quoted(error)}).") from error
    return columns
