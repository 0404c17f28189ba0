"""Where the gripper goes: on the object that was found, near it, above a place; and what is out of reach."""

from __future__ import annotations

import numpy as np
from scipy.spatial.transform import RigidTransform

from tacrefine.gripper import GripperPose, wrap_yaw
from tacrefine.regrasp.actions import ActionBox
from tacrefine.regrasp.settings import RegraspSettings
from tacrefine.supervision.errors import Unreachable
from tacrefine.vision.cylinder import Cylinder

SLACK_M = 1e-6
PLACE_SIGMA = 0.012
"""m around the middle of the fitted cylinder"""


def grasp_on(cylinder: Cylinder, box: ActionBox) -> GripperPose:
    """Return the pose on the middle of an object, or the nearest one in the workspace of the model.

    Raises Unreachable where that is not on the object any more.
    """
    middle = cylinder.grasp()
    pose = within(middle, box)
    if np.hypot(pose.x - middle.x, pose.y - middle.y) > cylinder.radius:
        check_reach(middle, box)
    return pose


def random_grasp(found: Cylinder, box: ActionBox, rng: np.random.Generator) -> tuple[GripperPose, float]:
    """Return a pose near the cylinder's middle at any height and turn, and any force (N)."""
    x, y = rng.normal((found.x, found.y), PLACE_SIGMA)
    low, high = box.workspace.z
    z = rng.uniform(low, max(min(found.height, high), low))
    yaw = wrap_yaw(rng.uniform(-np.pi / 2, np.pi / 2))
    pose = GripperPose(float(x), float(y), float(z), yaw)
    return within(pose, box), float(rng.uniform(*box.force))


def within(pose: GripperPose, box: ActionBox) -> GripperPose:
    """Return the nearest pose in the workspace."""
    limits = (box.workspace.x, box.workspace.y, box.workspace.z)
    x, y, z = (min(max(value, low), high) for value, (low, high) in zip(pose[:3], limits, strict=True))
    return GripperPose(x, y, z, pose.yaw)


def check_reach(pose: GripperPose, box: ActionBox) -> None:
    """Raise Unreachable, in one sentence, unless the pose lies in the workspace of the model."""
    limits = zip("xyz", pose[:3], (box.workspace.x, box.workspace.y, box.workspace.z), strict=True)
    for axis, value, (low, high) in limits:
        if not low - SLACK_M <= value <= high + SLACK_M:
            raise Unreachable(
                f"the next grasp would be at {axis} = {value:.3f} m; the gripper reaches {low:g} to {high:g} m there "
                "(workspace of the action box)"
            )


def at_height(pose: RigidTransform, height: float) -> RigidTransform:
    """Return the same place and turn at another height (m)."""
    x, y, _ = pose.translation
    return RigidTransform.from_components(np.array([x, y, height]), pose.rotation)


def above(pose: RigidTransform, settings: RegraspSettings) -> RigidTransform:
    """Return the pose over a place, at the height at which the gripper hits nothing."""
    return at_height(pose, max(settings.clear_height, float(pose.translation[2])))
