"""The simulated sensor, and the door through which tactile data reaches a policy."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from tacrefine.errors import TouchError
from tacrefine.hands import load_hand
from tacrefine.plants import load_plant
from tacrefine.touch import ContactState, PadReading, Sensor, TouchFrame, contact_state, frame_from_arrays

HAND = load_hand()
JOINTS = {name: 0.1 * i for i, name in enumerate(HAND.joint_names)}


def readings(unit: int = 1, value: float = 0.5) -> list[PadReading]:
    return [PadReading(p.name, p.rows, p.cols, unit, np.full(p.size, value, np.float32)) for p in HAND.pads]


def refusal(pads: list[PadReading], joints: dict[str, float] = JOINTS) -> str:
    with pytest.raises(TouchError) as caught:
        frame_from_arrays(HAND, pads, joints)
    return str(caught.value)


def test_pads_and_joints_in_any_order_give_the_hands_order() -> None:
    pads = readings()
    pads[3] = dataclasses.replace(pads[3], data=np.full(99, 0.25, np.float32))
    shuffled = frame_from_arrays(HAND, pads[::-1], dict(reversed(JOINTS.items())))
    assert np.allclose(shuffled.tactile[HAND.pad_slices[3]], 0.25)
    assert np.allclose(shuffled.joints, np.arange(11) * 0.1)


def test_raw_normalized_and_newton_agree() -> None:
    raw = frame_from_arrays(HAND, readings(0, 127.5), JOINTS).tactile
    normalized = frame_from_arrays(HAND, readings(1, 0.5), JOINTS).tactile
    newton = frame_from_arrays(HAND, readings(2, 0.175), JOINTS).tactile
    assert np.allclose(raw, normalized)
    assert np.allclose(newton, normalized)


def test_a_missing_an_unknown_and_a_doubled_pad_are_named() -> None:
    assert "little_tip" in refusal(readings()[:-1])
    extra = dataclasses.replace(readings()[0], name="toe_tip")
    assert "toe_tip" in refusal([*readings(), extra])
    assert "twice" in refusal([*readings(), readings()[0]])


def test_a_wrong_size_says_what_is_expected() -> None:
    pads = readings()
    pads[1] = PadReading("index_tip", 9, 11, 1, np.zeros(99, np.float32))
    assert "index_tip" in refusal(pads)
    assert "11 x 9" in refusal(pads)
    pads[1] = PadReading("index_tip", 11, 9, 1, np.zeros(98, np.float32))
    assert "98 values" in refusal(pads)


@pytest.mark.parametrize("bad", [np.inf, -np.inf, -0.1])
def test_infinite_and_far_negative_readings_are_refused(bad: float) -> None:
    pads = readings()
    pads[2].data[7] = bad
    assert "middle_tip" in refusal(pads)


def test_what_a_tared_sensor_reads_below_zero_is_zero_within_the_limit() -> None:
    pads = readings(value=0.0)
    pads[2].data[:] = -0.03
    pads[2].data[7] = np.nan
    tactile = frame_from_arrays(HAND, pads, JOINTS).tactile
    assert np.isnan(tactile[HAND.pad_slices[2]][7])
    assert np.nanmin(tactile) == np.nanmax(tactile) == 0.0
    with pytest.raises(TouchError, match=r"middle_tip.*-0\.030 of full scale.*-0\.02 \(negative_limit\)"):
        frame_from_arrays(HAND, pads, JOINTS, negative_limit=0.02)
    counts = readings(unit=0, value=-5.0)  # of 255
    assert frame_from_arrays(HAND, counts, JOINTS).tactile.max() == 0.0


def test_only_fingers_that_have_left_the_open_posture_hold_anything() -> None:
    frame = TouchFrame(np.full(HAND.taxel_count, 0.5, np.float32), np.zeros(11, np.float32))
    assert contact_state(HAND, frame) is ContactState.GOOD
    nothing, three = np.zeros(5, bool), np.array([True, True, True, False, False])
    assert contact_state(HAND, frame, closed=nothing) is ContactState.NONE
    assert contact_state(HAND, frame, closed=three) is ContactState.GOOD
    assert (
        contact_state(HAND, frame, closed=three & [True, True, False, False, False]) is ContactState.PARTIAL
    )


def test_a_few_dead_taxels_pass_and_a_quarter_of_a_pad_does_not() -> None:
    pads = readings()
    pads[0].data[:10] = np.nan
    assert np.isnan(frame_from_arrays(HAND, pads, JOINTS).tactile[:10]).all()
    pads[0].data[:30] = np.nan
    assert "thumb_tip" in refusal(pads)
    assert "30 of 99" in refusal(pads)


def test_a_missing_and_a_nan_joint_are_named() -> None:
    missing = {k: v for k, v in JOINTS.items() if k != "ring_pip"}
    assert "ring_pip" in refusal(readings(), missing)
    assert "ring_mcp" in refusal(readings(), {**JOINTS, "ring_mcp": float("nan")})


def test_an_unknown_unit_is_refused() -> None:
    assert "unit 7" in refusal([dataclasses.replace(readings()[0], unit=7), *readings()[1:]])


def test_contact_is_good_with_thumb_and_two_fingers_partial_with_one_and_none_in_noise() -> None:
    rng = np.random.default_rng(0)
    noise = np.clip(0.03 * rng.standard_normal(495), 0, 1).astype(np.float32)
    joints = np.zeros(11, np.float32)
    assert contact_state(HAND, TouchFrame(noise, joints)) == ContactState.NONE
    one = noise.copy()
    one[HAND.finger_slices[1]] += 0.3
    assert contact_state(HAND, TouchFrame(one, joints)) == ContactState.PARTIAL
    for finger in (0, 2):
        one[HAND.finger_slices[finger]] += 0.3
    assert contact_state(HAND, TouchFrame(one, joints)) == ContactState.GOOD


def test_the_sensor_quantises_clips_and_marks_dead_taxels() -> None:
    rng = np.random.default_rng(1)
    sample = dataclasses.replace(load_plant("ideal").sample(HAND, rng), dead=np.arange(495) == 4)
    reading = Sensor(HAND, sample, rng).read(np.full(495, 0.1234))
    assert np.isnan(reading[4])
    assert np.isfinite(np.delete(reading, 4)).all()
    assert np.allclose(reading[0] * 255, np.rint(0.1234 / 0.35 * 255))
    assert Sensor(HAND, sample, rng).read(np.full(495, 5.0))[0] == 1.0


def test_averaging_frames_lowers_the_noise() -> None:
    sample = load_plant("nominal").sample(HAND, np.random.default_rng(2))
    sensor = Sensor(HAND, sample, np.random.default_rng(3))
    force = np.full((200, 495), 0.17)
    single, averaged = sensor.read(force).std(axis=0).mean(), sensor.read(force, frames=9).std(axis=0).mean()
    assert averaged == pytest.approx(single / 3, rel=0.1)


def test_hysteresis_reads_more_after_a_heavier_load() -> None:
    sample = dataclasses.replace(load_plant("ideal").sample(HAND, np.random.default_rng(0)), hysteresis=0.2)
    sensor = Sensor(HAND, sample, np.random.default_rng(0))
    loading = sensor.read(np.full(495, 0.10))[0]
    sensor.read(np.full(495, 0.34))
    unloading = sensor.read(np.full(495, 0.10))[0]
    assert unloading > loading + 0.05
    sensor.reset()
    assert sensor.read(np.full(495, 0.10))[0] == loading


def test_a_batch_of_robots_reads_as_each_robot_alone() -> None:
    plant = load_plant("ideal")
    gains = [
        dataclasses.replace(
            plant.sample(HAND, np.random.default_rng(0)), taxel_gain=np.full(495, g, np.float32)
        )
        for g in (0.5, 1.0)
    ]
    batch = Sensor(HAND, gains, np.random.default_rng(0)).read(np.full((2, 495), 0.14))
    alone = [Sensor(HAND, g, np.random.default_rng(0)).read(np.full(495, 0.14)) for g in gains]
    assert np.allclose(batch, np.stack(alone), atol=1e-6)


def test_noise_and_bias_of_joints_that_slide_are_fractions_of_a_millimetre() -> None:
    gripper, plant = load_hand("parallel_gel"), load_plant("hard")  # 0.015 rad of bias, 0.001 rad of noise
    robots = [plant.sample(gripper, np.random.default_rng(seed)) for seed in range(200)]
    closed = np.tile(gripper.joint_positions_at(gripper.closed_positions), (200, 1))
    sensor = Sensor(gripper, robots, np.random.default_rng(0))
    first, second = (sensor.read_joints(closed)[:, 0] - closed[:, 0] for _ in range(2))
    assert np.std(first) == pytest.approx(0.015 * 0.07, rel=0.2)
    assert np.std(first - second) == pytest.approx(np.sqrt(2) * 0.001 * 0.07, rel=0.2)
