"""One grasp from an open gripper to an object in the air or not, by a policy, on the simulated gripper."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from tacrefine.data.regrasp.trials import HOLD, held_for
from tacrefine.evaluation.regrasp.executor import SimulatedExecutor
from tacrefine.gripper import Action
from tacrefine.regrasp.actions import ActionBox
from tacrefine.regrasp.choice import Predictor
from tacrefine.regrasp.commands import Press, Regrasp
from tacrefine.regrasp.strategy import RegraspStrategy, Rules
from tacrefine.sim.gripper.scene import GripperScene
from tacrefine.vision.cylinder import BASELINE_FORCE, Cylinder


@dataclass(frozen=True)
class Attempt:
    """How a regrasp ended."""

    success: bool
    """whether both pads felt the object after it was lifted and held"""
    tries: int
    """grasps that were chosen"""
    approaches: int
    """how often the gripper came down from above"""
    force: float
    """N of the last grasp"""
    probability: float
    """expected success of the last grasp, as it was felt"""
    chosen: float
    """expected success of the last action when it was chosen"""
    actions: list[list[float]]
    """all grasps after the probe, ``(5,)`` each; easing and firming up move nothing"""
    error_code: int = 0
    """as in `Regrasp.action`; 0: success, or a baseline"""

    def as_dict(self) -> dict[str, Any]:
        """Return it for a JSON file, rounded."""
        content = asdict(self)
        content["actions"] = [[round(value, 5) for value in action] for action in self.actions]
        return content | {name: round(content[name], 5) for name in ("force", "probability", "chosen")}


def grasp_by_model(
    scene: GripperScene, model: Predictor, box: ActionBox, rules: Rules, rng: np.random.Generator
) -> Attempt:
    """Regrasp as a robot would; the gripper is open when this begins."""
    strategy = RegraspStrategy.by_model(model, box, rules, rng)
    error = SimulatedExecutor(scene, strategy).run()
    commands = [decision.command for decision in strategy.decisions]
    return Attempt(
        success=error is None,
        tries=strategy.tries,
        approaches=strategy.approaches,
        force=float(np.nan_to_num(strategy.force)),
        probability=float(np.nan_to_num(strategy.probability)),
        chosen=0.0 if strategy.chosen is None else strategy.chosen.probability,
        actions=[_action(command) for command in commands if isinstance(command, Regrasp | Press)],
        error_code=0 if error is None else error.code,
    )


def _action(command: Regrasp | Press) -> list[float]:
    if command.action is not None:
        return list(command.action)
    assert isinstance(command, Press)
    return [0.0, 0.0, 0.0, 0.0, command.force]


def grasp_cylinder(
    scene: GripperScene, cylinder: Cylinder, yaw: float | None = None, force: float = BASELINE_FORCE
) -> Attempt:
    """The baseline: the middle of the fitted cylinder with a constant force, turned as :meth:`Cylinder.grasp` says."""
    scene.approach(cylinder.grasp(yaw))
    scene.close(force)
    scene.lift()
    action = Action(0.0, 0.0, 0.0, 0.0, force)
    return Attempt(held_for(scene, HOLD), 1, 1, force, 0.0, 0.0, [list(action)])
