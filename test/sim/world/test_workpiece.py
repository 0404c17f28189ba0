"""An object that is a body: held by a nest until it lets go, then by friction alone; stopped by a slot too narrow."""

from __future__ import annotations

import mujoco
import numpy as np
import pytest

from tacrefine.errors import SimulationError
from tacrefine.geometry import error_between, to_coordinates, transform
from tacrefine.hands import load_hand
from tacrefine.objects import load_objects
from tacrefine.plants import load_plant
from tacrefine.sim.robot import BASE_FROM_OBJECT, SimulatedRobot
from tacrefine.sim.scene import build_scene
from tacrefine.sim.world import load_cell

GRASP = np.array([0.0, 0.0, 0.002, 0.0, 0.03, 0.0])


@pytest.fixture(scope="module")
def robot() -> SimulatedRobot:
    """A hand that holds a plate by friction, released; every test recalls this."""
    robot = SimulatedRobot(load_hand(), 0.4, 2.0, 1.5, cell=load_cell("slots"))
    robot.reset(load_objects()["plate_8"], load_plant("nominal_elastic"), GRASP, close=True)
    still = to_coordinates(BASE_FROM_OBJECT.inv() * robot.read().object_pose)
    assert np.abs(still).max() < 2e-4, "four fingers and a thumb do not push it out of the nest"
    robot.release()
    run(robot, 0.2)
    return robot


def run(robot: SimulatedRobot, seconds: float) -> None:
    for _ in range(round(seconds / 0.01)):
        robot.advance()


def lower_into(robot: SimulatedRobot, slot: str, tilt: float) -> float:
    """Carry the plate over a slot, tilted by that many rad, and down; returns how far above its seat it ends, in m."""
    robot.recall()
    seat = BASE_FROM_OBJECT * load_cell("slots").slots[slot].pose
    held = robot.read().object_pose.inv() * robot.read().wrist
    for height in (0.03, 0.023):
        robot.command_wrist(seat * transform((0, 0, height), (0, tilt, 0)) * held)
        run(robot, 0.9 if height == 0.03 else 0.2)
    for height in np.linspace(0.023, -0.001, 60):
        robot.command_wrist(seat * transform((0, 0, height), (0, tilt, 0)) * held)
        robot.advance()
    run(robot, 0.2)
    return float((seat.inv() * robot.read().object_pose).translation[2])


def test_friction_carries_a_released_plate_where_the_hand_goes(robot):
    robot.recall()
    before = robot.read()
    robot.command_wrist(transform((0, 0, 0.05)) * before.wrist)
    run(robot, 0.6)
    after = robot.read()
    rise = after.object_pose.translation[2] - before.object_pose.translation[2]
    assert rise == pytest.approx(0.05, abs=1e-3)
    metres, radians = error_between(
        before.wrist.inv() * before.object_pose, after.wrist.inv() * after.object_pose
    )
    assert metres < 5e-4
    assert np.degrees(radians) < 1.0


def test_a_plate_that_is_held_as_assumed_goes_in_and_a_tilted_one_does_not(robot):
    assert lower_into(robot, "1", tilt=0.0) < 0.003
    assert abs(lower_into(robot, "1", tilt=0.04)) > 0.01, "it stands on a wall, or was pushed out of the hand"


def test_recall_brings_back_the_moment_of_the_release_and_time_goes_on(robot):
    robot.recall()
    first, began = robot.read(), robot.time
    robot.command_wrist(transform((0.02, 0, 0.05)) * first.wrist)
    run(robot, 0.2)
    robot.recall()
    again = robot.read()
    assert robot.time > began
    metres, radians = error_between(first.object_pose, again.object_pose)
    assert metres < 1e-9
    assert radians < 1e-9
    run(robot, 0.1)
    assert np.allclose(robot.read().wrist.as_matrix(), first.wrist.as_matrix()), "no old command is left"


def test_an_open_hand_drops_what_it_held(robot):
    robot.recall()
    robot.command_hand(robot.hand.actuated_joints, [(robot.hand.open_positions, 0.3)])
    before = robot.read().object_pose.translation[2]
    run(robot, 0.6)
    assert robot.read().object_pose.translation[2] < before - 0.1


@pytest.mark.parametrize(("cell", "word"), [("fixed", "fixed for good"), ("table", "free")])
def test_what_no_fixture_holds_cannot_be_released(cell, word):
    robot = SimulatedRobot(load_hand(), 0.1, 1.0, 1.5, cell=load_cell(cell))
    robot.reset(load_objects()["plate_8"], load_plant("nominal_elastic"), GRASP)
    with pytest.raises(SimulationError, match=word):
        robot.release()
    with pytest.raises(SimulationError, match="nothing was released"):
        robot.recall()


def test_an_open_hand_does_not_get_the_object():
    robot = SimulatedRobot(load_hand(), 0.1, 1.0, 1.5, cell=load_cell("slots"))
    robot.reset(load_objects()["plate_8"], load_plant("nominal_elastic"), GRASP)
    with pytest.raises(SimulationError, match="thumb and a finger"):
        robot.release()


def test_a_plate_that_stands_free_on_a_table_is_picked_up():
    robot = SimulatedRobot(load_hand(), 0.4, 2.0, 1.5, cell=load_cell("table"))
    robot.reset(load_objects()["plate_8"], load_plant("nominal_elastic"), np.zeros(6), close=True)
    before = robot.read()
    robot.command_wrist(transform((0, 0, 0.05)) * before.wrist)
    run(robot, 0.6)
    rise = robot.read().object_pose.translation[2] - before.object_pose.translation[2]
    assert rise == pytest.approx(0.05, abs=2e-3)


@pytest.mark.parametrize("kick", [0.2, 0.5, 1.0])
def test_a_peg_that_is_kicked_rocks_and_stays_where_it_stands(kick: float) -> None:
    """It tips over from 2 rad/s on: with w^2 = 2 g (sqrt(h^2 + r^2) - h) m / I about its edge."""
    hand, obj = load_hand("parallel_gel"), load_objects("pegs")["peg_12x80"]
    robot = load_plant("ideal").sample(hand, np.random.default_rng(0))
    model = build_scene(hand, obj, robot, load_cell("peg_table"))
    data = mujoco.MjData(model)
    palm = model.joint("palm").qposadr[0]
    data.mocap_pos[0] = data.qpos[palm : palm + 3] = [0.0, 0.0, 0.5]
    part, speeds = model.body("workpiece"), model.jnt_dofadr[model.body("workpiece").jntadr[0]]
    for turn in range(4):
        angle = 0.3 + turn * np.pi / 2
        data.qvel[speeds + 3 : speeds + 5] = kick * np.cos(angle), kick * np.sin(angle)
        for _ in range(500):
            mujoco.mj_step(model, data)
    upright = data.xmat[part.id].reshape(3, 3)[2, 2]
    assert np.degrees(np.arccos(min(upright, 1.0))) < 0.2
    assert np.abs(data.qvel[speeds : speeds + 6]).max() < 0.05
