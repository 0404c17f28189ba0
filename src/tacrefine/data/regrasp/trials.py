"""One trial that labels itself: grasp, open, adjust, grasp again, lift, hold, and feel whether the object is there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tacrefine.data.regrasp.dataset import REGRASP, RELEASED, STAY, Examples
from tacrefine.gripper import Action, GripperPose, State
from tacrefine.regrasp.actions import ActionBox
from tacrefine.regrasp.places import random_grasp, within
from tacrefine.sim.gripper.scene import LOOK, GripperScene

HOLD = 4.0
"""s"""
STILL = 0.004
"""m/s and rad/s: an object that is slower for `QUIET` looks hangs still"""
QUIET = 3
PARTED = 0.0005
"""m between the pads below which nothing is between them"""

Chooser = Callable[[State, GripperPose, ActionBox, np.random.Generator], Action]
"""picks the adjustment: at random, or by a model"""


@dataclass(frozen=True, eq=False)
class Trial:
    """What was seen, done and found in one trial."""

    grasped: State | None
    """closed at the first pose; None where the gripper adjusted before it touched anything"""
    opened: State
    """open at the first pose: let go again, or not closed yet"""
    again: State
    """closed at the second pose, before the lift"""
    action: Action
    success: bool


def random_action(state: State, pose: GripperPose, box: ActionBox, rng: np.random.Generator) -> Action:
    """Return a random action of the box."""
    del state
    return Action.from_array(box.sample(rng, 1, pose)[0])


def run_trial(
    scene: GripperScene,
    box: ActionBox,
    choose: Chooser,
    rng: np.random.Generator,
    touch_first: float = 1.0,
) -> Trial | None:
    """One trial on the scene's object; None where the camera found nothing on the table.

    `touch_first` is the share of trials that grasp before they adjust; the others adjust by what they see.
    """
    scene.reset(rng)
    found = scene.find_object()
    if found is None:
        return None
    first, force = random_grasp(found, box, rng)
    scene.approach(first)
    grasped = None
    if touch_first >= 1.0 or rng.random() < touch_first:
        scene.close(force)
        grasped = scene.state()
        scene.open()
    opened = scene.state()
    wanted = choose(grasped or opened, first, box, rng)
    second = within(first.moved(wanted), box)
    action = first.action_to(second, wanted.force)
    scene.move_to(second)
    scene.close(action.force)
    again = scene.state()
    scene.lift()
    return Trial(grasped, opened, again, action, held_for(scene, HOLD))


def held_for(scene: GripperScene, seconds: float) -> bool:
    """Hold and return whether both pads feel the object; ends early where it is gone or hangs still."""
    quiet, end = 0, scene.time + seconds
    while scene.time < end and quiet < QUIET:
        scene.hold(LOOK)
        if scene.width < PARTED:
            return False
        quiet = quiet + 1 if scene.stillness < STILL else 0
    return scene.holds()


def examples_of(trial: Trial, number: int, obj: int) -> Examples:
    """Return the examples: the action out of the first grasp, staying in the last one, the action when open."""
    stay = Action(0.0, 0.0, 0.0, 0.0, trial.action.force)
    told = [(trial.grasped, trial.action, REGRASP)] if trial.grasped is not None else []
    rows = [*told, (trial.again, stay, STAY), (trial.opened, trial.action, RELEASED)]
    states = [state for state, _, _ in rows if state is not None]
    cameras = _Images([image for state in states for image in (state.camera, state.camera_rest)])
    tactile = _Images([image for state in states for image in (state.tactile, state.tactile_rest)])
    count = len(rows)
    return Examples(
        camera=cameras.stacked,
        tactile=tactile.stacked,
        state_camera=cameras.numbers([state.camera for state in states]),
        state_camera_rest=cameras.numbers([state.camera_rest for state in states]),
        state_tactile=tactile.numbers([state.tactile for state in states]),
        state_tactile_rest=tactile.numbers([state.tactile_rest for state in states]),
        pose=np.stack([state.pose for state in states]),
        force=np.array([state.force for state in states], np.float32),
        example_state=np.arange(count, dtype=np.int32),
        action=np.stack([action.array() for _, action, _ in rows]),
        success=np.full(count, trial.success),
        object=np.full(count, obj, np.int16),
        trial=np.full(count, number, np.int32),
        kind=np.array([kind for _, _, kind in rows], np.uint8),
    )


class _Images:
    """The different ones among images, each once."""

    def __init__(self, images: list[NDArray[np.uint8]]) -> None:
        self._images = list({id(image): image for image in images}.values())
        self.stacked = np.stack(self._images)

    def numbers(self, images: list[NDArray[np.uint8]]) -> NDArray[np.int32]:
        """Where each lies in `stacked`."""
        places = {id(image): number for number, image in enumerate(self._images)}
        return np.array([places[id(image)] for image in images], np.int32)
