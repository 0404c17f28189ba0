"""Calibration: a robot's parameters come out of its grasps, and the plant file gives exactly that robot."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import yaml

from tacrefine.cli import main
from tacrefine.data.groups import ReadingGroups
from tacrefine.errors import ConfigError, DataError
from tacrefine.geometry import from_coordinates
from tacrefine.hands import load_hand
from tacrefine.identification import Calibration, Episode, episodes_of, fit, record
from tacrefine.identification.job import write_plant
from tacrefine.identification.model_based import ModelBasedRefiner
from tacrefine.identification.model_based.refiner import known_robot
from tacrefine.identification.poses import centred, placed
from tacrefine.objects import load_objects
from tacrefine.plants import PlantSample, load_plant
from tacrefine.policy import load_policy
from tacrefine.sim import QuasistaticSimulator

HAND = load_hand()
OBJECTS = [load_objects()[name] for name in ("rod_10", "plate_6", "disk_90x8")]
START = load_plant("nominal").typical(HAND)


def other_robot(rng: np.random.Generator) -> PlantSample:
    """Not one of the plants that stand in for real robots."""
    return replace(
        START,
        name="other",
        taxel_stiffness=480.0,
        closing_torque=1.1,
        fingertip_offsets=3e-4 * rng.standard_normal((len(HAND.fingers), 3)),
        taxel_gain=(1.0 + 0.1 * rng.uniform(-1, 1, HAND.taxel_count)).astype(np.float32),
        joint_bias=0.008 * rng.standard_normal(len(HAND.joint_names)),
        dead=rng.random(HAND.taxel_count) < 0.02,
    )


@pytest.fixture(scope="module")
def fitted():
    rng = np.random.default_rng(3)
    robot = other_robot(rng)
    episodes = episodes_of(HAND, record(HAND, OBJECTS, robot, 15, rng), OBJECTS, 8)
    return robot, episodes, Calibration(HAND, START).fit(episodes, load_policy(hand=HAND))


def test_the_fitted_robot_feels_unseen_grasps_much_more_like_the_real_one(fitted) -> None:
    robot, _, result = fitted
    poses = 0.8 * OBJECTS[1].sample_poses(np.random.default_rng(9), 20)
    simulator = QuasistaticSimulator(HAND)
    living = ~robot.dead

    def felt(sample: PlantSample, at: np.ndarray) -> np.ndarray:
        return (simulator.grasp(OBJECTS[1], at, sample).force * sample.taxel_gain)[
            :, living
        ] / HAND.full_scale[living]

    def mismatch(sample: PlantSample) -> float:
        """Least over a common shift along z, which no recording on objects of unknown place can tell.

        Of the middle one of the grasps: where a finger slips over an edge, a hair decides about the whole image.
        """
        shifts = np.linspace(-0.002, 0.002, 21)
        wanted = felt(robot, poses)
        moved = [poses + np.array([0, 0, shift, 0, 0, 0]) for shift in shifts]
        return min(
            float(np.median(np.sqrt(np.mean((felt(sample, at) - wanted) ** 2, axis=1)))) for at in moved
        )

    assert mismatch(result.sample) < 0.4 * mismatch(START)


def test_joint_biases_and_gains_and_dead_taxels_are_found(fitted) -> None:
    robot, _, result = fitted
    assert np.std(result.sample.joint_bias - robot.joint_bias) < 0.5 * np.std(robot.joint_bias)
    np.testing.assert_array_equal(result.sample.dead, robot.dead)
    pressed = ~robot.dead
    assert np.corrcoef(result.sample.taxel_gain[pressed], robot.taxel_gain[pressed])[0, 1] > 0.4
    assert result.cost[1] < 0.2 * result.cost[0]
    assert result.model_error < 0.05


def test_only_relative_poses_count(fitted) -> None:
    _, episodes, _ = fitted
    rng = np.random.default_rng(3)
    groups = record(HAND, OBJECTS, other_robot(rng), 15, rng)
    elsewhere = groups.coordinates.copy()
    for row in elsewhere:
        moved = from_coordinates([0.3, -0.2, 0.5, 0.4, 0.1, -1.0]) * from_coordinates(row.astype(float))
        row[:, :3], row[:, 3:] = moved.translation, moved.rotation.as_rotvec()
    again = episodes_of(HAND, replace(groups, coordinates=elsewhere), OBJECTS, 8)
    for one, other in zip(episodes, again, strict=True):
        np.testing.assert_allclose(one.moves.as_matrix(), other.moves.as_matrix(), atol=1e-6)


def test_a_start_without_guesses_puts_the_grasps_around_the_nominal_one(fitted) -> None:
    episode: Episode = fitted[1][0]
    seen = episode.item.observable
    assert np.abs(placed(episode, centred(episode)).mean(axis=0)[seen]).max() < 1e-9


def test_the_plant_file_gives_exactly_the_fitted_robot_every_time(fitted, tmp_path: Path) -> None:
    _, _, result = fitted
    path = tmp_path / "mine.yaml"
    write_plant(path, HAND, load_plant("nominal"), result)
    for seed in (0, 1):
        sampled = load_plant(path).sample(HAND, np.random.default_rng(seed))
        np.testing.assert_allclose(sampled.fingertip_offsets, result.sample.fingertip_offsets, atol=1e-6)
        np.testing.assert_allclose(sampled.taxel_gain, result.sample.taxel_gain, atol=1e-3)
        np.testing.assert_allclose(sampled.joint_bias, result.sample.joint_bias, atol=1e-5)
        np.testing.assert_array_equal(sampled.dead, result.sample.dead)
        assert sampled.taxel_stiffness == pytest.approx(result.sample.taxel_stiffness, rel=1e-4)
    _, prior = known_robot(HAND, str(path))
    assert prior == result.prior()
    ModelBasedRefiner(HAND, OBJECTS[0], str(path))


def test_a_robot_that_does_not_fit_the_hand_is_refused_in_one_sentence(fitted, tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    write_plant(path, HAND, load_plant("nominal"), fitted[2])
    content = yaml.safe_load(path.read_text())
    pad = HAND.pads[0].name
    content["robot"]["taxel_gains"][pad] = [1.0]
    path.write_text(yaml.safe_dump(content))
    with pytest.raises(ConfigError, match=f"taxel_gains.{pad} needs 99 numbers, found 1"):
        load_plant(path).sample(HAND, np.random.default_rng(0))
    del content["robot"]["taxel_gains"][pad]
    path.write_text(yaml.safe_dump(content))
    with pytest.raises(ConfigError, match="taxel_gains must name exactly"):
        load_plant(path).typical(HAND)


def test_a_typical_robot_has_no_offsets_gains_or_biases() -> None:
    typical = load_plant("hard").typical(HAND)
    assert typical.taxel_stiffness == 360.0
    assert not typical.fingertip_offsets.any()
    assert not typical.joint_bias.any()
    assert not typical.dead.any()
    assert (typical.taxel_gain == 1.0).all()


def test_a_recording_that_no_robot_explains_is_refused_in_one_sentence(fitted) -> None:
    _, _, result = fitted
    assert result.checked() is result
    with pytest.raises(
        DataError, match=r"no robot explains these 15 grasps: 9\.0 % of full scale is left over"
    ):
        replace(result, model_error=0.09).checked()


def test_a_fit_that_gets_stuck_tries_other_robots(fitted, monkeypatch: pytest.MonkeyPatch) -> None:
    _, episodes, result = fitted
    assert result.model_error < fit.EXPLAINED, "no other round was needed"
    monkeypatch.setattr(fit, "EXPLAINED", 0.0)
    monkeypatch.setattr(fit, "STARTS", 2)
    monkeypatch.setattr(fit, "STAGES", fit.STAGES[:3])
    told: list[int] = []
    Calibration(HAND, START).fit(episodes[:1], load_policy(hand=HAND), lambda done, total: told.append(done))
    assert len(told) == fit.ROUNDS * (2 * fit.COARSE_STAGES + fit.KEPT) + 1


def test_single_grasps_are_refused() -> None:
    groups = ReadingGroups(
        measured=np.zeros((1, 1, HAND.taxel_count), np.float32),
        joints=np.zeros((1, 1, len(HAND.joint_names)), np.float32),
        coordinates=np.zeros((1, 1, 6), np.float32),
        valid=np.ones((1, 1), bool),
        objects=np.zeros(1, np.int16),
    )
    with pytest.raises(DataError, match="two valid grasps"):
        episodes_of(HAND, groups, OBJECTS)


def test_the_command_writes_a_plant_and_its_figures(tiny_model: Path, tmp_path: Path, capsys) -> None:
    out, figures = tmp_path / "fitted.yaml", tmp_path / "fit.json"
    arguments = ["--simulate", "nominal", "--grasps", "4", "--model", str(tiny_model), "--out", str(out)]
    assert main(["calibrate", *arguments, "--json", str(figures)]) == 0
    assert json.loads(figures.read_text())["grasps"] == 4
    assert load_plant(out).description.robot is not None
    assert main(["calibrate"]) == 2
    assert "either a dataset" in capsys.readouterr().err
