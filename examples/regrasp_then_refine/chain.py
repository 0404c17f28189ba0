"""Regrasp until the object holds, then refine its pose: a planner that calls both actions of one stack in turn.

    python examples/regrasp_then_refine/chain.py --object plate_6 --regrasp-object easy_03_bottle

On a robot both actions drive the same arm and hand, one at a time. Here each has a simulation of its own: a gripper
over a table that lifts an object, and a hand that holds a part a few millimetres and degrees off. What is shown is how
a planner chains the two, what it does with their codes, and that a grasp that does not hold is never refined.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, Protocol, Self

import numpy as np
from rich.console import Console
from rich.table import Table

from tacrefine.bringup.arguments import Arguments
from tacrefine.demo.program import check_choices, running_stack
from tacrefine.demo.regrasp import check_choices as check_gripper
from tacrefine.demo.scenario import LooseGrasp, draw_poses, refine
from tacrefine.errors import TacrefineError
from tacrefine.hands import load_hand
from tacrefine.objects import load_objects

AGAIN = frozenset({403, 404})
"""codes of `regrasp` after which another look may help: nothing promised to hold, or it slipped"""


@dataclass(frozen=True)
class Done:
    """How one action ended."""

    action: str
    code: int
    message: str
    figures: str

    @property
    def succeeded(self) -> bool:
        """Whether the next action may follow."""
        return self.code == 0


class Robot(Protocol):
    """What the chain needs; each call returns when the action has ended."""

    def regrasp(self) -> Done:
        """Grasp and lift the object."""
        ...

    def refine(self) -> Done:
        """Move the grasp to the target that was shown."""
        ...


def hold_then_refine(
    robot: Robot, attempts: int, tell: Callable[[Done], None] = lambda done: None
) -> list[Done]:
    """Regrasp, at most so many times, until it holds; only then refine. Returns what was done, the last one last."""
    did: list[Done] = []

    def note(done: Done) -> bool:
        did.append(done)
        tell(done)
        return done.succeeded

    for _ in range(attempts):
        if note(robot.regrasp()):
            note(robot.refine())
            return did
        if did[-1].code not in AGAIN:
            return did
    return did


class SimulatedCell:
    """Both actions over ROS, each on its simulated robot. Use as a context manager."""

    def __init__(self, namespace: str = "", use_sim_time: bool = False) -> None:
        from tacrefine.nodes.tools.client import StackClient
        from tacrefine.nodes.tools.regrasp_client import RegraspClient

        self._stack = ExitStack()
        self._gripper = self._stack.enter_context(RegraspClient(namespace, use_sim_time))
        self._hand = self._stack.enter_context(StackClient(namespace, use_sim_time))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: Any) -> None:
        self._stack.close()

    @property
    def check(self) -> Callable[[], None]:
        """Runs while something is waited for."""
        return self._hand.check

    @check.setter
    def check(self, check: Callable[[], None]) -> None:
        self._hand.check = self._gripper.check = check

    def wait_ready(self, timeout: float) -> None:
        """Wait until both actions and both simulations are there."""
        self._gripper.wait_ready(timeout)
        self._hand.wait_ready(timeout)

    def prepare(self, arguments: Arguments, part: str) -> None:
        """An object on the table, and a part that the hand will hold; its names as in the bringup's arguments."""
        self._arguments, self._part = arguments, load_objects(arguments.objects)[part]
        self._rng = np.random.default_rng(arguments.seed)
        self._gripper.place(arguments.regrasp_object, arguments.seed)

    def regrasp(self) -> Done:
        """The action `regrasp`."""
        _, result = self._gripper.send().result(600.0)
        figures = f"{result.tries} tries, {result.force:.1f} N, success promised {result.probability:.0%}"
        return Done("regrasp", int(result.error_code), result.message, figures)

    def refine(self) -> Done:
        """The action `refine_grasp`, after a target was shown and the grasp disturbed."""
        hand = load_hand(self._arguments.hand)
        while True:
            target, start = draw_poses(self._part, self._rng)
            try:
                run = refine(
                    self._hand, hand, self._part, self._arguments.plant, target, start, self._arguments.seed
                )
                break
            except LooseGrasp:
                continue
        (mm, deg), (last_mm, last_deg) = run.errors[0], run.errors[-1]
        figures = f"{mm:.1f} mm, {deg:.1f} deg to {last_mm:.2f} mm, {last_deg:.2f} deg in {run.steps} moves"
        return Done("refine_grasp", run.code, run.message, figures)


def main() -> int:
    """Run the chain on the simulated cell; 0 only if the object holds and the grasp is refined."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--object", default="plate_6", help="part in the hand, of the set 'fifteen'")
    parser.add_argument(
        "--regrasp-object", default="", help="object on the table; empty: the first of the set"
    )
    parser.add_argument("--regrasp-objects", default="easy", help="set of the objects on the table")
    parser.add_argument("--attempts", type=int, default=3, help="most goals of regrasp")
    parser.add_argument("--seed", type=int, default=5, help="draws places, poses and robots")
    options = parser.parse_args()
    console = Console()
    try:
        arguments = Arguments(
            regrasp=True,
            object=options.object,
            regrasp_object=options.regrasp_object,
            regrasp_objects=options.regrasp_objects,
            seed=options.seed,
            log_level="warn",
        )
        check_choices(arguments.object, arguments.objects, arguments.plant, "five_finger", arguments.hand)
        check_gripper(arguments.regrasp_object, arguments.regrasp_objects, arguments.regrasp_model)
        with running_stack(arguments, 90.0, client=SimulatedCell) as cell:
            cell.prepare(arguments, options.object)
            did = hold_then_refine(
                cell, options.attempts, lambda done: console.print(f"{done.action}: {done.message}")
            )
    except TacrefineError as error:
        print(f"regrasp_then_refine: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    table = Table("action", "code", "what came of it", title="Regrasp, then refine", title_justify="left")
    for done in did:
        table.add_row(done.action, str(done.code), done.figures)
    console.print(table)
    return 0 if did[-1].succeeded and did[-1].action == "refine_grasp" else 1


if __name__ == "__main__":
    sys.exit(main())
