"""An object that can be released: fixed until then, in the hand afterwards, stopped by a slot that it does not fit."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tacrefine.errors import ConfigError, SimulationError
from tacrefine.geometry import error_between, from_coordinates, to_coordinates, transform
from tacrefine.hands import load_hand
from tacrefine.objects import load_objects
from tacrefine.plants import load_plant
from tacrefine.sim.robot import BASE_FROM_OBJECT, SimulatedRobot
from tacrefine.sim.workpiece import load_scene

SCENE = Path(__file__).parents[2] / "examples" / "insert_planner" / "scene.yaml"
GRASP = np.array([0.0, 0.0, 0.002, 0.0, 0.03, 0.0])


@pytest.fixture(scope="module")
def robot() -> SimulatedRobot:
    """A hand that holds a plate as it should, released; every test recalls this."""
    robot = SimulatedRobot(load_hand(), 1.0, 5.0, 1.5, scene=load_scene(SCENE))
    robot.reset(load_objects()["plate_8"], load_plant("nominal_elastic"), GRASP, close=True)
    still = to_coordinates(BASE_FROM_OBJECT.inv() * robot.read().object_pose)
    assert np.abs(still).max() < 1e-4, "four fingers and a thumb do not push it out of the fixture"
    robot.release()
    run(robot, 0.2)
    return robot


def run(robot: SimulatedRobot, seconds: float) -> None:
    for _ in range(round(seconds / 0.01)):
        robot.advance()


def lower_into(robot: SimulatedRobot, slot: str, tilt: float) -> float:
    """Carry the plate over a slot, tilted by that many rad, and down; returns how far above its seat it ends, in m."""
    robot.recall()
    seat = BASE_FROM_OBJECT * load_scene(SCENE).slots[slot].pose
    held = robot.read().object_pose.inv() * robot.read().wrist
    for height, seconds in ((0.06, 0.5), (0.025, 0.2), (-0.001, 0.0)):
        goal = seat * transform((0, 0, height), (0, tilt, 0)) * held
        if seconds:
            robot.command_wrist(goal)
            run(robot, seconds)
            above = goal
    for share in np.linspace(0.0, 1.0, 60):
        robot.command_wrist(
            from_coordinates(to_coordinates(above) + share * (to_coordinates(goal) - to_coordinates(above)))
        )
        robot.advance()
    run(robot, 0.2)
    return float((seat.inv() * robot.read().object_pose).translation[2])


def test_a_released_plate_goes_where_the_hand_goes(robot):
    robot.recall()
    before = robot.read()
    robot.command_wrist(transform((0, 0, 0.05)) * before.wrist)
    run(robot, 0.5)
    after = robot.read()
    assert after.object_pose.translation[2] - before.object_pose.translation[2] == pytest.approx(
        0.05, abs=1e-3
    )
    assert np.allclose(after.coordinates, before.coordinates, atol=1e-3)


def test_a_plate_that_is_held_as_assumed_goes_in_and_a_tilted_one_does_not(robot):
    assert lower_into(robot, "1", tilt=0.0) < 0.002
    assert lower_into(robot, "1", tilt=0.03) > 0.01


def test_a_wide_slot_forgives_what_a_narrow_one_does_not(robot):
    assert lower_into(robot, "3", tilt=0.01) < 0.002
    assert lower_into(robot, "0.5", tilt=0.01) > 0.01


def test_recall_brings_back_the_moment_of_the_release_and_time_goes_on(robot):
    robot.recall()
    first, began = robot.read(), robot.time
    robot.command_wrist(transform((0.02, 0, 0.05)) * first.wrist)
    run(robot, 0.3)
    robot.recall()
    again = robot.read()
    assert robot.time > began
    metres, radians = error_between(first.object_pose, again.object_pose)
    assert metres < 1e-9
    assert radians < 1e-9
    run(robot, 0.1)
    assert np.allclose(robot.read().wrist.as_matrix(), first.wrist.as_matrix()), "no old command is left"


def test_what_cannot_be_released_says_so():
    fixed = SimulatedRobot(load_hand(), 0.1, 1.0, 1.5)
    fixed.reset(load_objects()["plate_8"], load_plant("nominal_elastic"), GRASP)
    with pytest.raises(SimulationError, match="scene"):
        fixed.release()
    with pytest.raises(SimulationError, match="nothing was released"):
        fixed.recall()


def test_an_open_hand_does_not_get_the_object():
    robot = SimulatedRobot(load_hand(), 0.1, 1.0, 1.5, scene=load_scene(SCENE))
    robot.reset(load_objects()["plate_8"], load_plant("nominal_elastic"), GRASP)
    with pytest.raises(SimulationError, match="thumb and a finger"):
        robot.release()


def test_a_wrong_scene_is_refused_in_one_sentence(tmp_path):
    file = tmp_path / "scene.yaml"
    file.write_text(SCENE.read_text().replace("clearance: 0.003", "clearance: -0.003"))
    with pytest.raises(ConfigError, match=r"scene\.yaml.*clearance"):
        load_scene(file)
