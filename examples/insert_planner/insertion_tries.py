"""Tries in a row: what is drawn, how a tree is run to its end, and what is written of a try."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from insertion_cell import KnownCell, is_inserted
from insertion_robot import PlannerRobot
from insertion_tree import grasp_tree, insert_tree
from numpy.typing import NDArray
from py_trees.behaviour import Behaviour
from py_trees.common import Status
from scipy.spatial.transform import RigidTransform

from tacrefine.demo.scenario import TARGET_SCALE, error_of
from tacrefine.errors import TacrefineError
from tacrefine.hands import Hand
from tacrefine.nodes.core.convert import from_pose
from tacrefine.nodes.tools.client import ClientError
from tacrefine.objects import GraspObject
from tacrefine.plants import load_plant
from tacrefine.sim import QuasistaticSimulator
from tacrefine.sim.robot import BASE_FROM_OBJECT
from tacrefine.sim.world import Cell

ALONG_M = 0.005
"""execution error along the plate, which touch cannot tell and an open slot does not mind"""
MAX_DRAWS = 50
TREE_S = 600.0
"""by the wall clock, after which a tree is taken for stuck"""
REST_S, PATIENCE = 0.5, 5
"""simulated time that the closed hand is given before it is shown, and how often"""
NAME = "shown"


@dataclass(frozen=True)
class Settings:
    """What a try depends on. Every `per_robot` tries another robot is drawn and shown a target of its own."""

    object: str
    plant: str
    clearances: tuple[str, ...]
    seed: int
    per_robot: int


def draw_target(obj: GraspObject, hand: Hand, settings: Settings, robot: int) -> NDArray[np.float64]:
    """The grasp that robot number `robot` is shown, pose coordinates (6,) from the inner half of the object's box."""
    rng = np.random.default_rng([settings.seed, robot])
    return _graspable(obj, hand, lambda: obj.sample_poses(rng, 1, TARGET_SCALE)[0])


def draw_start(obj: GraspObject, hand: Hand, settings: Settings, number: int) -> NDArray[np.float64]:
    """Where execution error leaves the hand in try `number`: anywhere in the object's box, and along the plate."""
    rng = np.random.default_rng([settings.seed, 1_000_000 + number])

    def draw() -> NDArray[np.float64]:
        pose = obj.sample_poses(rng, 1)[0]
        pose[1] += rng.uniform(-ALONG_M, ALONG_M)
        return pose

    return _graspable(obj, hand, draw)


def _graspable(obj: GraspObject, hand: Hand, draw: Any) -> NDArray[np.float64]:
    """Poses at which thumb and two fingers do not touch are no grasp, with or without refinement: drawn anew."""
    simulator, robot = QuasistaticSimulator(hand), load_plant("ideal").sample(hand, np.random.default_rng(0))
    for _ in range(MAX_DRAWS):
        pose = draw()
        if simulator.grasp(obj, pose[None], [robot]).valid[0]:
            return pose
    raise TacrefineError(f"no grasp of {obj.name} in {MAX_DRAWS} drawn poses")


def run_tree(robot: PlannerRobot, root: Behaviour) -> Behaviour | None:
    """Tick at every reading until the tree has ended; returns the behaviour at which it failed, or None."""
    last = [-1.0]

    def ended() -> bool:
        if robot.now == last[0]:
            return False
        last[0] = robot.now
        root.tick_once()
        return root.status is not Status.RUNNING

    robot.wait_for(ended, TREE_S, f"the tree '{root.name}'")
    return None if root.status is Status.SUCCESS else _failed(root)


def _failed(root: Behaviour) -> Behaviour:
    """The first leaf that failed."""
    leaves = [leaf for leaf in root.iterate() if not leaf.children and leaf.status is Status.FAILURE]
    return leaves[0] if leaves else root


def show_target(
    robot: PlannerRobot, hand: Hand, obj: GraspObject, settings: Settings, number: int
) -> tuple[NDArray[np.float64], RigidTransform]:
    """Show robot `number` its target grasp of the object in its fixture; returns pose coordinates and wrist pose."""
    target = draw_target(obj, hand, settings, number)
    robot.reset(target, obj.name, settings.plant, close=True, seed=settings.seed + number)
    for _ in range(PATIENCE):
        at_rest = robot.now + REST_S
        robot.wait_for(lambda at=at_rest: robot.now >= at, TREE_S, "the hand to rest")
        answer = robot.capture(NAME, obj.name, overwrite=True, timeout=TREE_S)
        if answer.success:
            return target, from_pose(answer.target.wrist_pose)
    raise ClientError(f"robot {number}: {answer.message}")


def one_try(
    robot: PlannerRobot,
    hand: Hand,
    cell: KnownCell,
    target: NDArray[np.float64],
    settings: Settings,
    number: int,
    refine: bool,
) -> dict[str, Any]:
    """Grasp once, then insert into every slot from that very grasp; returns what is written of it."""
    start = draw_start(cell.obj, hand, settings, number)
    place = {
        "object": cell.obj.name,
        "plant": settings.plant,
        "pose": [float(value) for value in start],
        "close_hand": False,
        "seed": settings.seed + number // settings.per_robot,
    }
    failed = run_tree(robot, grasp_tree(robot, hand, place, NAME, refine))
    millimetres, degrees = _grasp_error(robot.fresh_truth(), target)
    record: dict[str, Any] = {
        "try": number,
        "refined": refine,
        "grasp": failed.name + ": " + failed.feedback_message if failed else "",
        "code": robot.code if refine else None,
        "error_mm": round(millimetres, 4),
        "error_deg": round(degrees, 4),
        "inserted": {},
        "depth_mm": {},
    }
    for slot in settings.clearances:
        record["inserted"][slot], record["depth_mm"][slot] = (
            (False, None)
            if failed
            else _insert(robot, hand, cell, slot, first=slot == settings.clearances[0])
        )
    return record


def _insert(robot: PlannerRobot, hand: Hand, cell: KnownCell, slot: str, first: bool) -> tuple[bool, float]:
    if not first:
        recall = robot.ask("recall")
        robot.wait_for(lambda: recall() is not None, TREE_S, "sim/recall")
    judged: list[tuple[bool, float]] = []

    def judge() -> bool:
        judged.append(is_inserted(cell, slot, robot.object_pose))
        return judged[-1][0]

    failed = run_tree(robot, insert_tree(robot, hand, cell, slot, judge))
    if not judged:  # the arm did not get as far as to be judged
        return False, float("nan")
    return failed is None, round(judged[-1][1] * 1e3, 2)


def _grasp_error(coordinates: NDArray[np.float64], target: NDArray[np.float64]) -> tuple[float, float]:
    """True error of the grasp in mm and deg along axes that a slot minds: all but y."""
    without_y = coordinates.copy()
    without_y[1] = target[1]
    return error_of(without_y, target)


def pending(done: list[dict[str, Any]], tries: int) -> Iterator[tuple[int, bool]]:
    """Tries that are not written yet, in order."""
    known = {(record["try"], record["refined"]) for record in done}
    for number in range(tries):
        for refine in (False, True):
            if (number, refine) not in known:
                yield number, refine


def known_cell(cell: Cell, obj: GraspObject, shown: RigidTransform) -> KnownCell:
    """The cell as it was surveyed: the simulated fixture's place is known to the planner."""
    return KnownCell(cell, obj, BASE_FROM_OBJECT, shown)
