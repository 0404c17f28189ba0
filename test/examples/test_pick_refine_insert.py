"""What the program around the tries reads, writes and refuses."""

from __future__ import annotations

import json
import sys

import insertion_figures as figures
import pytest
import run as program

from tacrefine.errors import DataError
from tacrefine.planner.trees import Way


def record_of(number: int, way: str, inserted: bool, failed: str = "") -> dict:
    return {
        "try": number,
        "way": way,
        "failed": failed,
        "grasps": 1,
        "moves": 2,
        "seconds": None if failed else 10.0,
        "error_mm": 1.0,
        "error_deg": 2.0,
        "inserted": {"1": inserted},
        "depth_mm": {"1": 20.0},
    }


def test_a_run_that_was_broken_off_goes_on_with_the_tries_that_are_missing(tmp_path):
    file, settings = tmp_path / "f.json", {"seed": 0, "clearances": ("1",)}
    records = [record_of(0, "none", False), record_of(0, "in_place", True), record_of(1, "none", True)]
    figures.write(file, settings, ["1"], records)
    again = figures.read(file, settings)
    assert figures.pending(again, 3, [Way.NONE]) == [2]
    assert figures.pending(again, 3, [Way.NONE, Way.IN_PLACE]) == [1, 2]
    written = json.loads(file.read_text())
    assert written["none"]["inserted"] == [0.5]
    assert written["in_place"]["tries"] == 1
    with pytest.raises(DataError, match="name another file"):
        figures.read(file, settings | {"seed": 1})


def test_a_part_that_was_never_held_counts_as_not_inserted_and_not_for_the_seconds():
    records = [record_of(0, "none", True), record_of(1, "none", False, failed="is it felt")]
    row = figures.summary(records, ["1"])["none"]
    assert (row["inserted"], row["lost"], row["seconds"]) == ([0.5], 1, 10.0)


def test_a_file_of_something_else_is_not_overwritten(tmp_path):
    file = tmp_path / "f.json"
    file.write_text("[1]")
    with pytest.raises(DataError, match="not a file of this program"):
        figures.read(file, {})
    assert file.read_text() == "[1]"


@pytest.mark.parametrize(
    ("options", "word"),
    [
        (["--clearance", "7"], "--clearance 7"),
        (["--object", "banana"], "banana"),
        (["--way", "luck"], "luck"),
        (["--plant", "nominal"], "not elastic"),
        (["--cell", "no.yaml"], "no.yaml"),
    ],
)
def test_a_wrong_choice_is_one_sentence_before_anything_is_simulated(options, word, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["run.py", "--tries", "1", *options])
    assert program.main() == 2
    told = capsys.readouterr().err
    assert word in told
    assert len(told.strip().splitlines()) == 1
