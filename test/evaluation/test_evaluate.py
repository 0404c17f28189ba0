"""Evaluation: the fields that were promised, the same figures for the same seed, and no luck in the loop."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tacrefine.cli import main
from tacrefine.errors import DataError, SimulationError
from tacrefine.evaluation import runner
from tacrefine.evaluation.coverage import Coverage
from tacrefine.evaluation.figures import figures, summary, weak_axes
from tacrefine.evaluation.observable import sentences
from tacrefine.evaluation.runner import evaluate
from tacrefine.evaluation.settings import EvaluationSettings
from tacrefine.evaluation.trials import TrialErrors, run_chunk
from tacrefine.evaluation.world import sample_trials
from tacrefine.geometry import from_coordinates
from tacrefine.hands import load_hand
from tacrefine.objects import GraspObject, load_objects
from tacrefine.plants import Plant, load_plant
from tacrefine.plants.description import WristRepeatability
from tacrefine.policy import Corrections, load_policy, wrist_increment
from tiny import TWO_OBJECTS

SOURCES = Path(__file__).parents[2] / "src"
FIELDS = {
    "trials", "success_10deg_10mm", "success_5deg_10mm", "success_5deg_5mm", "success_2deg_2mm", "success_1deg_1mm",
    "mean_mm", "mean_deg", "median_mm", "median_deg", "p95_mm", "p95_deg", "start_mm",
    "start_deg", "mean_steps_to_5deg_5mm",
}  # fmt: skip


@pytest.fixture
def two_objects(tmp_path: Path) -> Path:
    path = tmp_path / "two.yaml"
    path.write_text(TWO_OBJECTS)
    return path


@pytest.mark.slow
def test_the_json_has_every_promised_field(tiny_model: Path, two_objects: Path, tmp_path: Path) -> None:
    out = tmp_path / "figures.json"
    arguments = [
        "--objects",
        str(two_objects),
        "--model",
        str(tiny_model),
        "--trials",
        "3",
        "--steps",
        "2",
        "--frames",
        "2",
    ]
    assert (
        main(
            [
                "evaluate",
                *arguments,
                "--plant",
                "nominal",
                "--targets",
                "random",
                "--seed",
                "1",
                "--json",
                str(out),
            ]
        )
        == 0
    )
    result = json.loads(out.read_text())
    assert set(result["classes"]) == {"rod", "plate"}
    assert set(result["objects"]) == {"thin", "flat"}
    for row in (result["all"], *result["classes"].values(), *result["objects"].values()):
        assert set(row) >= FIELDS
    assert result["all"]["trials"] == 6
    assert result["frames_per_grasp"] == 2
    assert len(result["after_each_step"]) == 3
    for rows in result["classes_after_each_step"].values():
        assert [row["step"] for row in rows] == [0, 1, 2]
        assert rows[0]["p95_mm"] >= rows[0]["median_mm"] > 0
    assert set(result["made"]) == {"command", "version", "contact_model", "machine", "date"}
    assert result["all"]["start_mm"] > 0


@pytest.mark.processes
def test_one_seed_gives_one_result_in_any_number_of_processes(tiny_model: Path, two_objects: Path) -> None:
    settings = EvaluationSettings(
        objects=str(two_objects), model=str(tiny_model), trials=12, steps=1, frames=1, seed=5
    )
    alone = evaluate(settings, lambda done, total: None, processes=1)
    shared = evaluate(settings, lambda done, total: None, processes=2)
    assert alone["all"] == shared["all"]
    assert alone["objects"] == shared["objects"]
    other = evaluate(replace(settings, seed=6), lambda done, total: None, processes=1)
    assert other["all"] != alone["all"]


@pytest.mark.processes
def test_an_evaluation_that_was_stopped_goes_on_and_ends_with_the_same_figures(
    tiny_model: Path, two_objects: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = EvaluationSettings(
        objects=str(two_objects), model=str(tiny_model), trials=12, steps=1, frames=1, seed=5
    )
    whole = evaluate(settings, lambda done, total: None, 1)

    def stop(done: int, total: int) -> None:
        if done >= 12:
            raise KeyboardInterrupt

    journal = tmp_path / "journal.jsonl"
    with pytest.raises(KeyboardInterrupt):
        evaluate(settings, stop, 1, journal)
    with journal.open("a") as stream:
        stream.write('["flat", 1, {"milli')  # a line that was broken off
    ran: list[object] = []
    run = runner._run
    monkeypatch.setattr(runner, "_run", lambda *parts: ran.append(parts[1]) or run(*parts))
    on = evaluate(settings, lambda done, total: None, 1, journal)
    assert ran == [("flat", 0), ("flat", 1)]
    assert {key: on[key] for key in ("objects", "all")} == {key: whole[key] for key in ("objects", "all")}
    ran.clear()
    assert evaluate(settings, lambda done, total: None, 1, journal)["all"] == whole["all"]
    assert ran == []
    with pytest.raises(DataError, match="of another evaluation"):
        evaluate(replace(settings, seed=6), lambda done, total: None, 1, journal)


@pytest.mark.parametrize(("named", "told"), [("linear", "(linear)"), (None, "(an earlier one)")])
def test_a_model_that_was_trained_with_another_contact_model_is_told_in_one_sentence(
    tiny_model: Path,
    two_objects: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    named: str,
    told: str,
) -> None:
    words = ["evaluate", "--objects", str(two_objects), "--trials", "1", "--steps", "0", "--model"]
    assert main([*words, str(tiny_model)]) == 0
    assert "contact model" not in capsys.readouterr().err
    shutil.copytree(tiny_model, tmp_path / "model")
    path = tmp_path / "model" / "card.json"
    card = json.loads(path.read_text())
    path.write_text(json.dumps(card | {"contact_model": named}))
    assert main([*words, str(tmp_path / "model")]) == 0
    last = capsys.readouterr().err.splitlines()[-1]
    assert card["model_id"] in last
    assert told in last


@pytest.mark.slow
def test_an_elastic_evaluation_keeps_its_trials_until_it_is_done(
    tiny_model: Path, two_objects: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    settings = EvaluationSettings(
        objects=str(two_objects), model=str(tiny_model), plant="nominal_elastic", trials=1, steps=0, frames=1
    )

    def stop(done: int, total: int) -> None:
        if done == 1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        evaluate(settings, stop, 1)
    assert len(list(Path("out/evaluations").iterdir())) == 1
    assert evaluate(settings, lambda done, total: None, 1)["all"]["trials"] == 2
    assert list(Path("out/evaluations").iterdir()) == []


def test_fixed_targets_are_the_nominal_grasp(tiny_model: Path, two_objects: Path) -> None:
    settings = EvaluationSettings(
        objects=str(two_objects), model=str(tiny_model), trials=4, steps=0, targets="fixed"
    )
    result = evaluate(settings, lambda done, total: None)
    assert result["all"]["start_mm"] < 6.0
    assert result["all"]["mean_moves"] == 0


def test_the_box_of_starts_widens_alone(tiny_model: Path, two_objects: Path) -> None:
    settings = EvaluationSettings(
        objects=str(two_objects), model=str(tiny_model), trials=8, steps=0, targets="fixed"
    )
    near, far = (
        evaluate(replace(settings, start_scale=scale), lambda done, total: None) for scale in (None, 2.0)
    )
    assert far["all"]["start_deg"] > 1.5 * near["all"]["start_deg"]
    item = next(iter(load_objects(str(two_objects)).values()))
    wide = sample_trials(
        load_hand(), item, load_plant("ideal"), 30, False, (0.5, 2.0), np.random.default_rng(0)
    )
    assert (np.abs(wide.target) <= 0.5 * item.half_range + 1e-12).all()
    assert (np.abs(wide.start) > item.half_range).any()


def test_a_policy_that_knows_the_truth_ends_at_the_truth(monkeypatch: pytest.MonkeyPatch) -> None:
    from tacrefine.evaluation import trials

    hand, item = load_hand(), load_objects()["plate_6"]
    sampled = {}
    original = trials.sample_trials

    def remember(*args):  # type: ignore[no-untyped-def]
        sampled["trials"] = original(*args)
        sampled["x"] = sampled["trials"].start
        return sampled["trials"]

    class KnowsTruth:
        def predict_batch(self, tactile, joints, shown_tactile, shown_joints, observable):  # type: ignore[no-untyped-def]
            x = np.repeat(sampled["x"], 2, axis=0)
            change = np.repeat(sampled["trials"].target, 2, axis=0) - x
            sampled["x"] = sampled["trials"].target
            seen = np.broadcast_to(observable, x.shape)
            return Corrections(wrist_increment(hand, x, change, seen), 1e-5 * seen, np.array(seen), x, change)

    monkeypatch.setattr(trials, "sample_trials", remember)
    settings = EvaluationSettings(trials=5, steps=1, frames=2)
    result = run_chunk(settings, hand, KnowsTruth(), load_plant("nominal"), item, 0)  # type: ignore[arg-type]
    assert result.millimetres[:, 0].max() > 1.0
    assert result.millimetres[:, 1].max() < 1e-6
    assert result.degrees[:, 1].max() < 1e-6


def test_figures_count_the_pose_where_the_refinement_ended() -> None:
    mm = np.array([[8.0, 1.0, 1.5], [8.0, 0.5, 6.0]])
    deg = np.array([[9.0, 1.0, 1.0], [9.0, 0.5, 0.5]])
    row = figures([TrialErrors("thin", mm, deg, np.array([2, 2]))])
    assert row["success_2deg_2mm"] == 0.5
    assert row["success_5deg_10mm"] == 1.0
    assert row["success_5deg_5mm"] == 0.5
    assert row["reached_2deg_2mm"] == 1.0
    assert row["mean_steps_to_5deg_5mm"] == 1.0
    assert row["median_mm"] == pytest.approx(3.75)


def test_coverage_is_counted_for_each_axis_and_weak_axes_are_named() -> None:
    coverage, seen = Coverage(), np.array([False, False, True, True, False, False])
    for error in (0.5, -0.9, 1.1, 0.2):
        coverage.count(np.full((1, 6), error), np.array([[0, 0, 1.0, 0.6, 0, 0]]), seen)
    weak = np.zeros((2, 6), bool)
    weak[1, 2] = True
    ends = np.ones((2, 1)), np.ones((2, 1)), np.zeros(2, int)
    errors = [TrialErrors("thin", *ends, coverage, Coverage(), weak) for _ in range(2)]
    row = figures(errors)
    assert row["coverage"] == {"single": {"z": 0.75, "roll": 0.5, "all": 0.625}, "fused": {}}
    assert row["one_sigma_coverage"] == 0.625
    assert row["unseen"] == {"z": 0.5, "any": 0.5}
    assert weak_axes(errors) == {"thin": {"1": ["z"], "3": ["z"]}}


def test_axes_that_a_hand_cannot_tell_are_named_and_not_counted() -> None:
    weak, final = np.zeros((4, 6), bool), np.zeros((4, 6))
    weak[1:, 3] = True
    final[:, 3], final[3, 2] = np.deg2rad(8.0), 0.003
    ends = np.ones((4, 1)), np.full((4, 1), 8.0), np.zeros(4, int)
    errors = [TrialErrors("thin", *ends, weak=weak, final=final)]
    result = summary(errors, {"thin": "rod"})
    row = result["classes"]["rod"]
    assert row["success_5deg_5mm"] == 0.0
    assert row["cannot_tell"] == ["roll"]
    assert (row["observable_5deg_5mm"], row["observable_2deg_2mm"]) == (1.0, 0.75)
    assert sentences(result)[0].startswith(
        "rod: this hand cannot tell roll; along the other axes 100.0/75.0/75.0 %"
    )


def test_a_class_of_which_a_hand_can_tell_nothing_has_no_success_to_count() -> None:
    axes = np.array([False, False, False, True, False, False])
    weak, final, seen = np.tile(axes, (4, 1)), np.zeros((4, 6)), Coverage()
    seen.count(np.zeros((1, 6)), np.ones((1, 6)), axes)
    ends = np.ones((4, 1)), np.full((4, 1), 8.0), np.zeros(4, int)
    result = summary([TrialErrors("thin", *ends, seen, weak=weak, final=final)], {"thin": "rod"})
    assert result["all"]["observable_5deg_5mm"] is None
    assert sentences(result) == ["rod: this hand cannot tell roll, which is all that touch could tell."]


def test_an_arm_that_does_not_arrive_exactly_does_not_know_it() -> None:
    """What the estimator is told of the wrist is where it was sent; a coarse arm then ends worse than an exact one."""
    hand, item = load_hand(), load_objects("fifteen")["rod_10"]
    policy, plant = load_policy("five_finger", hand), load_plant("nominal")
    coarse = plant.description.model_copy(
        update={"wrist": WristRepeatability.model_validate({"position": 0.001})}
    )
    settings = EvaluationSettings(trials=6, steps=3, frames=4)
    exact, noisy = (run_chunk(settings, hand, policy, p, item, 0) for p in (plant, Plant(coarse)))
    assert np.median(exact.millimetres[:, -1]) < 0.2
    assert 0.4 < np.median(noisy.millimetres[:, -1]) < 4.0


def test_the_elastic_plant_is_refined_in_mujoco(tiny_model: Path, tmp_path: Path) -> None:
    path = tmp_path / "one.yaml"
    path.write_text("\n".join(TWO_OBJECTS.splitlines()[:-1]) + "\n")
    settings = EvaluationSettings(
        objects=str(path), model=str(tiny_model), plant="nominal_elastic", trials=1, steps=1, frames=1
    )
    result = evaluate(settings, lambda done, total: None, 1, tmp_path / "journal.jsonl")
    assert result["plant"]["tactile_model"] == "elastic"
    assert result["all"]["trials"] == 1


@pytest.mark.slow
def test_an_object_that_cannot_be_grasped_is_named(tiny_model: Path) -> None:
    far = load_objects()["rod_8"]
    nowhere = GraspObject("nowhere", "rod", far.shape, far.observable, far.half_range * 1000)
    settings = EvaluationSettings(model=str(tiny_model), trials=2)
    with pytest.raises(SimulationError, match="'nowhere': only 0 of 2"):
        run_chunk(settings, load_hand(), None, load_plant("nominal"), nowhere, 0)  # type: ignore[arg-type]


def test_poses_are_compared_at_the_grasp_centre() -> None:
    hand, x = load_hand(), np.array([0.0, 0.0, 0.0, 0.1, 0.0, 0.0])
    wrist = from_coordinates(x) * hand.centre_from_wrist
    np.testing.assert_allclose((wrist * hand.wrist_from_centre).translation, 0, atol=1e-12)
