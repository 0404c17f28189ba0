"""Parts over a table in the simulated cell: touch feels that they stand, and a peg stays when the gripper opens."""

from __future__ import annotations

import numpy as np
import pytest

from tacrefine.geometry import error_between, transform
from tacrefine.hands import load_hand
from tacrefine.objects import load_objects
from tacrefine.plants import load_plant
from tacrefine.refine.put_down import Felt, Lowering
from tacrefine.refine.settings import RefineSettings
from tacrefine.sim.robot import SimulatedRobot
from tacrefine.sim.world import load_cell
from tacrefine.touch.frame import TouchFrame

ABOVE = 0.0035
FRAMES = 5


def run(robot: SimulatedRobot, seconds: float) -> None:
    for _ in range(round(seconds / 0.01)):
        robot.advance()


def feel(robot: SimulatedRobot, down: Lowering) -> None:
    down.detector.expect(robot.time)
    for _ in range(FRAMES):
        robot.advance()
        reading = robot.read()
        down.detector.add(reading.time, TouchFrame(reading.tactile, reading.joints))


def lowered(robot: SimulatedRobot, height: float) -> Lowering:
    """Lift what the closed hand has, and lower it until it is felt to stand."""
    robot.command_wrist(transform((0.0, 0.0, height)) * robot.read().wrist)
    run(robot, 0.4)
    down = Lowering(RefineSettings())
    feel(robot, down)
    down.detector.keep()
    felt = Felt.HELD
    while felt is Felt.HELD:
        robot.command_wrist(down.next_wrist(robot.read().wrist))
        run(robot, 0.15)
        feel(robot, down)
        felt = down.detector.felt()
    assert felt is Felt.STANDS
    return down


@pytest.mark.slow
def test_a_plate_is_lowered_until_touch_feels_the_table():
    robot = SimulatedRobot(load_hand(), 0.1, 1.0, 1.5, cell=load_cell("table"))
    pose = np.array([0, 0, 0.001, 0, 0.02, 0])
    robot.reset(load_objects()["plate_8"], load_plant("nominal_elastic"), pose, close=True)
    assert ABOVE - 1e-3 < lowered(robot, ABOVE).lowered < ABOVE + 2.5e-3


def test_a_peg_that_a_gripper_has_put_down_stands_when_it_opens():
    hand = load_hand("parallel_gel")
    robot = SimulatedRobot(hand, 0.1, 1.0, 1.5, cell=load_cell("peg_table"))
    pose = np.array([0.0, 0.001, 0.001, 0.05, 0.0, 0.0])
    robot.reset(load_objects("pegs")["peg_12x80"], load_plant("nominal_elastic"), pose, close=True)
    standing = robot.read().object_pose
    # It slides along the pads until its end has passed a row of taxels, 3 mm apart.
    assert ABOVE - 1e-3 < lowered(robot, ABOVE).lowered < ABOVE + 5e-3
    robot.command_hand(hand.actuated_joints, [(hand.open_positions, 0.7)])
    run(robot, 1.0)
    metres, radians = error_between(standing, robot.read().object_pose)
    assert metres < 5e-4
    assert np.degrees(radians) < 0.5
