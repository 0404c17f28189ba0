"""One self-supervised trial: grasp somewhere, let go, adjust, grasp again, lift, hold, and feel whether it is there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tacrefine.regrasp.actions import ActionBox
from tacrefine.regrasp.cylinder import Cylinder
from tacrefine.regrasp.dataset import REGRASP, RELEASED, STAY, Examples
from tacrefine.regrasp.scene import LOOK, GripperScene
from tacrefine.regrasp.types import Action, GripperPose, State, wrap_yaw

HOLD = 4.0
"""s"""
PLACE_SIGMA = 0.012
"""m around the middle of the fitted cylinder"""
STILL = 0.004
"""m/s and rad/s: slower than this for `QUIET` looks, and nothing more will happen"""
QUIET = 3
PARTED = 0.0005
"""m between the pads below which nothing is between them"""

Chooser = Callable[[State, GripperPose, ActionBox, np.random.Generator], Action]
"""picks the adjustment: at random, or by a model"""


@dataclass(frozen=True, eq=False)
class Trial:
    """What was seen, done and found in one trial. `states`: grasped, let go, grasped again."""

    states: tuple[State, State, State]
    action: Action
    success: bool


def random_action(state: State, pose: GripperPose, box: ActionBox, rng: np.random.Generator) -> Action:
    """Anything that the box allows."""
    del state
    return Action.from_array(box.sample(rng, 1, pose)[0])


def random_grasp(found: Cylinder, box: ActionBox, rng: np.random.Generator) -> tuple[GripperPose, float]:
    """A pose near the cylinder's middle at any height and turn, and any force."""
    x, y = rng.normal((found.x, found.y), PLACE_SIGMA)
    low, high = box.workspace.z
    z = rng.uniform(low, max(min(found.height, high), low))
    yaw = wrap_yaw(rng.uniform(-np.pi / 2, np.pi / 2))
    pose = GripperPose(float(x), float(y), float(z), yaw)
    return within(pose, box), float(rng.uniform(*box.force))


def within(pose: GripperPose, box: ActionBox) -> GripperPose:
    """The nearest pose in the workspace."""
    limits = (box.workspace.x, box.workspace.y, box.workspace.z)
    x, y, z = (min(max(value, low), high) for value, (low, high) in zip(pose[:3], limits, strict=True))
    return GripperPose(x, y, z, pose.yaw)


def run_trial(scene: GripperScene, box: ActionBox, choose: Chooser, rng: np.random.Generator) -> Trial | None:
    """One trial on the scene's object; None where the camera found nothing on the table."""
    scene.reset(rng)
    found = scene.find_object()
    if found is None:
        return None
    first, force = random_grasp(found, box, rng)
    scene.approach(first)
    scene.close(force)
    grasped = scene.state()
    scene.open()
    let_go = scene.state()
    wanted = choose(grasped, first, box, rng)
    second = within(first.moved(wanted), box)
    action = first.action_to(second, wanted.force)
    scene.move_to(second)
    scene.close(action.force)
    again = scene.state()
    scene.lift()
    return Trial((grasped, let_go, again), action, held_for(scene, HOLD))


def held_for(scene: GripperScene, seconds: float) -> bool:
    """Hold that long and feel; the wait ends early where the object is gone, or hangs still for good."""
    quiet, end = 0, scene.time + seconds
    while scene.time < end and quiet < QUIET:
        scene.hold(LOOK)
        if scene.width < PARTED:
            return False
        quiet = quiet + 1 if scene.stillness < STILL else 0
    return scene.holds()


def examples_of(trial: Trial, number: int, obj: int) -> Examples:
    """Its three examples: the adjustment, staying in the final grasp, and the adjustment after letting go."""
    grasped, let_go, again = trial.states
    cameras = [grasped.camera_rest, grasped.camera, let_go.camera, again.camera_rest, again.camera]
    tactile = [grasped.tactile_rest, grasped.tactile, let_go.tactile, again.tactile]
    stay = Action(0.0, 0.0, 0.0, 0.0, trial.action.force)
    actions = (trial.action, stay, trial.action)
    return Examples(
        camera=np.stack(cameras),
        tactile=np.stack(tactile),
        state_camera=_indices(1, 2, 4),
        state_camera_rest=_indices(0, 0, 3),
        state_tactile=_indices(1, 2, 3),
        state_tactile_rest=_indices(0, 0, 0),
        pose=np.stack([state.pose for state in trial.states]),
        force=np.array([state.force for state in trial.states], np.float32),
        example_state=_indices(0, 2, 1),
        action=np.stack([action.array() for action in actions]),
        success=np.full(3, trial.success),
        object=np.full(3, obj, np.int16),
        trial=np.full(3, number, np.int32),
        kind=np.array([REGRASP, STAY, RELEASED], np.uint8),
    )


def _indices(*values: int) -> NDArray[np.int32]:
    return np.array(values, np.int32)
