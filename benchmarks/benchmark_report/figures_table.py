"""Tables of any numbers of any JSON files, for `benchmark_report.tables`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tacrefine.errors import DataError
from tacrefine.report.words import NOTHING, number, percent

PERCENT = "%"
EACH = "*"


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
        for label, content in _contents(place, str(words), results):
            cells = [_cell(_look(content, keys, place), str(head)) for keys, head in columns.items()]
            lines.append(_line([label, *cells]))
    return "\n".join(lines)


def _contents(place: str, words: str, results: Path) -> list[tuple[str, Any]]:
    """What a row of a block is about, with its label; several where it ends with a star."""
    file, _, inside = place.partition(" ")
    whole = _read(results / file)
    if not inside.endswith(EACH):
        return [(words, _look(whole, inside, file) if inside else whole)]
    found = _look(whole, inside.removesuffix(EACH).removesuffix("."), file)
    named = found.items() if isinstance(found, dict) else enumerate(found)
    return [(words.replace("{}", str(name).replace("_", " ")), content) for name, content in named]


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
