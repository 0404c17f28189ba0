"""Two touches of one hand: alike within noise and the expected pose error, or not, and which finger says so."""

from __future__ import annotations

import numpy as np
import pytest

from tacrefine.hands import load_hand
from tacrefine.hands.kinematics import PadPlaces, link_poses
from tacrefine.objects import load_objects
from tacrefine.plants import load_plant
from tacrefine.sim import QuasistaticSimulator
from tacrefine.touch import Sensor
from tacrefine.touch.comparison import MeanTouch, TouchComparison

HAND = load_hand()
OBJECTS = load_objects()
NEAR = np.array([0.0, 0.0, 5e-5, 1e-3, 1e-3, 0.0])
"""an expected error of 0.05 mm and 0.06 deg"""


@pytest.fixture(scope="module")
def felt():
    """Mean touch of so many readings of a grasp of one robot."""
    simulator = QuasistaticSimulator(HAND)
    robot = load_plant("nominal").sample(HAND, np.random.default_rng(5))

    def close(name: str, pose=(0, 0, 0.001, 0.02, 0.01, 0), frames: int = 8, seed: int = 0) -> MeanTouch:
        batch = simulator.grasp(OBJECTS[name], np.array([pose], float), robot)
        sensor = Sensor(HAND, robot, np.random.default_rng(seed))
        tactile = np.stack([sensor.read(batch.force[0]) for _ in range(frames)])
        joints = np.stack([sensor.read_joints(batch.joints[0]) for _ in range(frames)])
        return MeanTouch.of(HAND, tactile, joints)

    return close


@pytest.fixture(scope="module")
def compare() -> TouchComparison:
    return TouchComparison(HAND)


def test_the_same_grasp_felt_twice_is_no_finding(felt, compare) -> None:
    for name in ("rod_10", "plate_6", "disk_90x8"):
        found = compare(felt(name, seed=1), felt(name, seed=2), NEAR, OBJECTS[name].observable)
        assert not found.is_mismatch
        assert 0.3 < found.image < 1.5


@pytest.mark.parametrize(
    ("shown", "held"), [("rod_10", "plate_8"), ("plate_8", "rod_10"), ("disk_90x8", "plate_4")]
)
def test_another_class_of_object_is_a_finding(felt, compare, shown, held) -> None:
    assert compare(felt(held, seed=1), felt(shown, seed=2), NEAR, OBJECTS[shown].observable).is_mismatch


def test_a_plate_two_millimetres_thicker_is_told_by_where_the_fingers_stand(felt, compare) -> None:
    found = compare(felt("plate_8", seed=1), felt("plate_6", seed=2), NEAR, OBJECTS["plate_6"].observable)
    assert found.place > found.settings.largest_place
    assert found.is_mismatch


def test_a_pose_error_is_a_finding_unless_it_is_expected(felt, compare) -> None:
    there, axes = felt("rod_10", seed=1), OBJECTS["rod_10"].observable
    off = felt("rod_10", (0, 0, 0.002, 0.02, 0.01, 0), seed=2)
    expected = np.where(axes, np.repeat([0.001, 0.02], 3), 0.0)
    assert compare(off, there, NEAR, axes).is_mismatch
    assert compare(off, there, expected, axes).ratio < 0.95 * compare(off, there, NEAR, axes).ratio


def test_the_finger_that_differs_is_named(felt, compare) -> None:
    there, here = felt("rod_10", seed=1), felt("rod_10", seed=2)
    ring = HAND.finger_slices[3]
    tactile = here.tactile.copy()
    tactile[ring] = tactile[ring].reshape(11, 9)[::-1].ravel() + 0.4
    changed = MeanTouch(tactile, here.joints, here.frames, here.noise, here.joint_noise)
    found = compare(changed, there, NEAR, OBJECTS["rod_10"].observable)
    assert found.is_mismatch
    assert found.finger == "ring"


def test_gains_and_zeros_within_what_sensors_do_are_no_finding(felt, compare) -> None:
    there, here = felt("plate_6", seed=1), felt("plate_6", seed=2)
    tactile = here.tactile * np.repeat([0.93, 1.05, 1.0, 0.96, 1.06], 99) + 0.008
    changed = MeanTouch(tactile, here.joints, here.frames, here.noise, here.joint_noise)
    assert not compare(changed, there, NEAR, OBJECTS["plate_6"].observable).is_mismatch


def test_dead_taxels_and_a_silent_finger_are_left_out(felt, compare) -> None:
    there, here = felt("rod_10", seed=1), felt("rod_10", seed=2)
    tactile = here.tactile.copy()
    tactile[HAND.finger_slices[4]] = np.nan
    tactile[::7] = np.nan
    found = compare(
        MeanTouch(tactile, here.joints, here.frames, here.noise, here.joint_noise),
        there,
        NEAR,
        OBJECTS["rod_10"].observable,
    )
    assert np.isfinite(found.images).all()
    assert not found.is_mismatch


def test_readings_that_repeat_exactly_are_compared_too(felt, compare) -> None:
    there = felt("rod_10", seed=1)
    same = MeanTouch.of(
        HAND, np.repeat(there.tactile[None], 4, axis=0), np.repeat(there.joints[None], 4, axis=0)
    )
    assert not compare(same, same, NEAR, OBJECTS["rod_10"].observable).is_mismatch
    other = felt("plate_8", seed=1)
    steady = MeanTouch.of(
        HAND, np.repeat(other.tactile[None], 4, axis=0), np.repeat(other.joints[None], 4, axis=0)
    )
    assert compare(steady, same, NEAR, OBJECTS["rod_10"].observable).is_mismatch


def test_places_of_pads_are_those_of_the_kinematic_chains() -> None:
    joints = np.linspace(0.1, 0.6, len(HAND.joint_names))
    links = link_poses(HAND, joints)
    for place, pad in zip(PadPlaces(HAND)(joints), HAND.pads, strict=True):
        pose = HAND.centre_from_wrist * links[pad.joint] * pad.pose_in_link
        assert place[0] == pytest.approx(pose.apply(pad.points.mean(axis=0)))
        normal = pose.rotation.apply(pad.normals.mean(axis=0))
        assert place[1] == pytest.approx(normal / np.linalg.norm(normal))
