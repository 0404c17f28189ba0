"""Hands other than the default one: several pads a finger, flat and bent, a palm, own counts and contact force."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))

from made_hand import make_hand

from tacrefine.hands import Hand
from tacrefine.hands.images import finger_images
from tacrefine.objects.grasp_object import GraspObject
from tacrefine.objects.shapes import Plate
from tacrefine.plants import PlantSample, load_plant
from tacrefine.sim import ElasticSimulator, QuasistaticSimulator
from tacrefine.touch import ContactState, Sensor, TouchFrame, contact_state

BLOCK = GraspObject(
    "block", "plate", Plate(kind="plate", thickness=0.02, height=0.06), np.ones(6, bool), np.full(6, 0.004)
)


@pytest.fixture(scope="module")
def hand(tmp_path_factory: pytest.TempPathFactory) -> Hand:
    return make_hand(tmp_path_factory.mktemp("hand"))


def ideal(hand: Hand) -> PlantSample:
    return load_plant("ideal").typical(hand)


def by_pad(hand: Hand, force: np.ndarray) -> dict[str, float]:
    return {p.name: float(force[part].sum()) for p, part in zip(hand.pads, hand.pad_slices, strict=True)}


def test_taxels_stand_at_the_pitch_of_rows_and_of_columns(hand: Hand) -> None:
    palm = next(pad for pad in hand.pads if pad.name == "palm")
    grid = palm.points.reshape(palm.rows, palm.cols, 3)
    assert np.allclose(np.diff(grid[:, 0, 2]), 0.003)
    assert np.allclose(np.diff(grid[0, :, 1]), 0.004)
    assert np.ptp(grid[..., 0]) == 0.0  # flat


def test_both_tactile_models_agree_on_fingers_with_several_pads_and_on_a_pressed_palm(hand: Hand) -> None:
    poses = np.zeros((3, 6))
    poses[1, 2] = -0.014  # the edge lies between tips and second pads
    poses[2] = [0.0, 0.001, -0.0361, 0.01, 0.01, 0.0]
    elastic = ElasticSimulator(hand, BLOCK, ideal(hand)).grasp(poses)
    quasistatic = QuasistaticSimulator(hand).grasp(BLOCK, poses, ideal(hand))
    for a, b in zip(elastic.force, quasistatic.force, strict=True):
        assert np.corrcoef(a, b)[0, 1] > 0.97
        assert b.sum() == pytest.approx(a.sum(), rel=0.03)
    assert by_pad(hand, quasistatic.force[1])["index_pad"] > 0.1
    assert by_pad(hand, quasistatic.force[0])["palm"] == 0.0
    assert by_pad(hand, quasistatic.force[2])["palm"] > 0.5


def test_a_palm_is_pressed_as_far_as_the_object_stands_beyond_its_skin(hand: Hand) -> None:
    plain = replace(ideal(hand), contact_stiffness=1e5)
    poses = np.zeros((2, 6))
    poses[:, 2] = -0.036 - np.array([0.0005, 0.001])  # the palm lies 36 mm above the grasp centre
    force = QuasistaticSimulator(hand).grasp(BLOCK, poses, plain).force[:, hand.pad_slices[-1]]
    largest = force.max(axis=1)
    in_series = 1.0 / (1.0 / plain.taxel_stiffness + 1.0 / plain.contact_stiffness)
    assert largest == pytest.approx(in_series * np.array([0.0005, 0.001]), rel=0.02)


def test_a_palm_alone_is_no_grasp_and_no_finger_of_one(hand: Hand) -> None:
    touching = np.array(
        [[1, 1, 1, 0], [1, 1, 0, 1], [0, 1, 1, 1], [0, 0, 0, 1]],
        bool,
    )
    assert hand.counts_as_grasp(touching).tolist() == [True, False, False, False]
    frame = np.zeros(hand.taxel_count, np.float32)
    frame[hand.pad_slices[-1]] = 0.5
    assert contact_state(hand, TouchFrame(frame, np.zeros(6, np.float32))) is ContactState.PARTIAL


def test_the_contact_force_of_the_hand_decides_what_touches(tmp_path: Path) -> None:
    numb = make_hand(tmp_path, contact_force=5.0)
    grasp = QuasistaticSimulator(numb).grasp(BLOCK, np.zeros((1, 6)), ideal(numb))
    assert grasp.force.sum() > 1.0
    assert not grasp.valid.any()


def test_readings_come_in_counts_of_the_hands_converter(hand: Hand, tmp_path: Path) -> None:
    force = np.linspace(0.0, 0.35, hand.taxel_count, dtype=np.float32)
    fine = Sensor(hand, ideal(hand), np.random.default_rng(0)).read(force)
    assert np.allclose(fine * 4096, np.rint(fine * 4096), atol=1e-3)
    assert np.abs(fine - force / 0.4).max() < 0.6 / 4096


def test_below_the_threshold_of_the_plant_a_taxel_reads_nothing(hand: Hand) -> None:
    force = np.linspace(0.0, 0.4, hand.taxel_count, dtype=np.float32)
    draw = replace(ideal(hand), threshold=0.1)
    reading = Sensor(hand, draw, np.random.default_rng(0)).read(force)
    assert (reading[force / 0.4 < 0.0999] == 0.0).all()
    assert np.allclose(reading[force / 0.4 > 0.1001], (force / 0.4)[force / 0.4 > 0.1001], atol=3e-4)


def test_pictures_stack_the_pads_of_a_finger_from_the_tip(hand: Hand) -> None:
    values = np.arange(hand.taxel_count, dtype=float)
    thumb, *_, palm = finger_images(hand, values)
    assert thumb.values.shape == (8 + 1 + 6, 6)
    assert not thumb.inside[8].any()
    assert thumb.values[9, 0] == 8 * 6
    assert palm.inside.all()
    assert sum(image.inside.sum() for image in finger_images(hand, values)) == hand.taxel_count
