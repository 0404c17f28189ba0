"""`tacrefine regrasp evaluate`: what it writes, and how a stopped one goes on."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tacrefine.cli import EXIT_BAD_INPUT, main
from tacrefine.errors import DataError
from tacrefine.evaluation.regrasp import evaluation
from tacrefine.evaluation.regrasp.evaluation import RegraspEvaluation, Row, Task
from tiny import ONE_BOX

SOURCES = Path(__file__).parents[3] / "src"
TWO_BOXES = (
    ONE_BOX
    + """  - {name: two_box, mass: 0.1, friction: 0.6, parts: [{kind: box, size: [0.02, 0.02, 0.03]}]}
"""
)


@pytest.fixture
def one_box(tmp_path: Path) -> Path:
    path = tmp_path / "one.yaml"
    path.write_text(ONE_BOX)
    return path


def test_an_evaluation_writes_what_every_grasp_did_and_goes_on_where_it_was_stopped(
    one_box: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal, figures = tmp_path / "journal.jsonl", tmp_path / "figures.json"
    words = ["regrasp", "evaluate", "--policy", "cylinder", "--objects", str(one_box), "--grasps", "2"]
    words += ["--processes", "1", "--journal", str(journal), "--json", str(figures)]
    picture = tmp_path / "success.png"
    assert main([*words, "--plot", str(picture)]) == 0
    assert picture.stat().st_size > 5000
    assert (tmp_path / "success_actions.png").stat().st_size > 5000
    content = json.loads(figures.read_text())
    (row,) = content["sets"].values()
    assert row["cylinder"]["grasps"] == len(content["attempts"]) == 2
    assert row["cylinder"]["successes"] == sum(attempt["success"] for attempt in content["attempts"])
    assert all(attempt["force"] == 10.0 for attempt in content["attempts"])

    def nothing(*_: object) -> None:
        raise AssertionError("what the journal holds is not done again")

    monkeypatch.setattr(evaluation, "run_object", nothing)
    assert main(words) == 0
    assert json.loads(figures.read_text())["sets"] == content["sets"]


def test_a_journal_of_another_evaluation_is_refused(
    one_box: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    journal = tmp_path / "journal.jsonl"
    journal.write_text('{"policies": {}}\n')
    words = [
        "regrasp",
        "evaluate",
        "--policy",
        "cylinder",
        "--objects",
        str(one_box),
        "--journal",
        str(journal),
    ]
    assert main(words) == EXIT_BAD_INPUT
    assert "is of another evaluation" in capsys.readouterr().err


def test_without_a_name_an_evaluation_keeps_what_is_finished_until_it_is_done_and_none_is_in_the_way_of_another(
    one_box: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    both = tmp_path / "two.yaml"
    both.write_text(TWO_BOXES)
    words = ["regrasp", "evaluate", "--policy", "cylinder", "--grasps", "1", "--processes", "1", "--objects"]
    done: list[int] = []
    run_object = evaluation.run_object

    def stopped(settings: RegraspEvaluation, task: Task) -> list[Row]:
        if len(done) == 1:
            raise DataError("stopped")
        done.append(task[2])
        return run_object(settings, task)

    monkeypatch.setattr(evaluation, "run_object", stopped)
    assert main([*words, str(both)]) == EXIT_BAD_INPUT
    monkeypatch.setattr(evaluation, "run_object", run_object)
    assert main([*words, str(one_box)]) == 0
    assert main([*words, str(one_box), "--seed", "1"]) == 0
    assert len(list((tmp_path / "out/evaluations").iterdir())) == 1

    def others(settings: RegraspEvaluation, task: Task) -> list[Row]:
        assert task[2] not in done, "what was finished is not done again"
        return run_object(settings, task)

    monkeypatch.setattr(evaluation, "run_object", others)
    assert main([*words, str(both)]) == 0
    assert not list((tmp_path / "out/evaluations").iterdir())


@pytest.mark.parametrize("text", ["both", "=model", "both="])
def test_a_policy_that_is_none_is_refused(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["regrasp", "evaluate", "--policy", text]) == EXIT_BAD_INPUT
    assert f"--policy '{text}'" in capsys.readouterr().err
