"""The Python API: arrays in, correction out, without ROS and without torch."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import tacrefine
from tacrefine.errors import ConfigError, ModelError, SimulationError, TouchError
from tacrefine.geometry import error_between, from_coordinates

ROOT = Path(__file__).parents[2]
HAND = tacrefine.Hand.load("five_finger")
PLATE = tacrefine.load_objects("fifteen")["plate_8"]
OFF = np.array([0.0, 0.0, -0.004, 0.0, 0.08, 0.0])


@pytest.fixture(scope="module")
def policy() -> tacrefine.Policy:
    return tacrefine.Policy.load("five_finger")


@pytest.mark.processes
def test_import_is_quick_and_loads_neither_torch_nor_ros() -> None:
    program = (
        "import sys, time; began = time.process_time(); import tacrefine; took = time.process_time() - began;"
        "print(took); assert not {'torch', 'rclpy', 'numpy', 'mujoco'} & set(sys.modules), sys.modules.keys()"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        env={"PYTHONPATH": str(ROOT / "src"), "PATH": "/usr/bin:/bin"},
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert float(done.stdout) < 0.3


def test_every_name_of_the_api_can_be_had_and_is_listed() -> None:
    for name in tacrefine.__all__:
        assert getattr(tacrefine, name) is not None
        assert name in dir(tacrefine)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = tacrefine.nothing


def test_a_correction_from_arrays_takes_the_grasp_to_the_target(policy: tacrefine.Policy) -> None:
    felt, shown = tacrefine.simulate(HAND, PLATE, OFF, seed=3), tacrefine.simulate(HAND, PLATE, seed=3)
    current = tacrefine.Touch.from_arrays(HAND, felt.tactile, felt.joints)
    correction = policy.correct(current, shown, axes=PLATE)
    wrist = from_coordinates(OFF) * HAND.centre_from_wrist
    after = correction.applied_to(wrist) * HAND.wrist_from_centre
    metres, radians = error_between(after, from_coordinates(np.zeros(6)))
    assert metres < 0.001
    assert radians < np.radians(1.5)
    assert str(correction).startswith("move the wrist by x ")


def test_axes_are_an_object_names_or_booleans_and_mean_the_same(policy: tacrefine.Policy) -> None:
    felt, shown = tacrefine.simulate(HAND, "plate_8", OFF), tacrefine.simulate(HAND, "plate_8")
    ways = (PLATE, ["z", "roll", "pitch"], [False, False, True, True, True, False])
    moves = [policy.correct(felt, shown, axes=axes).increment.as_matrix() for axes in ways]
    assert np.array_equal(moves[0], moves[1])
    assert np.array_equal(moves[0], moves[2])


@pytest.mark.parametrize(
    ("axes", "sentence"),
    [(["depth"], "Axis 'depth' does not exist; allowed are x, y"), ([True, False], "axes must be an object")],
)
def test_axes_that_do_not_exist_are_named(policy: tacrefine.Policy, axes: list[str], sentence: str) -> None:
    shown = tacrefine.simulate(HAND, PLATE)
    with pytest.raises(ModelError, match=sentence):
        policy.correct(shown, shown, axes=axes)


def test_a_touch_of_another_hand_is_refused(policy: tacrefine.Policy) -> None:
    other = tacrefine.Hand.load("inspire_rh56dftp")
    empty = tacrefine.Touch.from_arrays(other, np.zeros(other.taxel_count), np.zeros(len(other.joint_names)))
    with pytest.raises(
        ModelError, match="The touch is of hand 'inspire_rh56dftp', the policy is of hand 'five_finger'"
    ):
        policy.correct(empty, empty, axes=["z"])


def test_pads_by_name_in_newton_and_raw_counts_are_the_flat_array_of_readings() -> None:
    flat = np.linspace(0.0, 1.0, HAND.taxel_count, dtype=np.float32)
    joints = dict(zip(HAND.joint_names, [0.1] * len(HAND.joint_names), strict=True))
    touch = tacrefine.Touch.from_arrays(HAND, flat, joints)
    assert np.array_equal(touch.tactile, flat)
    assert touch.pads[HAND.pads[0].name].shape == (11, 9)
    newton = {name: image * HAND.pads[0].full_scale_n for name, image in touch.pads.items()}
    again = tacrefine.Touch.from_arrays(HAND, newton, joints, unit="newton")
    assert np.allclose(again.tactile, flat, atol=1e-6)
    raw = {name: image * 255.0 for name, image in touch.pads.items()}
    assert np.allclose(tacrefine.Touch.from_arrays(HAND, raw, joints, unit="raw").tactile, flat, atol=1e-6)


@pytest.mark.parametrize(
    ("pads", "joints", "unit", "sentence"),
    [
        (np.zeros(7), np.zeros(11), "normalized", r"shape \(7,\); hand 'five_finger' has 495 taxels"),
        (np.zeros(495), np.zeros(3), "normalized", "joint array has the shape"),
        (
            np.zeros(495),
            np.zeros(11),
            "pascal",
            "Unit 'pascal' is unknown; allowed are normalized, newton, raw",
        ),
        ({"toe": np.zeros((11, 9))}, np.zeros(11), "normalized", "Tactile pad 'toe' is unknown"),
        (np.full(495, np.inf), np.zeros(11), "normalized", "infinite"),
    ],
)
def test_arrays_that_do_not_fit_are_refused_in_one_sentence(
    pads: object, joints: object, unit: object, sentence: str
) -> None:
    with pytest.raises(TouchError, match=sentence):
        tacrefine.Touch.from_arrays(HAND, pads, joints, unit)


def test_the_mean_of_several_readings_is_their_mean() -> None:
    joints = np.zeros(len(HAND.joint_names))
    low, high = (tacrefine.Touch.from_arrays(HAND, np.full(495, value), joints) for value in (0.2, 0.4))
    assert np.allclose(tacrefine.Touch.mean([low, high]).tactile, 0.3)
    with pytest.raises(TouchError, match="at least one"):
        tacrefine.Touch.mean([])


def test_a_simulated_grasp_is_the_same_for_the_same_seed_and_another_for_another() -> None:
    first, again, other = (tacrefine.simulate(HAND, "rod_8", seed=seed) for seed in (1, 1, 2))
    assert np.array_equal(first.tactile, again.tactile, equal_nan=True)
    assert not np.array_equal(first.tactile, other.tactile, equal_nan=True)
    assert first.contact is tacrefine.ContactState.GOOD


def test_a_pose_without_contact_and_an_unknown_object_are_told() -> None:
    with pytest.raises(SimulationError, match="does not hold 'plate_8'"):
        tacrefine.simulate(HAND, PLATE, [0.0, 0.0, 0.05, 0.0, 0.0, 0.0])
    with pytest.raises(ConfigError, match="Object 'spoon' is unknown; the set 'fifteen' has rod_8"):
        tacrefine.simulate(HAND, "spoon")


def test_evaluate_gives_the_figures_of_the_command_line() -> None:
    seen: list[tuple[int, int]] = []
    figures = tacrefine.evaluate(trials=2, seed=5, steps=2, progress=lambda *done: seen.append(done))
    assert figures["all"]["trials"] == 30
    assert seen[-1] == (30, 30)
    with pytest.raises(ConfigError, match="evaluate has no setting 'tirals'; allowed are hand"):
        tacrefine.evaluate(tirals=2)


def test_a_picture_is_written(tmp_path: Path) -> None:
    touch = tacrefine.simulate(HAND, PLATE)
    tacrefine.draw_touches({"now": touch}, tmp_path / "pictures" / "touch.png")
    assert (tmp_path / "pictures" / "touch.png").stat().st_size > 5_000
