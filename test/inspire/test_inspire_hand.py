"""The Inspire RH56DFTP in simulation: its pads, its grasps, its model, and the command line with `--hand`."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from tacrefine.bringup.arguments import Arguments
from tacrefine.bringup.description import describe
from tacrefine.cli import main
from tacrefine.config import model_of
from tacrefine.hands import load_hand
from tacrefine.objects import load_objects
from tacrefine.plants import load_plant
from tacrefine.policy import load_policy
from tacrefine.sim import QuasistaticSimulator
from tacrefine.sim.robot import SimulatedRobot
from tacrefine.touch import Sensor

HAND = load_hand("inspire_rh56dftp")
OBJECTS = load_objects()


def test_it_has_five_fingers_a_palm_six_drives_and_seventeen_pads() -> None:
    shapes = {pad.name: (pad.rows, pad.cols) for pad in HAND.pads}
    assert len(shapes) == 17
    assert sum(rows * cols for rows, cols in shapes.values()) == HAND.taxel_count == 1062
    assert shapes["palm"] == (8, 14)
    assert shapes["thumb_middle"] == shapes["ring_tip"] == (3, 3)
    assert shapes["thumb_pad"] == shapes["little_fingertip"] == (12, 8)
    assert len(HAND.actuated_joints) == 6


def test_couplings_are_the_makers() -> None:
    bent = dict(zip(HAND.joint_names, HAND.joint_positions_at(np.full(6, 0.5)), strict=True))
    assert bent["index_distal"] == pytest.approx(0.5 * 1.0843)
    assert bent["thumb_intermediate"] == pytest.approx(0.5 * 0.8024)
    assert bent["thumb_distal"] == pytest.approx(0.5 * 0.8024 * 0.9487, abs=1e-4)


def test_a_nominal_grasp_holds_every_object_with_the_thumb_and_three_fingertips() -> None:
    sample = load_plant("ideal").typical(HAND)
    simulator = QuasistaticSimulator(HAND)
    for item in OBJECTS.values():
        grasp = simulator.grasp(item, np.zeros((1, 6)), sample)
        assert grasp.valid.all(), item.name
        assert HAND.fingers_in_contact(grasp.force)[0, :4].all(), item.name


def test_bringup_takes_the_model_of_the_hands_name_or_the_one_for_any_hand_unless_one_is_named() -> None:
    nodes = {node.executable: node for node in describe(Arguments(hand=HAND.name))}
    assert nodes["policy"].parameters["model"] == HAND.name
    assert model_of("my/hands/left.yaml") == "any_hand"
    assert model_of(HAND.name, "other") == "other"


def test_the_simulated_robot_closes_it_around_an_object() -> None:
    robot = SimulatedRobot(HAND, linear_speed=0.2, angular_speed=1.0, hand_speed=3.0)
    robot.reset(OBJECTS["rod_13"], load_plant("nominal_elastic"), np.zeros(6), close=True)
    assert HAND.is_valid_grasp(np.nan_to_num(robot.read().tactile) * HAND.full_scale)


def test_generate_makes_a_dataset_of_this_hand(tmp_path: Path) -> None:
    out = tmp_path / "data"
    assert (
        main(["generate", "--hand", HAND.name, "--samples", "40", "--out", str(out), "--processes", "1"]) == 0
    )
    assert json.loads((out / "dataset.json").read_text())["settings"]["hand"] == HAND.name


def test_one_look_of_the_shipped_model_takes_most_of_an_error_away() -> None:
    policy = load_policy(model_of(HAND.name), HAND)
    rng = np.random.default_rng(11)
    sample = load_plant("nominal").sample(HAND, rng)
    sensor = Sensor(HAND, sample, rng)
    simulator = QuasistaticSimulator(HAND)
    shrinks = []
    for item in OBJECTS.values():
        poses = item.sample_poses(rng, 24)
        batch = simulator.grasp(item, poses, sample)
        readings, joints = sensor.read(batch.force, frames=8), sensor.read_joints(batch.joints)
        found = policy.predict_batch(readings[:12], joints[:12], readings[12:], joints[12:], item.observable)
        truth = (poses[12:] - poses[:12]) / np.maximum(item.half_range, 1e-9) * item.observable
        left = found.differences / np.maximum(item.half_range, 1e-9) * item.observable - truth
        shrinks.append(np.linalg.norm(left, axis=1) / np.linalg.norm(truth, axis=1))
    assert np.median(np.concatenate(shrinks)) < 0.25
