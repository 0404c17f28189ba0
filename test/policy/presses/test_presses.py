"""A network learns from labelled presses, says how sure it is, and is read back the same."""

from __future__ import annotations

import csv
import json
from dataclasses import replace

import made_presses as made
import numpy as np
import pytest

from tacrefine.cli import main
from tacrefine.data.presses.description import TableDescription
from tacrefine.data.presses.presses import presses_of
from tacrefine.data.presses.table import read_table
from tacrefine.errors import DataError, ModelError
from tacrefine.policy.network import NetworkSettings
from tacrefine.policy.presses.evaluation import folds, press_figures
from tacrefine.policy.presses.publishing import load_press_model, publish_presses
from tacrefine.policy.presses.settings import PressTraining
from tacrefine.policy.presses.training import held_out, train_presses

SMALL = NetworkSettings(width=32, encoder_width=48, pair_width=48)
QUICK = PressTraining(members=2, steps=250, groups_per_batch=8, references=8, network=SMALL)


def presses_in(path, count=240, seed=0, labelled=True, **changes):
    table = made.table(path, made.places(count, seed + 1), seed, labelled=labelled)
    told = TableDescription.model_validate(made.DESCRIPTION | changes)
    return presses_of(read_table(table), told, labelled)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    return train_presses(presses_in(tmp_path_factory.mktemp("t") / "t.csv"), QUICK)


@pytest.mark.training
def test_places_and_increments_are_predicted_far_better_than_their_spread(trained, tmp_path):
    figures = press_figures(trained, presses_in(tmp_path / "u.csv", 120, seed=7))
    for kind in ("absolute", "increment"):
        for name in ("x", "y"):
            one = figures[kind][name]
            assert one["rmse"] < 1.0, figures  # mm; places are spread by 3.5
            assert 0.4 < one["covered"] < 0.95


def test_an_increment_turns_its_sign_with_the_pair(trained, tmp_path):
    presses = presses_in(tmp_path / "u.csv", 60, seed=8)
    there, back = presses.take(np.arange(30)), presses.take(np.arange(30, 60))
    forward, deviation = trained.increments(there, back)
    backward, _ = trained.increments(back, there)
    assert np.corrcoef(forward[:, 0], backward[:, 0])[0, 1] < -0.9
    assert (deviation > 0).all()


@pytest.mark.training
def test_the_same_settings_give_the_same_model(trained, tmp_path):
    some = trained.references.take(np.arange(60))
    short = QUICK.model_copy(update={"steps": 5})
    first, second = (train_presses(some, short).absolute(some)[0] for _ in range(2))
    np.testing.assert_array_equal(first, second)


def test_a_model_is_read_back_as_it_was_and_a_damaged_one_is_refused(trained, tmp_path):
    publish_presses(trained, tmp_path / "m", "command", {}, {})
    some = trained.references.take(np.arange(20))
    for mine, theirs in zip(
        trained.absolute(some), load_press_model(tmp_path / "m").absolute(some), strict=True
    ):
        np.testing.assert_allclose(mine, theirs, rtol=1e-6, atol=1e-9)
    file = tmp_path / "m" / "presses.safetensors"
    file.write_bytes(file.read_bytes()[:-1] + b"x")
    with pytest.raises(ModelError, match="corrupt"):
        load_press_model(tmp_path / "m")


def test_each_network_is_kept_from_another_part_of_the_presses(trained):
    out = held_out(trained.references, QUICK)
    assert out.shape == (2, 240)
    assert not (out[0] & out[1]).any()
    assert 0.05 < out.mean() < 0.2


@pytest.mark.parametrize("members", [2, 4])
def test_of_few_groups_each_is_held_out_by_one_network(trained, members):
    few = trained.references.take(np.arange(110))
    few = replace(few, groups=np.arange(110) // 10)
    out = held_out(few, QUICK.model_copy(update={"members": members, "held_out": 0.12}))
    assert (out.sum(axis=0) == 1).all()
    for group in range(11):
        assert len(np.unique(out[:, few.groups == group], axis=1).T) == 1, "a group stays together"


@pytest.mark.training
def test_folds_never_learn_from_the_group_they_are_asked(tmp_path):
    presses = presses_in(tmp_path / "t.csv", 120)
    # A group whose labels are shifted is predicted wrongly by exactly that, unless it was learned from.
    presses.coordinates[presses.groups == 0] += 0.1
    figures = folds(presses, QUICK.model_copy(update={"steps": 40}), 4)
    assert [row["fold"] for row in figures["folds"]] == [0, 1, 2, 3]
    assert figures["folds"][0]["absolute"]["x"]["rmse"] > 60.0
    with pytest.raises(DataError, match="4 group"):
        folds(presses, QUICK, 5)


def test_a_training_that_starts_from_another_kind_of_table_is_refused(trained, tmp_path):
    other = presses_in(tmp_path / "t.csv", 40, taxels={"columns": "m0*", "components": 3})
    with pytest.raises(ModelError, match="other columns"):
        train_presses(other, QUICK, start=trained)


def test_weights_that_are_started_from_are_kept_in_the_first_steps(trained, tmp_path):
    few = trained.references.take(np.arange(0, 240, 8))
    model = train_presses(few, QUICK.model_copy(update={"steps": 1}), start=trained)
    figures = press_figures(model, presses_in(tmp_path / "u.csv", 60, seed=9))
    assert figures["absolute"]["x"]["rmse"] < 1.2


@pytest.mark.training
def test_the_commands_lead_from_a_table_to_predictions_in_a_file(tmp_path, capsys):
    table = made.table(tmp_path / "t.csv", made.places(120))
    told = made.description(tmp_path / "t.yaml")
    config = tmp_path / "quick.yaml"
    config.write_text(json.dumps(QUICK.model_dump(mode="json")))
    unlabelled = made.table(tmp_path / "u.csv", made.places(30, 5), labelled=False)
    d, m, out = tmp_path / "d", tmp_path / "m", tmp_path / "p.csv"
    for args in (
        ["import", table, "--description", told, "--out", d],
        ["train", d, "--out", m, "--config", config],
        ["evaluate", m, d, "--json", tmp_path / "e.json"],
        ["predict", m, unlabelled, "--out", out],
    ):
        assert main(["data", *map(str, args)]) == 0, capsys.readouterr().err
    rows = list(csv.DictReader(out.open()))
    assert list(rows[0]) == ["row", "x_mm", "y_mm", "x_mm_sigma", "y_mm_sigma"]
    error = np.array([float(row["x_mm"]) for row in rows]) - made.places(30, 5)[:, 0]
    assert len(rows) == 30
    assert np.sqrt((error**2).mean()) < 1.5
    assert all(float(row["x_mm_sigma"]) > 0 for row in rows)
    assert "absolute" in json.loads((tmp_path / "e.json").read_text())


def test_a_table_with_other_columns_than_the_model_gets_one_sentence(trained, tmp_path, capsys):
    publish_presses(trained, tmp_path / "m", "command", {}, {})
    table = made.table(tmp_path / "u.csv", made.places(30, 5))
    told = made.description(tmp_path / "t.yaml", taxels={"columns": "m0*", "components": 3})
    code = main(
        [
            "data",
            "predict",
            str(tmp_path / "m"),
            str(table),
            "--description",
            str(told),
            "--out",
            str(tmp_path / "p"),
        ]
    )
    assert code == 2
    assert "was trained on 9 columns of touch, the table has 3" in capsys.readouterr().err
