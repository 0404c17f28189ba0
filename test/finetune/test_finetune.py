"""Fine-tuning: it learns a robot from its own grasps, says what it did, and never leaves half a model."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file

from tacrefine.cli import main
from tacrefine.data.dataset import load_readings
from tacrefine.data.groups import TouchGroups
from tacrefine.data.sharded import INDEX
from tacrefine.data.shards import pack_shard, shard_name, write_shard
from tacrefine.data.stream import SimulatedGroups
from tacrefine.errors import ConfigError, DataError, ModelError
from tacrefine.finetune.deviations import rescale
from tacrefine.finetune.job import Progress, finetune
from tacrefine.finetune.recording import Recording, from_dataset, from_stand_in, labelled
from tacrefine.finetune.settings import FinetuneSettings, load_finetuning, training_run
from tacrefine.finetune.tuning import FineTuner
from tacrefine.geometry import from_coordinates, to_coordinates
from tacrefine.hands import load_hand
from tacrefine.identification import FittedRobot, record
from tacrefine.objects import load_objects
from tacrefine.plants import OneRobot, load_plant
from tacrefine.policy import load_policy
from tacrefine.policy.batches import TensorGroups
from tacrefine.policy.card import read_card
from tacrefine.policy.settings import training_objects
from tacrefine.policy.validation import pair_errors
from tacrefine.policy.weights import load_network

HAND = load_hand()
ITEMS = load_objects()
PLANT = "training"
PLAIN = FinetuneSettings(simulated="training", recorded_share=0.5, steps=6, groups_per_batch=4)


@pytest.fixture(scope="module")
def recording() -> Recording:
    return from_stand_in(HAND, ITEMS, PLANT, 20, 3, 2)


def tuned(recording: Recording, model: Path, out: Path, settings: FinetuneSettings = PLAIN, **more):
    return finetune(recording, model, HAND, ITEMS, out, settings, "make up", **more)


def test_labels_are_the_wrists_own_moves_wherever_the_object_stood(recording: Recording) -> None:
    policy = load_policy(hand=HAND)
    elsewhere = recording.groups.coordinates.copy()
    for row in elsewhere:
        row[:] = to_coordinates(
            from_coordinates([0.3, -0.2, 0.5, 0.4, 0.1, -1.0]) * from_coordinates(row.astype(float))
        )
    moved = replace(recording, groups=replace(recording.groups, coordinates=elsewhere))
    here, there = (labelled(r, HAND, list(ITEMS.values()), policy) for r in (recording, moved))
    np.testing.assert_allclose(here.coordinates, there.coordinates, atol=2e-6)
    for row, sent in zip(here.coordinates.astype(float), recording.groups.coordinates, strict=True):
        label = from_coordinates(row[0]).inv() * from_coordinates(row[3])
        wrist = from_coordinates(sent[0].astype(float)).inv() * from_coordinates(sent[3].astype(float))
        np.testing.assert_allclose(label.as_matrix(), wrist.as_matrix(), atol=2e-6)


def test_whole_episodes_are_held_out_and_one_alone_is_refused(recording: Recording) -> None:
    learned, held = recording.split(0.3, np.random.default_rng(0))
    assert held.grasps > 0
    assert learned.grasps + held.grasps == recording.grasps
    assert not set(learned.episodes) & set(held.episodes)
    with pytest.raises(DataError, match="1 episodes of two grasps or more, fine-tuning needs at least 2"):
        recording.take(recording.episodes == 0).split(0.3, np.random.default_rng(0))


def test_the_first_grasps_of_a_recording_are_a_recording() -> None:
    whole = from_stand_in(HAND, ITEMS, PLANT, 20, 3, 2)
    part = whole.first(8)
    assert part.grasps == 8
    np.testing.assert_array_equal(part.groups.measured[0], whole.groups.measured[0])
    assert part.checksum != whole.checksum


def test_a_batch_mixes_recorded_and_simulated_grasps_and_marks_what_is_missing(
    recording: Recording, tiny_model: Path
) -> None:
    settings = FinetuneSettings(simulated="training", recorded_share=0.25, groups_per_batch=8)
    run = training_run(settings, tiny_model, read_card(tiny_model), "x", 0, None)
    run = run.model_copy(update={"groups": run.groups.model_copy(update={"size": 8, "anchors": 2})})
    objects, weights = training_objects(run)
    plant = load_plant(PLANT)
    touch = labelled(recording, HAND, list(ITEMS.values()), None)
    source = SimulatedGroups(HAND, objects, plant, run.groups, weights)
    tuner = FineTuner(run, settings, HAND, objects, source, plant, touch, 2.0)
    batch = tuner.batch(tuner.window(1, 0, 8), 0)
    assert len(batch.tactile) == 8 * 8
    recorded = batch.valid.view(8, 8)[6:]
    assert recorded.sum(dim=1).tolist() == [5.0, 5.0], "episodes have five grasps, groups eight"
    known = {coordinates.tobytes() for coordinates in touch.coordinates.reshape(-1, 6)}
    for coordinates, valid in zip(batch.coordinates[48:].numpy(), batch.valid[48:, 0], strict=True):
        assert not valid or coordinates.tobytes() in known


def test_single_readings_are_as_noisy_as_the_loop_reads_them(recording: Recording, tiny_model: Path) -> None:
    settings = PLAIN.model_copy(update={"noise": 0.05})
    run = training_run(settings, tiny_model, read_card(tiny_model), "x", 0, None)
    run = run.model_copy(update={"frames": (1,)})
    objects, weights = training_objects(run)
    plant = load_plant(PLANT)
    flat = TouchGroups(
        np.full((3, 4, HAND.taxel_count), 0.5, np.float32),
        np.zeros((3, 4, len(HAND.joint_names)), np.float32),
        np.zeros((3, 4, 6), np.float32),
        np.ones((3, 4), bool),
        np.ones((3, 6), bool),
    )
    source = SimulatedGroups(HAND, objects, plant, run.groups, weights)
    tuner = FineTuner(run, settings, HAND, objects, source, plant, flat, 4.0)
    read = tuner.recorded_groups(np.random.default_rng(0), 16).tactile
    assert np.std(read) == pytest.approx(0.05 * np.sqrt(1 - 1 / 4), rel=0.02)


def test_fine_tuning_on_one_robot_makes_it_better_on_that_robot(tiny_model: Path, tmp_path: Path) -> None:
    whole = from_stand_in(HAND, ITEMS, PLANT, 300, 3, 2)
    settings = PLAIN.model_copy(update={"steps": 150, "groups_per_batch": 16, "learning_rate": 3e-3})
    tuned(whole, tiny_model, tmp_path / "new", settings)
    unseen = from_stand_in(HAND, ITEMS, PLANT, 60, 3, 2).groups
    fresh = record(
        HAND, list(ITEMS.values()), load_plant(PLANT).robot(HAND, 3), 60, np.random.default_rng(77), 2
    )
    assert not np.array_equal(fresh.coordinates, unseen.coordinates)

    def error(model: Path) -> float:
        policy = load_policy(model, HAND)
        wrong = []
        for row in range(len(fresh)):
            touch = fresh.measured[row] / HAND.full_scale, fresh.joints[row]
            seen = ITEMS[list(ITEMS)[fresh.objects[row]]].observable
            found = policy.predict_batch(*touch, *(np.roll(part, 1, axis=0) for part in touch), seen)
            truth = np.roll(fresh.coordinates[row], 1, axis=0) - fresh.coordinates[row]
            wrong.append(((found.differences - truth)[:, seen] / HAND_RANGE[seen]) ** 2)
        return float(np.sqrt(np.mean(np.concatenate([w.ravel() for w in wrong]))))

    assert error(tmp_path / "new") < 0.8 * error(tiny_model)


HAND_RANGE = np.max([item.half_range for item in ITEMS.values()], axis=0) + 1e-9


def test_the_card_names_parent_recording_and_what_was_held_out(
    recording: Recording, tiny_model: Path, tmp_path: Path
) -> None:
    card = tuned(recording, tiny_model, tmp_path / "new")
    parent = read_card(tiny_model)
    stored = read_card(tmp_path / "new")
    assert stored.model_id == card.model_id
    assert stored.data["parent"] == parent.model_id != stored.model_id
    assert stored.data["recording_sha256"] == recording.checksum
    assert stored.data["robot_seed"] == 3
    assert stored.data["grasps"] + stored.figures["held_out_grasps"] == recording.grasps
    assert {"one_step_on_held_out_grasps", "parent_on_held_out_grasps"} <= set(stored.figures)
    load_policy(tmp_path / "new", HAND)
    assert [path.name for path in tmp_path.iterdir()] == ["new"]


def test_a_run_that_was_broken_off_keeps_the_old_model_and_ends_as_if_it_had_not_been(
    recording: Recording, tiny_model: Path, tmp_path: Path
) -> None:
    out = tmp_path / "new"
    tuned(recording, tiny_model, out, PLAIN.model_copy(update={"steps": 2}))
    before = (out / "weights.safetensors").read_bytes()

    def stop(step: int, steps: int, error: float) -> None:
        if step == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        tuned(recording, tiny_model, out, progress=Progress(training=stop))
    assert (out / "weights.safetensors").read_bytes() == before
    seen: list[int] = []
    tuned(recording, tiny_model, out, progress=Progress(training=lambda step, *_: seen.append(step)))
    assert seen == [5, 6]
    tuned(recording, tiny_model, tmp_path / "whole")
    again, whole = (load_file(tmp_path / name / "weights.safetensors") for name in ("new", "whole"))
    for name in whole:
        np.testing.assert_array_equal(again[name], whole[name])


def test_the_parent_and_what_is_no_model_are_never_overwritten(
    recording: Recording, tiny_model: Path, tmp_path: Path
) -> None:
    with pytest.raises(ModelError, match="is the parent itself"):
        tuned(recording, tiny_model, tiny_model)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years of work")
    with pytest.raises(DataError, match="holds something that is no model"):
        tuned(recording, tiny_model, tmp_path / "mine")
    assert (tmp_path / "mine" / "thesis.txt").exists()


def write_recording(recording: Recording, folder: Path) -> None:
    folder.mkdir()
    about = {"objects": list(ITEMS), "hand_signature": HAND.signature}
    entry = write_shard(folder / shard_name(0), pack_shard(recording.groups, about))
    (folder / INDEX).write_text(json.dumps({"shards": [entry]}))


def test_true_forces_of_a_simulator_are_not_taken_for_readings(
    tiny_model: Path, tmp_path: Path, capsys
) -> None:
    data, config = tmp_path / "data", tmp_path / "data.yaml"
    config.write_text("samples: 20\ngroups_per_shard: 4\ngroups: {size: 4, anchors: 2}\n")
    assert main(["generate", "--config", str(config), "--out", str(data), "--processes", "1"]) == 0
    with pytest.raises(DataError, match=r"holds true forces .*needed are readings"):
        load_readings(data, HAND, list(ITEMS))
    capsys.readouterr()
    for verb in (["finetune", "--dataset"], ["calibrate"]):
        assert main([*verb, str(data), "--model", str(tiny_model), "--out", str(tmp_path / "new")]) == 2
        assert "needed are readings" in capsys.readouterr().err


def test_a_recorded_dataset_is_the_recording_it_was_written_from(
    recording: Recording, tmp_path: Path
) -> None:
    write_recording(recording, tmp_path / "data")
    read = from_dataset(tmp_path / "data", HAND, ITEMS, recording.frames)
    np.testing.assert_array_equal(read.groups.measured, recording.groups.measured.astype(np.float16))
    assert np.isnan(read.groups.measured).any(), "dead taxels stay dead"


def test_data_of_another_hand_is_refused_in_one_sentence(
    recording: Recording, tiny_model: Path, tmp_path: Path, capsys
) -> None:
    data = tmp_path / "data"
    write_recording(recording, data)
    hand = tmp_path / "hand.yaml"
    text = (Path(__file__).parents[2] / "config" / "hands" / "five_finger.yaml").read_text()
    hand.write_text(
        text.replace("name: five_finger", "name: other", 1).replace("full_scale: ", "full_scale: 1", 1)
    )
    other = load_hand(hand)
    assert other.signature != HAND.signature
    with pytest.raises(DataError, match="made with another hand than 'other'"):
        from_dataset(data, other, ITEMS, 1.0)
    capsys.readouterr()
    arguments = ["finetune", "--dataset", str(data), "--model", str(tiny_model), "--hand", str(hand)]
    assert main([*arguments, "--out", str(tmp_path / "new")]) == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert not (tmp_path / "new").exists()


def test_deviations_follow_the_robot_more_the_more_grasps_there_are(tiny_model: Path) -> None:
    card = read_card(tiny_model)
    objects = list(ITEMS.values())

    def scale(grasps: int) -> float:
        network = load_network(tiny_model / "weights.safetensors", card)
        touch = labelled(from_stand_in(HAND, ITEMS, PLANT, grasps, 3, 2), HAND, objects, None)
        network.deviation_scale.fill_(0.01)  # far too sure of itself
        rescale(network, None, TensorGroups.of(touch))
        return float(network.deviation_scale.log().mean())

    few, many = scale(10), scale(200)
    assert np.log(0.01) < few < many
    network = load_network(tiny_model / "weights.safetensors", card)
    held = TensorGroups.of(labelled(from_stand_in(HAND, ITEMS, PLANT, 300, 3, 2), HAND, objects, None))
    rescale(network, None, held)
    with torch.inference_mode():
        wrong, deviation, weight, _ = pair_errors(network, held)
    assert 0.55 < (np.abs(wrong) < deviation)[weight > 0].mean() < 0.8


def test_one_robot_of_a_plant_is_the_same_in_every_trial() -> None:
    robot = OneRobot(load_plant(PLANT), HAND, 3)
    assert robot.sample(HAND, np.random.default_rng(1)) is robot.robot(HAND, 8)
    np.testing.assert_array_equal(
        robot.sample(HAND, np.random.default_rng(1)).taxel_gain, load_plant(PLANT).robot(HAND, 3).taxel_gain
    )


def test_robots_that_a_recording_leaves_possible_lie_around_the_fitted_one() -> None:
    sample = load_plant("nominal").typical(HAND)
    fitted = FittedRobot(sample, 0.01, np.full(34, 1e-3), (2.0, 1.0), 50)
    rng = np.random.default_rng(0)
    robots = [fitted.likely(HAND, rng) for _ in range(200)]
    stiffness = np.log([robot.taxel_stiffness / sample.taxel_stiffness for robot in robots])
    assert abs(stiffness.mean()) < 0.01
    assert 0.02 < stiffness.std() < 0.04
    felt = np.mean([robot.taxel_gain * (1 - robot.hysteresis) for robot in robots])
    assert felt == pytest.approx(1.0, abs=0.01)
    assert fitted.likely(HAND, rng, 0.0).taxel_stiffness == sample.taxel_stiffness


def test_every_shipped_way_can_be_loaded_and_nonsense_is_refused(tmp_path: Path) -> None:
    folder = Path(__file__).parents[2] / "config" / "finetuning"
    for path in folder.glob("*.yaml"):
        assert load_finetuning(path.stem) == load_finetuning(path)
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text("simulated: none\nrecorded_share: 0.5\n")
    with pytest.raises(ConfigError, match="recorded_share must be 1 where simulated is none"):
        load_finetuning(wrong)


def test_the_command_fits_a_stand_in_and_tells_before_and_after(
    tiny_model: Path, tmp_path: Path, capsys
) -> None:
    out, figures = tmp_path / "new", tmp_path / "card.json"
    arguments = ["--simulate", PLANT, "--grasps", "10", "--seed", "3", "--model", str(tiny_model)]
    assert main(["finetune", *arguments, "--steps", "2", "--out", str(out), "--json", str(figures)]) == 0
    assert "held out" in capsys.readouterr().out
    card = json.loads(figures.read_text())
    assert card["data"]["fitted_robot"]["model_error"] > 0
    assert card["model_id"] == load_policy(out, HAND).model_id
    assert main(["finetune"]) == 2
    assert "--bags DIR, --dataset DIR and --simulate" in capsys.readouterr().err
