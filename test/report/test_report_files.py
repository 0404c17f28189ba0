"""Which files a report takes, which it refuses and how it says so."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from made_up import CONTENTS

from tacrefine.cli import EXIT_BAD_INPUT, main
from tacrefine.report.files import find, kind_of
from tacrefine.report.kinds import KINDS

Write = Callable[[str, Any], Path]


def refusal(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> str:
    """What the command says when it refuses its files; one sentence, and no page is written."""
    assert main(["report", "--no-gallery", *map(str, arguments)]) == EXIT_BAD_INPUT
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert said.startswith("tacrefine report: ")
    assert not Path("out").exists()
    return said


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")


def test_every_kind_is_known_by_its_content_whatever_its_name(one_of_each: dict[str, Path]) -> None:
    kinds = [kind_of(json.loads(path.read_text()), KINDS) for path in one_of_each.values()]
    assert kinds == list(KINDS)


def test_a_file_of_another_kind_is_refused_and_the_known_ones_are_told(
    write: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write("card", {"format": 1, "name": "five_finger"})
    said = refusal(capsys, path)
    assert str(path) in said
    assert "tacrefine evaluate" in said
    assert "tacrefine demo" in said


@pytest.mark.parametrize("text", ["{", "", "not json", '{"a": 1,}', "\x00"])
def test_a_broken_file_is_refused_by_name(
    text: str, write: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write("broken", text)
    assert f"{path}: not valid JSON" in refusal(capsys, path)


@pytest.mark.parametrize("content", [[], 3, None, "evaluate"])
def test_json_that_is_no_mapping_is_refused(
    content: Any, write: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write("odd", json.dumps(content))
    assert "not a file that a report can draw" in refusal(capsys, path)


def test_a_missing_file_is_refused_by_name(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "nowhere: cannot be read" in refusal(capsys, tmp_path / "nowhere")


def test_a_missing_figure_is_named_with_its_file(
    one_of_each: dict[str, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    path = one_of_each["evaluate"]
    content = json.loads(path.read_text())
    del content["all"]["median_mm"]
    path.write_text(json.dumps(content))
    said = refusal(capsys, path)
    assert re.search(r"evaluate\.json: .*'tacrefine evaluate'.*'all\.median_mm' is missing", said)


def test_a_success_above_one_is_refused(
    one_of_each: dict[str, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    path = one_of_each["evaluate"]
    path.write_text(path.read_text().replace('"success_5deg_5mm": 0.9', '"success_5deg_5mm": 90.0'))
    assert "success_5deg_5mm" in refusal(capsys, path)


def test_without_files_those_of_results_are_taken(one_of_each: dict[str, Path], tmp_path: Path) -> None:
    (tmp_path / "here/results").symlink_to(tmp_path)
    assert len(find([], KINDS).files) == len(one_of_each)


def test_without_any_file_the_command_that_makes_one_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    Path("results").mkdir()
    said = refusal(capsys)
    assert "results/: no JSON file here" in said
    assert "tacrefine evaluate --json results/evaluate.json" in said


def test_a_strange_file_in_a_folder_is_left_out_and_told(
    write: Write, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write("demo", CONTENTS["demo"]())
    write("strange", {"what": 1})
    assert main(["report", "--no-gallery", str(tmp_path), "--out", "page.html"]) == 0
    assert "strange.json: left out" in capsys.readouterr().err
    assert "strange.json" in Path("page.html").read_text()


def test_a_file_given_twice_is_drawn_once(one_of_each: dict[str, Path], tmp_path: Path) -> None:
    assert len(find([one_of_each["demo"], tmp_path], KINDS).files) == len(one_of_each)
