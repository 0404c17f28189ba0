"""Tries of the task in this process: each with another robot, mass, friction, target and execution error."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from py_trees.common import Status
from scipy.spatial.transform import RigidTransform

from tacrefine.errors import SimulationError
from tacrefine.geometry import from_coordinates
from tacrefine.hands import Hand
from tacrefine.objects import GraspObject
from tacrefine.planner.places import KnownCell, is_inserted, misfit
from tacrefine.planner.robot import Refined
from tacrefine.planner.simulated import Shown, SimulatedStack
from tacrefine.planner.tasks import look
from tacrefine.planner.trees import Motion, Planner, Way, failed_leaf
from tacrefine.plants import Plant
from tacrefine.policy import Policy
from tacrefine.refine.settings import RefineSettings
from tacrefine.sim.robot import BASE_FROM_OBJECT, Moment
from tacrefine.sim.world import Cell
from tacrefine.supervision.errors import NoContact

TARGET_SCALE = 0.5
"""targets are shown in the inner half of the object's box"""
LOOKS, MAX_SHOWN = 3, 20
MASSES = (0.05, 0.15)
"""kg"""


@dataclass(frozen=True)
class Setting:
    """What all tries have in common."""

    hand: Hand
    obj: GraspObject
    plant: Plant
    cell: Cell
    policy: Policy
    slots: Sequence[str]
    """slots or holes, by name"""
    seed: int = 0
    model_based: str = ""
    """plant that model-based refinement assumes"""
    refine: RefineSettings | None = None
    """of the refinement loop; None: its defaults"""
    motion: Motion | None = None
    """of the planner; None: its defaults"""


def run_try(setting: Setting, number: int, ways: Sequence[Way]) -> list[dict[str, Any]]:
    """One try in each of these ways, all with the same robot, target and looks; what is written of each.

    What two ways have in common is simulated once: the grasp before touch says how the part is held.
    """
    rng = np.random.default_rng([setting.seed, number])
    mass = float(rng.uniform(*MASSES))
    stack = SimulatedStack(
        setting.hand,
        setting.obj,
        setting.plant,
        _with_mass(setting.cell, mass),
        setting.policy,
        seed=setting.seed + number,
        settings=setting.refine,
        model_based=setting.model_based,
    )
    shown, held = _show(stack, rng)
    looks = [look(setting.obj, rng) for _ in range(LOOKS)]
    known = KnownCell(setting.cell, setting.obj, BASE_FROM_OBJECT, shown.wrist)
    common = {"try": number, "mass": round(mass, 4), "friction": round(stack.robot.friction, 3)}
    records = []
    for plain, felt in ((Way.NONE, Way.COMPENSATE), (Way.IN_PLACE, Way.BOTH), (Way.PUT_DOWN, None)):
        if plain in ways or (felt is not None and felt in ways):
            runner = _Run(stack, setting, known, held, looks)
            records += [{**common, **record} for record in runner(plain, felt, ways)]
    return records


class _Run:
    """One grasp, and what follows from it without and with `compensate`."""

    def __init__(
        self,
        stack: SimulatedStack,
        setting: Setting,
        known: KnownCell,
        held: NDArray[np.float64],
        looks: list[NDArray[np.float64]],
    ) -> None:
        self._stack, self._setting, self._known, self._held = stack, setting, known, held
        stack.begin(looks)
        self._began = stack.now
        self._planner = Planner(stack, setting.hand, known, setting.motion)

    def __call__(self, plain: Way, felt: Way | None, ways: Sequence[Way]) -> list[dict[str, Any]]:
        stack, planner = self._stack, self._planner
        tree = planner.hold(plain)
        failed = "" if stack.run(tree) is Status.SUCCESS else _why(tree)
        moves = stack.last.steps if plain is not Way.NONE and stack.last else 0
        record = {
            "grasps": LOOKS - len(stack.looks),
            "moves": moves,
            "code": stack.last.code if plain is not Way.NONE and stack.last else None,
            "failed": failed,
            **self._error(),
        }
        begun = stack.now - self._began
        held = None if failed else stack.robot.mark()
        out = []
        if plain in ways:
            out.append({"way": str(plain), **record, **self._insert(held, begun)})
        if felt is not None and felt in ways:
            if held is not None:
                stack.recall(held)
                since = stack.now
                tree = planner.feel()
                if stack.run(tree) is not Status.SUCCESS:
                    held, record["failed"] = None, _why(tree)
                else:
                    held = stack.robot.mark()
                    record |= self._left(stack.last)
                begun += stack.now - since
            out.append({"way": str(felt), **record, **self._insert(held, begun)})
        return out

    def _insert(self, held: Moment | None, begun: float) -> dict[str, Any]:
        """Carry what is held and try every slot from there."""
        stack, planner, slots = self._stack, self._planner, self._setting.slots
        record: dict[str, Any] = {"inserted": dict.fromkeys(slots, False), "depth_mm": {}, "seconds": None}
        if held is None:
            return record
        stack.recall(held)
        since = stack.now
        if stack.run(planner.carry(slots[0])) is not Status.SUCCESS:
            return record
        near = stack.robot.mark()
        for slot in slots:
            stack.recall(near)
            judged: list[tuple[bool, float]] = []

            def judge(slot: str = slot, judged: list[tuple[bool, float]] = judged) -> bool:
                judged.append(is_inserted(self._known, slot, stack.object_pose))
                return judged[-1][0]

            stack.run(planner.insert(slot, judge, take_back=False))
            if record["seconds"] is None:
                record["seconds"] = round(begun + stack.now - since, 2)
            if judged:
                record["inserted"][slot] = judged[-1][0]
                record["depth_mm"][slot] = round(1e3 * judged[-1][1], 2)
        return record

    def _error(self) -> dict[str, float]:
        """How the part sits in the hand, against the grasp that was shown, where a fit minds it."""
        return _figures(*self._misfit(from_coordinates(self._held)))

    def _left(self, result: Refined | None) -> dict[str, float]:
        """What is left of that error for a plan that is corrected by the compensation."""
        assert result is not None
        centre = self._setting.hand.wrist_from_centre
        corrected = from_coordinates(self._held) * centre.inv() * result.compensation * centre
        return _figures(*self._misfit(corrected))

    def _misfit(self, wanted: RigidTransform) -> tuple[float, float]:
        return misfit(self._setting.obj, wanted, from_coordinates(self._stack.coordinates))


def _figures(metres: Any, radians: Any) -> dict[str, float]:
    return {"error_mm": round(float(metres) * 1e3, 4), "error_deg": round(float(np.degrees(radians)), 4)}


def _show(stack: SimulatedStack, rng: np.random.Generator) -> tuple[Shown, NDArray[np.float64]]:
    """A grasp from the inner half of the box, with how the part sat in it once the nest had opened ``(6,)``."""
    for _ in range(MAX_SHOWN):
        try:
            shown = stack.show(stack.obj.sample_poses(rng, 1, TARGET_SCALE)[0])
        except (NoContact, SimulationError):
            continue
        return shown, stack.coordinates.copy()
    raise SimulationError(f"no grasp of {stack.obj.name} in {MAX_SHOWN} poses")


def _with_mass(cell: Cell, mass: float) -> Cell:
    if cell.body is None:
        return cell
    return cell.model_copy(update={"body": cell.body.model_copy(update={"mass": mass})})


def _why(tree: Any) -> str:
    leaf = failed_leaf(tree)
    return "" if leaf is None else f"{leaf.name}: {leaf.feedback_message}".rstrip(": ")
