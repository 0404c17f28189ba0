"""`tacrefine bags check`: it finds in a bag what the simulated sensor was given, and says what a bag cannot tell."""

from __future__ import annotations

import dataclasses
import json
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from made import HAND, WRIST_AT, Story, record, spread

from tacrefine.bags.touch_check import checks, read_stretches
from tacrefine.cli import main
from tacrefine.errors import DataError
from tacrefine.hands import load_hand
from tacrefine.plants import load_plant
from tacrefine.touch import Sensor

FULL = float(HAND.full_scale[0])


class Felt(Story):
    """Grasps whose touch a simulated sensor reads, on a table where half of each pad is pressed."""

    def __init__(self, **changed: Any) -> None:
        super().__init__()
        sample = load_plant("ideal").sample(HAND, np.random.default_rng(0))
        self.sensor = Sensor(HAND, dataclasses.replace(sample, **changed), np.random.default_rng(0))
        self._pressed = np.arange(HAND.taxel_count) % 2 * 0.6 * FULL

    def tick(self, wrist: Any, closed: float, touch: float) -> None:
        force = (touch > 0) * self._pressed + 0.1 * FULL  # a bias, so that zeros of either sign are seen
        self._values = self.sensor.read(force)
        super().tick(wrist, closed, touch)

    def grasp(self, *arguments: Any, **options: Any) -> Story:
        super().grasp(*arguments, **options)
        self.sensor.release()
        return self


def _with_values(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the story's messages hold what the sensor read."""
    import made

    plain = made.tactile_array

    def array(hand: Any, values: Any, at: int, sequence: int = 0) -> Any:
        return plain(hand, Felt.current._values, at, sequence)

    monkeypatch.setattr(made, "tactile_array", array)


@pytest.fixture
def bag(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    _with_values(monkeypatch)
    number = count()

    def make(grasps: int = 4, **changed: Any) -> Path:
        story = Felt(**changed)
        Felt.current = story  # type: ignore[attr-defined]
        for pose in spread(grasps):
            story.grasp(pose, rest=0.5, seconds=0.55)
        return record(tmp_path / f"bag-{next(number)}", story)

    return make


def values(path: Path) -> dict[str, float | None]:
    return {one.name: one.value for one in checks(read_stretches([path], HAND))}


def test_noise_and_zeros_of_the_sensor_are_found_in_the_bag(bag: Any) -> None:
    found = values(bag(noise=0.02, zero=0.03))
    assert found["noise of a frame"] == pytest.approx(0.02, rel=0.1)
    assert found["zeros between grasps"] == pytest.approx(0.03, rel=0.2)
    assert found["cross-talk"] is None


def test_an_ideal_sensor_has_none_of_it_and_its_grasps_are_alike(bag: Any) -> None:
    found = values(bag())
    for name in ("noise of a frame", "zeros between grasps", "drift", "change of load while held"):
        assert found[name] == pytest.approx(0.0, abs=1e-6), name
    assert found["frames that repeat the one before"] == 1.0
    assert found["fingers alike from grasp to grasp"] == 1.0
    assert found["correlation of two grasps"] == pytest.approx(1.0)
    assert found["difference of a finger's share"] == 0.0


def test_creep_saturation_repeats_and_steps_show(bag: Any) -> None:
    assert values(bag(2, creep=0.3, creep_time=1.0))["change of load while held"] > 0.01
    found = values(bag(2, noise=0.02, saturation=0.5, resolution=0.05, repeats=0.7))
    assert found["largest reading"] == pytest.approx(0.5, abs=0.003)
    assert found["smallest change"] == pytest.approx(0.05, abs=0.004)
    assert 0.55 < found["frames that repeat the one before"] < 0.85


def test_the_command_says_what_the_plant_does_not_cover(
    bag: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "check.json"
    path = bag(noise=0.02, zero=0.06)
    assert main(["bags", "check", str(path), "--plant", "nominal", "--json", str(out)]) == 0
    said = capsys.readouterr().out
    assert "plant 'nominal' does not cover: zeros between grasps" in said
    rows = {row["name"]: row for row in json.loads(out.read_text())["checks"]}
    assert rows["zeros between grasps"]["covered"] is False
    assert rows["cross-talk"]["value"] is None
    assert (rows["noise of a frame"]["plant_low"], rows["noise of a frame"]["plant_high"]) == (0.03, 0.03)
    assert main(["bags", "check", str(path), "--plant", "training", "--json", str(out)]) == 0
    rows = {row["name"]: row for row in json.loads(out.read_text())["checks"]}
    assert rows["noise of a frame"]["covered"] is True
    assert rows["zeros between grasps"]["covered"] is False


def test_a_bag_of_one_grasp_says_what_it_would_take(bag: Any) -> None:
    found = {one.name: one for one in checks(read_stretches([bag(1)], HAND))}
    assert found["fingers alike from grasp to grasp"].value is None
    assert "at least twice" in found["fingers alike from grasp to grasp"].note
    assert found["drift"].value is None


def test_a_bag_without_a_stretch_and_one_of_another_hand_are_refused_in_one_sentence(
    tmp_path: Path, bag: Any
) -> None:
    moving = Story()
    for share in np.linspace(0.0, 1.0, 40):
        moving.tick(WRIST_AT, share, 0.0)
    path = record(tmp_path / "moving", moving)
    with pytest.raises(DataError, match="record a few grasps"):
        read_stretches([path], HAND)
    path = bag(1)
    with pytest.raises(DataError):
        read_stretches([path], load_hand("inspire_rh56dftp"))
