"""The tables of renames in CHANGELOG.md name what exists today."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tacrefine.bringup.registry import NODES
from tacrefine.parameters import specs

ROOT = Path(__file__).parents[2]
ROWS = [
    tuple(cell.strip() for cell in line.split("|")[1:4])
    for line in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8").splitlines()
    if line.startswith("|")
]
NEW = [row[1] if row[0].startswith(("`", ".")) or "(" in row[0] else row[2] for row in ROWS]
"""the middle column of the tables of Python, the third of the other"""
NAMES = sorted({name for cell in NEW for name in re.findall(r"`(tacrefine(?:\.\w+)+)`", cell)})


def is_there(name: str) -> bool:
    """Whether a package, a module or a name in one exists, without importing it: some need ROS."""
    parts = name.split(".")
    for length in range(len(parts), 0, -1):
        base = ROOT.joinpath("src", *parts[:length])
        module = base.with_suffix(".py") if base.with_suffix(".py").exists() else base / "__init__.py"
        if module.exists():
            rest = parts[length:]
            return not rest or (
                len(rest) == 1 and re.search(rf"\b{rest[0]}\b", module.read_text()) is not None
            )
    return False


@pytest.mark.parametrize("name", NAMES)
def test_a_new_python_name_is_there(name: str) -> None:
    assert is_there(name)


def test_an_old_module_of_a_row_is_gone() -> None:
    modules = [match[1] for row in ROWS if (match := re.match(r"`(tacrefine(?:\.\w+)+)`", row[0]))]
    assert len(modules) > 30
    assert [name for name in modules if name in NAMES] == []


def test_a_new_parameter_belongs_to_a_node() -> None:
    known = {name for entry in NODES.values() for name in specs(entry.parameters)}
    new = {
        name
        for kind, _, names in ROWS
        if kind == "parameter"
        for name in re.findall(r"`([a-z]\w*_\w+)`", names.split("(")[0])
    }
    assert new - known - set(NODES) == set()
    assert len(new) > 10
