"""Names in code style on a page (parameters, fields, codes, modules, files) exist in the repository."""

import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted((ROOT / "docs").rglob("*.md"))
SOURCES = (
    "src",
    "config",
    "msg",
    "srv",
    "action",
    "launch",
    "benchmarks",
    "examples",
    "scripts",
    "test",
    "cmake",
)
KINDS = (".py", ".yaml", ".msg", ".srv", ".action", ".sh", ".xml", ".cmake", ".json")
NAME = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:_[A-Za-z0-9]+)+|\b(?:[A-Z][a-z0-9]+){2,}\b")
OF_OTHERS = {
    "cartesian_motion_controller",  # of cartesian_controllers
    "robot_base_link",
    "base_link",
    "incoming_command_timeout",  # of MoveIt Servo
    "servo_node",
    "moveit_msgs",
    "my_arm",  # of the reader
    "NAME_x",
    "NAME_y",
}


@cache
def known() -> frozenset[str]:
    """Every name in the sources, and the name of every file."""
    names = set(OF_OTHERS)
    for folder in SOURCES:
        for path in (ROOT / folder).rglob("*"):
            names.update(NAME.findall(path.name))
            if path.suffix in KINDS and "docs" not in path.relative_to(ROOT).parts:
                names.update(NAME.findall(path.read_text(encoding="utf-8", errors="replace")))
    names.update(
        name for path in (ROOT / "results").iterdir() for name in NAME.findall(path.read_text("utf-8"))
    )
    names.update(name for path in ROOT.rglob("results/*.json") for name in NAME.findall(path.name))
    return frozenset(names)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_name_in_code_style_exists(page: Path) -> None:
    text = re.sub(r"<!--.*?-->|^```.*?^```", "", page.read_text("utf-8"), flags=re.DOTALL | re.MULTILINE)
    spans = re.findall(r"(?<!`)`([^`\n]+)`(?!`)", text)
    names = {
        name for span in spans if "…" not in span for name in re.findall(rf"(?:{NAME.pattern})(?:_\*)?", span)
    }
    beginnings = {name.removesuffix("*") for name in names if name.endswith("*")}
    unknown = {name for name in names if not name.endswith("*")} - known()
    unknown |= {start for start in beginnings if not any(name.startswith(start) for name in known())}
    assert not unknown
