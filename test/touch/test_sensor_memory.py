"""What real taxels do and ideal ones do not: zeros, drift, creep, cross-talk, saturation, coarse or old readings."""

from __future__ import annotations

import dataclasses
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tacrefine.config import share_dir
from tacrefine.errors import ConfigError
from tacrefine.hands import load_hand
from tacrefine.objects import load_objects
from tacrefine.plants import Plant, PlantDescription, PlantSample, load_plant
from tacrefine.plants.description import LATER, SensorNoise
from tacrefine.sim.robot import SimulatedRobot
from tacrefine.touch import Sensor

HAND = load_hand()
INDEX = HAND.pad_slices[1]
MIDDLE = INDEX.start + 5 * 9 + 4
FULL = float(HAND.full_scale[0])


def robot(**changed: Any) -> PlantSample:
    return dataclasses.replace(load_plant("ideal").sample(HAND, np.random.default_rng(0)), **changed)


def sensor(**changed: Any) -> Sensor:
    return Sensor(HAND, robot(**changed), np.random.default_rng(0))


def pressed(share: float = 0.5) -> NDArray[np.float64]:
    return np.full(HAND.taxel_count, share * FULL)


def plant(**keys: Any) -> Plant:
    content = {"name": "made", "description": "made", "tactile_model": "quasistatic", "sensor": keys}
    return Plant(PlantDescription.model_validate(content))


def test_a_plant_without_the_later_properties_has_the_robots_that_it_always_had() -> None:
    old, new = plant(noise=0.02, taxel_gain=0.1), plant(noise=0.02, taxel_gain=0.1, zero=0.02, creep=0.1)
    a, b = old.robot(HAND, 3), new.robot(HAND, 3)
    assert (a.taxel_gain == b.taxel_gain).all()
    assert (a.fingertip_offsets == b.fingertip_offsets).all()
    assert (a.zero, b.zero, b.creep) == (0.0, 0.02, 0.1)
    rng, untouched = np.random.default_rng(1), np.random.default_rng(1)
    Sensor(HAND, a, rng).read(pressed())
    untouched.standard_normal((1, HAND.taxel_count), dtype=np.float32)
    assert rng.random() == untouched.random()


def test_zeros_differ_from_grasp_to_grasp_and_stay_within_one() -> None:
    taxels = sensor(zero=0.05)
    first, again = taxels.read(pressed()), taxels.read(pressed())
    taxels.release()
    other = taxels.read(pressed())
    assert (first == again).all()
    assert first.std() == pytest.approx(0.05, rel=0.15)
    assert (other - first).std() == pytest.approx(0.05 * np.sqrt(2), rel=0.15)


def test_drift_adds_up_from_grasp_to_grasp() -> None:
    taxels = sensor(drift=0.01)
    first = taxels.read(pressed())
    assert (first == first[0]).all()
    for _ in range(25):
        taxels.release()
    assert (taxels.read(pressed()) - first).std() == pytest.approx(0.05, rel=0.2)


def test_what_creeps_rises_under_load_and_fades_after_it() -> None:
    taxels = Sensor(HAND, robot(creep=0.4, creep_time=2.0), np.random.default_rng(0), period=0.1)
    soon, late = taxels.read(pressed())[0], [taxels.read(pressed()) for _ in range(200)][-1][0]
    assert soon < 0.49
    assert late == pytest.approx(0.5, abs=0.01)
    left = [taxels.read(pressed(0.0))[0] for _ in range(40)]
    assert left[0] == pytest.approx(0.4 * 0.5, abs=0.02)
    assert left[0] > left[20] > left[39]
    taxels.reset()
    assert taxels.read(pressed(0.0))[0] == 0.0


def test_what_relaxes_falls_under_load() -> None:
    taxels = Sensor(HAND, robot(creep=-0.4, creep_time=20.0), np.random.default_rng(0), period=0.1)
    readings = [taxels.read(pressed())[0] for _ in range(600)]
    assert readings[0] > readings[100] > readings[-1]
    assert readings[-1] == pytest.approx(0.5, abs=0.02)


def test_a_grasp_still_tells_of_the_grasp_before_where_the_skin_creeps() -> None:
    taxels = sensor(creep=0.4, creep_time=30.0)
    fresh = sensor(creep=0.4, creep_time=30.0).read(pressed(0.2))[0]
    for _ in range(20):
        taxels.read(pressed(0.9), frames=500)
    taxels.release()
    assert taxels.read(pressed(0.2))[0] > fresh + 0.1


def test_cross_talk_gives_neighbours_their_share_and_other_pads_none() -> None:
    force = np.zeros(HAND.taxel_count)
    force[MIDDLE] = 0.8 * FULL
    reading = sensor(cross_talk=0.4).read(force)
    assert reading[MIDDLE] == pytest.approx(0.8 * 0.6, abs=0.01)
    around = [MIDDLE + 9 * row + col for row in (-1, 0, 1) for col in (-1, 0, 1) if (row, col) != (0, 0)]
    assert np.allclose(reading[around], 0.8 * 0.4 / 8, atol=0.01)
    assert reading.sum() == pytest.approx(0.8, abs=0.03)
    assert reading[INDEX].sum() == reading.sum()
    assert np.allclose(sensor(cross_talk=0.4).read(pressed()), 0.5, atol=0.01)


def test_readings_end_at_saturation_and_change_in_steps_of_the_resolution() -> None:
    ramp = np.linspace(0.0, 1.0, HAND.taxel_count) * FULL
    assert sensor(saturation=0.6).read(ramp).max() == pytest.approx(0.6, abs=0.005)
    assert len(np.unique(sensor(resolution=0.1).read(ramp))) == 11
    assert len(np.unique(sensor().read(ramp))) == 256


def test_repeated_frames_do_not_average_the_noise_away() -> None:
    def spread(repeats: float) -> float:
        one = robot(noise=0.03, repeats=repeats)
        force = np.tile(pressed(), (40, 1))
        reading = Sensor(HAND, [one] * 40, np.random.default_rng(0)).read(force, frames=8)
        return float(reading.std())

    assert spread(0.0) == pytest.approx(0.03 / np.sqrt(8), rel=0.1)
    assert spread(0.9) > 0.02
    taxels = sensor(noise=0.03, repeats=0.9)
    frames = [taxels.read(pressed()) for _ in range(100)]
    same = sum((a == b).all() for a, b in pairwise(frames))
    assert 80 <= same <= 98


def test_a_batch_mixes_robots_that_have_these_properties_with_those_that_have_none() -> None:
    bad = robot(zero=0.05, creep=0.3, cross_talk=0.3, saturation=0.4, resolution=0.05)
    both = Sensor(HAND, [robot(), bad], np.random.default_rng(0)).read(np.tile(pressed(), (2, 1)))
    assert np.allclose(both[0], 0.5, atol=0.003)
    assert both[1].max() == pytest.approx(0.4, abs=0.003)


@pytest.mark.parametrize(
    ("key", "value"),
    [("zero", -0.1), ("cross_talk", 0.9), ("creep", 1.0), ("saturation", 0.0), ("repeats", 1.0)],
)
def test_a_value_out_of_its_bounds_is_refused_with_file_and_key(
    tmp_path: Any, key: str, value: float
) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text(f"name: bad\ndescription: bad\ntactile_model: quasistatic\nsensor: {{{key}: {value}}}\n")
    with pytest.raises(ConfigError, match=rf"bad\.yaml.*sensor\.{key}.*must lie in"):
        load_plant(path)


def test_the_training_plant_covers_the_hand_that_was_fitted_and_every_later_property() -> None:
    def bounds(name: str, section: str, key: str) -> tuple[float, float]:
        found: tuple[float, float] = getattr(getattr(load_plant(name).description, section), key).bounds
        return found

    sections = {"mechanics": ("taxel_stiffness", "closing_torque"),
                "sensor": ("noise", "threshold", "taxel_gain", "finger_gain")}  # fmt: skip
    for section, keys in sections.items():
        for key in keys:
            low, high = bounds("training", section, key)
            assert low <= bounds("inspire_fitted", section, key)[0] <= high, key
    assert load_plant("training").description.sensor.changed == list(LATER)
    assert set(LATER) < set(SensorNoise.model_fields)
    assert (share_dir() / "config" / "plants" / "training.yaml").exists()


def test_the_simulated_robot_has_other_zeros_after_the_hand_has_let_go() -> None:
    content = {"name": "made", "description": "made", "tactile_model": "elastic", "sensor": {"zero": 0.05}}
    robot = SimulatedRobot(HAND, 0.1, 0.5, 2.0)
    made = Plant(PlantDescription.model_validate(content))
    robot.reset(load_objects("fifteen")["rod_8"], made, np.zeros(6), close=True)
    untouched = np.flatnonzero(robot._world.taxel_force() == 0.0)  # type: ignore[union-attr]
    held = robot.read().tactile[untouched]
    assert (robot.read().tactile[untouched] == held).all()
    robot.command_hand(HAND.actuated_joints, [(HAND.open_positions, 0.3)])
    for _ in range(40):
        robot.advance()
        opened = robot.read().tactile[untouched]
    assert (opened != held).mean() > 0.5
    assert (robot.read().tactile[untouched] == opened).all()
