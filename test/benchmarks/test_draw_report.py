"""The report of the benchmarks: the page of `tacrefine report` with further chapters."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import draw_report
import pytest
from benchmark_report.kinds import KINDS
from made_up import BENCHMARKS, CONTENTS, goals
from page_reader import Page

CHAPTERS = {
    "pose_bound": {"bound"},
    "action_server": {"ros"},
    "tactile_models": {"throughput"},
    "finetuning": {"finetuning"},
    "ablations": {"ablations"},
    "tracking": {"tracking"},
    "latency": {"ros"},
    "regrasp_learned": {"regrasp_benchmarks"},
    "regrasp_search": {"regrasp_benchmarks"},
}


@pytest.fixture
def draw(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Page]:
    """Writes contents as files, runs the program on them and reads the page."""

    def page(**contents: Any) -> Page:
        folder = tmp_path / "files"
        folder.mkdir(exist_ok=True)
        for name, content in contents.items():
            (folder / f"{name}.json").write_text(json.dumps(content))
        out = tmp_path / "page.html"
        monkeypatch.setattr("sys.argv", ["draw_report.py", str(folder), "--no-gallery", "--out", str(out)])
        assert draw_report.main() == 0
        return Page(out)

    return page


@pytest.mark.parametrize("name", list(BENCHMARKS))
def test_every_benchmark_has_its_chapter_and_the_others_are_named_with_their_command(
    name: str, draw: Callable[..., Page], capsys: pytest.CaptureFixture[str]
) -> None:
    page = draw(**{name: BENCHMARKS[name]()})
    assert set(page.chapters) == CHAPTERS[name] | {"origins", "missing"}
    said = capsys.readouterr().out
    for kind, other in zip(KINDS, BENCHMARKS, strict=True):
        assert (kind.command in page.text) == (other != name)
        assert (kind.command in said) == (other != name)


def test_a_page_of_everything_shows_the_figures_of_benchmarks_beside_those_of_evaluations(
    draw: Callable[..., Page],
) -> None:
    page = draw(**{name: content() for name, content in (CONTENTS | BENCHMARKS).items()})
    assert set(page.chapters) > set.union(*CHAPTERS.values())
    assert "missing" not in page.chapters
    for told in ("40,000", "20,000 times", "1.30 to 1.43 times the", "17 %", "0.21 mm, 0.34°"):
        assert told in page.text


def test_goals_of_which_none_ended_are_drawn(draw: Callable[..., Page]) -> None:
    none = goals() | {"ended": 0, "runs": [], "mean_steps": None, "codes": {}}
    assert "0 of 3 goals" in draw(goals=none).text


def test_the_command_of_a_file_that_does_not_say_it_is_put_together(draw: Callable[..., Page]) -> None:
    content = {key: value for key, value in BENCHMARKS["pose_bound"]().items() if key != "made"}
    assert "python benchmarks/pose_bound.py --pairs 50 --seed 900" in draw(bound=content).text


def test_a_file_of_no_known_kind_is_refused_in_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "odd.json"
    path.write_text("{}")
    monkeypatch.setattr("sys.argv", ["draw_report.py", str(path)])
    assert draw_report.main() == 2
    assert f"{path}: not a file that a report can draw" in capsys.readouterr().err
