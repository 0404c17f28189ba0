"""What a policy does with the simulated gripper between two decisions: close gently, adjust, ease, try, come anew."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tacrefine.data.regrasp.trials import random_grasp, within
from tacrefine.gripper import Action, State
from tacrefine.regrasp.actions import ActionBox, stays
from tacrefine.regrasp.choice import Predictor, gentler
from tacrefine.regrasp.defaults import TRIAL_TIME
from tacrefine.sim.gripper.gel import slid
from tacrefine.sim.gripper.scene import CLEAR_HEIGHT, GripperScene


def probed(scene: GripperScene, force: float) -> State:
    """What is seen and felt where the gripper has come down: closing gently moves little and tells much; 0 N: open."""
    if force > 0.0:
        scene.close(force)
    return scene.state()


def make(scene: GripperScene, action: Action, box: ActionBox) -> None:
    """Open, move (no farther than the workspace), close; an action that does not move only closes with its force."""
    if not stays(action):
        target = within(scene.pose.moved(action), box)
        scene.open()
        scene.move_to(target)
    scene.close(action.force)


def staying(model: Predictor, features: NDArray[np.float32], force: float) -> float:
    """Probability that the grasp holds as it is."""
    return float(model.success(features, np.array([[0.0, 0.0, 0.0, 0.0, force]], np.float32))[0])


def ease(
    scene: GripperScene,
    model: Predictor,
    features: NDArray[np.float32],
    box: ActionBox,
    actions: list[list[float]],
    probability: float,
    *,
    threshold: float,
    margin: float,
) -> float:
    """Hold a good grasp with less force where that promises enough, and as before where it then feels otherwise.

    Returns the probability of the grasp as it is in the end; what was done is added to `actions`.
    """
    firm = actions[-1][4]
    force = gentler(model, features, box, firm, threshold=threshold, margin=margin)
    if force is None:
        return probability
    actions.append([0.0, 0.0, 0.0, 0.0, force])
    scene.close(force)
    eased = staying(model, model.encode(scene.state()), force)
    if eased > threshold:
        return eased
    actions.append([0.0, 0.0, 0.0, 0.0, firm])
    scene.close(firm)
    return probability


def carries(scene: GripperScene, height: float) -> bool:
    """Lift by `height` m, wait, then feel and look whether the object came along; where it did not, go down again.

    One that has begun to slide out of the pads does not count as carried: over the rest of the way it would go on.
    """
    below, before = scene.pose, scene.tactile()
    scene.move_to(below._replace(z=below.z + height))
    scene.hold(TRIAL_TIME)
    slides = slid(before, scene.tactile(), scene.tactile_rest)
    if scene.holds() and not slides and not scene.left_behind(height):
        return True
    scene.move_to(below)
    return False


def approach_again(
    scene: GripperScene, box: ActionBox, rng: np.random.Generator, at_random: bool = False
) -> bool:
    """Let go, go up, and come down on the middle of what the camera then finds, across its long direction.

    With `at_random` anywhere around it, where its middle did not help. False where the camera finds nothing.
    """
    scene.open()
    scene.move_to(scene.pose._replace(z=CLEAR_HEIGHT))
    cylinder = scene.find_object()
    if cylinder is None:
        return False
    scene.approach(random_grasp(cylinder, box, rng)[0] if at_random else within(cylinder.grasp(), box))
    return True
