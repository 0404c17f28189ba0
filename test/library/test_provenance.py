"""Figures say where they come from."""

import re
from pathlib import Path

import pytest

from tacrefine import provenance


@pytest.mark.parametrize(
    ("argv", "told"),
    [
        (["/opt/venv/bin/tacrefine", "evaluate", "--plant", "my hard"], "tacrefine evaluate --plant 'my hard'"),
        (["/opt/tacrefine/__main__.py", "demo"], "tacrefine demo"),
        (["/home/me/ws/benchmarks/pose_bound.py", "--pairs", "3"], "python benchmarks/pose_bound.py --pairs 3"),
    ],
)  # fmt: skip
def test_the_command_is_what_a_user_types_in_the_checkout(
    argv: list[str], told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.argv", argv)
    assert provenance.command() == told


def test_the_machine_is_told_by_cores_and_processor() -> None:
    assert re.fullmatch(r"\d+ cores? of .+, \w+", provenance.machine())


def test_an_unreadable_processor_is_no_reason_to_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(provenance, "CPU_INFO", Path("/nowhere"))
    monkeypatch.setattr("platform.machine", lambda: "")
    assert "an unknown processor" in provenance.machine()


def test_the_day_is_in_figures_that_sort() -> None:
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", provenance.provenance()["date"])
