"""A peg that a gripper holds along its axis goes into a hole that it stands over and stops on the block beside it."""

from __future__ import annotations

import numpy as np
import pytest

from tacrefine.errors import ConfigError
from tacrefine.geometry import error_between, transform
from tacrefine.hands import load_hand
from tacrefine.objects import load_objects
from tacrefine.plants import load_plant
from tacrefine.sim.robot import BASE_FROM_OBJECT, SimulatedRobot
from tacrefine.sim.world import Cell, load_cell
from tacrefine.sim.world.checks import check_fits

PEG = load_objects("pegs")["peg_12x80"]
CELL = load_cell("peg_table")


def run(robot: SimulatedRobot, seconds: float) -> None:
    for _ in range(round(seconds / 0.01)):
        robot.advance()


def lower_into(hole: str, aside: float) -> float:
    """Lift the peg from the table, lower it over a hole, `aside` m off along x; how far above its seat it ends, m."""
    robot = SimulatedRobot(load_hand("parallel_gel"), 0.4, 2.0, 1.5, cell=CELL)
    robot.reset(PEG, load_plant("nominal_elastic"), np.array([0.0, 0.001, 0.0, 0.0, 0.0, 0.0]), close=True)
    before = robot.read()
    held = before.object_pose.inv() * before.wrist
    seat = BASE_FROM_OBJECT * CELL.holes[hole].pose
    for target, seconds in (
        (BASE_FROM_OBJECT * transform((0, 0, 0.05)), 0.5),
        (seat * transform((aside, 0, 0.03)), 0.9),
    ):
        robot.command_wrist(target * held)
        run(robot, seconds)
    after = robot.read()
    slip = error_between(held, after.object_pose.inv() * after.wrist)
    assert slip[0] < 1e-4
    assert np.degrees(slip[1]) < 0.5
    for height in np.linspace(0.03, -0.0005, 80):
        robot.command_wrist(seat * transform((aside, 0, height)) * held)
        robot.advance()
    run(robot, 0.2)
    return float((seat.inv() * robot.read().object_pose).translation[2])


def test_a_peg_over_a_hole_goes_in_and_one_beside_it_stops_on_the_block():
    assert lower_into("1", aside=0.0) < 0.002
    assert lower_into("1", aside=0.004) > 0.015


def test_a_hole_smaller_than_its_part_is_refused():
    described = {"name": "mine", "body": {"mass": 0.1}, "table": {}}
    cell = Cell.model_validate(
        {**described, "holes": {"a": {"diameter": 0.011, "position": (0.1, 0.0, 0.0)}}}
    )
    with pytest.raises(ConfigError, match="hole 'a' is 11 mm wide, object 'peg_12x80' is 12 mm wide"):
        check_fits(cell, PEG, load_hand("parallel_gel"))
