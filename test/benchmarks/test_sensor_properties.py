"""Fits of sensor properties find what the simulated sensor was given, and what is shipped agrees with the fits."""

from __future__ import annotations

import dataclasses
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tacrefine.config import share_dir
from tacrefine.hands import load_hand
from tacrefine.plants import PlantSample, load_plant
from tacrefine.touch import Sensor
from tacrefine.touch import properties as fits

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))

import sensor_properties

HAND = load_hand()
FULL = float(HAND.full_scale[0])


def robot(**changed: Any) -> PlantSample:
    return dataclasses.replace(load_plant("ideal").sample(HAND, np.random.default_rng(0)), **changed)


def resting(sensor: Sensor, grasps: int, frames: int = 12) -> list[NDArray[np.float64]]:
    """Readings of a light even load, grasp by grasp."""
    load = np.full(HAND.taxel_count, 0.5 * FULL)
    found = []
    for _ in range(grasps):
        found.append(np.stack([sensor.read(load) for _ in range(frames)]).astype(float))
        sensor.release()
    return found


def test_zero_noise_and_drift_of_the_simulated_sensor_are_found_again() -> None:
    sample = robot(zero=0.02, noise=0.01, drift=0.006)
    sensor = Sensor(HAND, sample, np.random.default_rng(1))
    sessions = [resting(sensor, 15) for _ in range(3)]
    noise = fits.frame_noise([grasp for session in sessions for grasp in session])
    assert noise == pytest.approx(0.01, rel=0.05)
    zeros = [np.stack([grasp.mean(axis=0) for grasp in session]) for session in sessions]
    step = fits.drift_step(zeros, noise / np.sqrt(12))
    assert step.value == pytest.approx(0.006, rel=0.2)
    assert step.detail["zero_within_session"] == pytest.approx(0.02, rel=0.1)
    assert step.explains > 0.8
    alone = Sensor(HAND, robot(zero=0.02), np.random.default_rng(2))
    ones = [np.stack([grasp.mean(axis=0) for grasp in resting(alone, 1, 1)]) for _ in range(6)]
    zero = fits.zero_spread(ones)
    assert zero.value == pytest.approx(0.02, rel=0.1)
    assert zero.explains == pytest.approx(0.5, abs=0.05)


def test_a_taxel_that_was_touched_says_nothing_of_its_zero() -> None:
    rng = np.random.default_rng(0)
    sessions = [0.01 * rng.standard_normal((1, 400)) for _ in range(4)]
    sessions[0][:, 0] = np.nan
    sessions[1][:, 1] = np.nan
    assert fits.zero_spread(sessions).value == pytest.approx(0.01, rel=0.15)


@pytest.mark.parametrize("share", [0.15, -0.1, 0.0])
def test_creep_of_the_simulated_sensor_is_found_again(share: float) -> None:
    sensor = Sensor(HAND, robot(creep=share, creep_time=0.6), np.random.default_rng(0))
    load = 0.6 - 0.4 * np.cos(np.linspace(0, 20 * np.pi, 1500))
    sensor.read(np.zeros(HAND.taxel_count))  # what passes before a grasp is read
    readings = np.array([sensor.read(np.full(HAND.taxel_count, 0.9 * one * FULL))[0] for one in load])
    found = fits.creep(load, readings.astype(float) / readings.max(), cycles=10)
    assert found.value == pytest.approx(share, abs=0.03)
    if share:
        assert found.detail["time_rows"] == pytest.approx(60, rel=0.4)
        assert found.explains > 0.9


@pytest.mark.parametrize("share", [0.0, 0.3, 0.5])
def test_the_share_of_neighbouring_strips_is_found_again(share: float) -> None:
    places = np.repeat(np.arange(0.0, 71.0), 3)
    centres = 5.0 + 12.0 * np.arange(6)
    own = fits._bump(places[:, None] - centres, 12.0, 4.0)
    padded = np.pad(own, ((0, 0), (1, 1)))
    signals = (1 - share) * own + share * (padded[:, :-2] + padded[:, 2:]) / 2
    found = fits.cross_talk(places, signals)
    assert found.value == pytest.approx(share, abs=0.06)
    assert found.explains > 0.97
    assert found.detail["pitch"] == pytest.approx(12.0, rel=0.05)


def test_steps_are_the_smallest_change_and_how_much_stays_the_same() -> None:
    frames = np.array([[1.0, 5.0], [1.0, 5.0], [1.5, 5.0], [3.0, 5.0]])
    assert fits.steps(frames) == (0.5, pytest.approx(4 / 6), pytest.approx(1 / 3))


def test_no_folder_and_a_folder_without_recordings_are_refused_in_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(sensor_properties.VARIABLE, raising=False)
    assert sensor_properties.main([]) == 2
    assert sensor_properties.VARIABLE in capsys.readouterr().err
    assert sensor_properties.main([str(tmp_path)]) == 2
    assert "icub_grasps" in capsys.readouterr().err
    (tmp_path / "eflesh").mkdir()
    (tmp_path / "eflesh" / "eflesh.npz").write_bytes(b"no archive")
    assert sensor_properties.main([str(tmp_path)]) == 2
    assert "eflesh.npz" in capsys.readouterr().err


def fitted() -> list[dict[str, Any]]:
    path = share_dir() / "results" / "sensor_properties.json"
    return list(json.loads(path.read_text())["fits"].values())


def test_training_ranges_cover_everything_that_was_fitted() -> None:
    for row in fitted():
        low, high = getattr(load_plant("training").description.sensor, row["parameter"]).bounds
        assert low <= row["value"] <= high, row
        assert (row["training_low"], row["training_high"]) == (low, high)


def test_the_plant_with_the_worse_skin_has_twice_what_was_fitted() -> None:
    skin, hard = load_plant("hard_skin").description, load_plant("hard").description
    for name in ("zero", "drift", "creep", "cross_talk"):
        values = [row["value"] for row in fitted() if row["parameter"] == name]
        assert getattr(skin.sensor, name).bounds[0] == pytest.approx(2 * np.mean(values), rel=0.01), name
    assert (skin.mechanics, skin.joints, skin.wrist) == (hard.mechanics, hard.joints, hard.wrist)
    assert skin.sensor.noise == hard.sensor.noise
