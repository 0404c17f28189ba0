"""What the page shows of which file, and that it needs nothing beside it."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import made_up_regrasp
import numpy as np
import pytest
from made_up import CONTENTS, MADE, evaluation, steps
from page_reader import Page

from tacrefine.cli import main
from tacrefine.report import gallery
from tacrefine.report.contents import Evaluation
from tacrefine.report.files import Source
from tacrefine.report.kinds import KINDS
from tacrefine.report.words import evaluate_command, labels, number
from tacrefine.sim import GraspBatch

Write = Callable[[str, Any], Path]
CHAPTERS = {
    "evaluate": {"success", "errors", "settings"},
    "demo": {"demo"},
    "regrasp_comparison": {"regrasping"},
    "regrasp_score": {"regrasping"},
    "regrasp_max_success": {"regrasping"},
}


@pytest.fixture
def draw(tmp_path: Path) -> Callable[..., Page]:
    """Runs the command without gallery on some files and reads the page."""

    def page(*files: Path) -> Page:
        out = tmp_path / "out" / "page.html"
        assert main(["report", *map(str, files), "--no-gallery", "--out", str(out)]) == 0
        return Page(out)

    return page


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Page:
    """The page of one file of each kind."""
    folder = tmp_path_factory.mktemp("files")
    for name, content in CONTENTS.items():
        (folder / f"{name}.json").write_text(json.dumps(content()))
    assert main(["report", str(folder), "--no-gallery", "--out", str(folder)]) == 0
    return Page(folder / "report.html")


@pytest.mark.parametrize("name", list(CONTENTS))
def test_every_kind_of_file_has_its_chapter_and_the_others_are_named_with_their_command(
    name: str, one_of_each: dict[str, Path], draw: Callable[..., Page], capsys: pytest.CaptureFixture[str]
) -> None:
    page = draw(one_of_each[name])
    assert set(page.chapters) == CHAPTERS[name] | {"origins", "missing"}
    said = capsys.readouterr().out
    for kind, other in zip(KINDS, CONTENTS, strict=True):
        assert (kind.command in page.text) == (other != name)
        assert (kind.command in said) == (other != name)


def test_a_page_of_everything_needs_nothing_beside_it(full: Page) -> None:
    assert set(full.chapters) == set.union(*CHAPTERS.values()) | {"origins"}
    assert len(full.pictures) == 8
    assert all(link.startswith(("#", "data:image/")) for link in full.links)
    assert "<script" not in full.html
    assert not re.search(r"https?:|url\(|@import", full.html)
    for picture in full.pictures:
        assert picture["alt"]
        drawing = base64.b64decode(str(picture["src"]).partition(",")[2])
        assert not re.search(rb"(href|src)=.https?:|<script", drawing)


def test_every_link_of_the_table_of_contents_leads_to_a_chapter(full: Page) -> None:
    assert [link[1:] for link in full.links if link.startswith("#")] == full.chapters


def test_the_figures_stand_in_tables_with_their_units(full: Page) -> None:
    for told in (
        "0.21 mm, 0.34°",
        "5.10 mm, 7.80°",
    ):
        assert told in full.text


def test_command_machine_date_plant_model_and_seed_are_told(full: Page) -> None:
    text = full.text.replace("\u2011", "-")
    for told in (
        *(MADE[key] for key in ("command", "machine", "date")),
        "nominal",
        "five_finger-12345678",
        "41",
    ):
        assert told in text


def test_a_file_that_does_not_say_its_command_gets_the_one_of_its_settings() -> None:
    content = {key: value for key, value in evaluation(seed=77).items() if key != "made"}
    command = evaluate_command(Evaluation.model_validate(content))
    assert command.startswith(
        "tacrefine evaluate --objects fifteen --plant nominal --targets random --steps 2"
    )
    assert "--seed 77" in command


def test_files_of_older_versions_without_errors_of_classes_are_drawn(
    write: Write, draw: Callable[..., Page]
) -> None:
    content = evaluation()
    del content["classes_after_each_step"], content["made"]
    content["after_each_step"] = [
        {key: value for key, value in row.items() if "p95" not in key} for row in steps(3)
    ]
    assert "settings" in draw(write("old", content)).chapters


def test_an_evaluation_without_any_move_is_drawn(write: Write, draw: Callable[..., Page]) -> None:
    assert "errors" in draw(write("still", evaluation(steps=0))).chapters


def test_a_long_evaluation_is_cut_beside_others_and_the_page_says_so(
    write: Write, draw: Callable[..., Page]
) -> None:
    assert "Only the first 10 moves" in draw(write("long", evaluation(steps=40))).text


def test_text_of_a_file_cannot_become_markup(write: Write, draw: Callable[..., Page]) -> None:
    content = CONTENTS["demo"]() | {"message": "the <action> ended"}
    assert "the &lt;action&gt; ended" in draw(write("demo", content)).html


def sources(*contents: dict[str, Any]) -> list[Source[Evaluation]]:
    return [Source(Path(f"f{i}.json"), Evaluation.model_validate(c)) for i, c in enumerate(contents)]


def test_a_setting_is_named_by_its_plant_and_what_is_unlike_most_others() -> None:
    contents = (
        evaluation(),
        evaluation(plant="hard"),
        evaluation(targets="fixed"),
        evaluation(range_scale=2.0),
    )
    assert labels(sources(*contents)) == ["nominal", "hard", "nominal, fixed targets", "nominal, range x 2"]


def test_two_evaluations_of_one_setting_are_told_apart_by_their_files() -> None:
    assert labels(sources(evaluation(), evaluation())) == ["nominal (f0)", "nominal (f1)"]


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "0.00"), (0.0144, "0.014"), (0.21, "0.21"), (12.34, "12.3"), (10452.0, "10,452"), (None, "-")],
)
def test_numbers_show_the_digits_that_count(value: float | None, text: str) -> None:
    assert number(value) == text


def test_the_gallery_shows_every_class_at_its_nominal_grasp_and_off_it(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = {}

    class Simulator:
        def __init__(self, hand: Any) -> None:
            self.taxels, self.joints = hand.taxel_count, len(hand.joint_names)

        def grasp(self, item: Any, poses: Any, draw: Any) -> GraspBatch:
            asked[item.object_class] = poses
            n = len(poses)
            return GraspBatch(
                np.full((n, self.taxels), 0.2, np.float32),
                np.zeros((n, self.joints), np.float32),
                np.ones(n, bool),
            )

    monkeypatch.setattr(gallery, "QuasistaticSimulator", Simulator)
    assert main(["report", str(write("seen", evaluation())), "--out", str(tmp_path / "new")]) == 0
    page = Page(tmp_path / "new" / "report.html")
    assert page.chapters[0] == "touch"
    assert str(page.pictures[0]["src"]).startswith("data:image/png;base64,")
    assert set(asked) == {"rod", "plate", "disk"}
    for nominal, off in asked.values():
        assert not nominal.any()
        assert off.any()


def test_both_objectives_together_show_how_gentle_grasps_are(write: Write, draw: Callable[..., Page]) -> None:
    strong = write("strong", made_up_regrasp.table())
    alone = draw(strong)
    page = draw(strong, write("gentle", made_up_regrasp.table("min_force", 8.0)))
    assert "Gentle grasps" in page.text
    assert "Gentle grasps" not in alone.text
    assert len(page.pictures) == 2 * len(alone.pictures) + 1
