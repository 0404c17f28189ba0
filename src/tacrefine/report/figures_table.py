"""Tables of any numbers of any JSON files, for `tacrefine.report.tables`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tacrefine.errors import DataError
from tacrefine.report.words import NOTHING, number, percent

PERCENT = "%"


def figures_table(asked: Mapping[str, Any], page: Path, results: Path) -> str:
    """Markdown of a block `figures`; `asked` has `columns` and `rows`. DataError where a figure is missing."""
    columns, rows = asked.get("columns"), asked.get("rows")
    if not isinstance(columns, dict) or not isinstance(rows, dict):
        raise DataError(
            f"{page}: a block 'figures' needs 'columns: {{KEYS: head}}' and 'rows: {{FILE: words}}'."
        )
    heads = ["", *map(str, columns.values())]
    lines = [_line(heads), _line(["---"] * len(heads))]
    for place, words in rows.items():
        file, _, inside = place.partition(" ")
        content = _look(_read(results / file), inside, file) if inside else _read(results / file)
        cells = [_cell(_look(content, keys, place), str(head)) for keys, head in columns.items()]
        lines.append(_line([str(words), *cells]))
    return "\n".join(lines)


def _cell(value: Any, head: str) -> str:
    if isinstance(value, str):
        return value
    if value is None:
        return NOTHING
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    if PERCENT in head:
        return percent(value)
    if isinstance(value, int):
        return f"{value:,}"
    return number(value) if abs(value) >= 1 else f"{value:.3g}"


def _look(content: Any, keys: str, where: str) -> Any:
    """The value at keys that are parted by dots; numbers count into lists."""
    for key in keys.split("."):
        if (
            isinstance(content, list)
            and key.lstrip("-").isdigit()
            and -len(content) <= int(key) < len(content)
        ):
            content = content[int(key)]
        elif isinstance(content, dict) and key in content:
            content = content[key]
        else:
            raise DataError(f"{where}: has no figure '{keys}'.")
    return content


def _read(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, json.JSONDecodeError) as error:
        raise DataError(f"{path}: cannot be read ({error}).") from error


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"
