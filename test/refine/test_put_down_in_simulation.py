"""A plate over a table in the simulated cell: touch feels that it stands."""

from __future__ import annotations

import numpy as np

from tacrefine.geometry import transform
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


def test_a_plate_is_lowered_until_touch_feels_the_table():
    hand = load_hand()
    robot = SimulatedRobot(hand, 0.1, 1.0, 1.5, cell=load_cell("table"))
    robot.reset(
        load_objects()["plate_8"],
        load_plant("nominal_elastic"),
        np.array([0, 0, 0.001, 0, 0.02, 0]),
        close=True,
    )
    standing = robot.read().object_pose
    robot.command_wrist(transform((0.0, 0.0, ABOVE)) * robot.read().wrist)
    run(robot, 0.4)
    assert robot.read().object_pose.translation[2] - standing.translation[2] > ABOVE - 5e-4
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
    assert ABOVE - 1e-3 < down.lowered < ABOVE + 2.5e-3
