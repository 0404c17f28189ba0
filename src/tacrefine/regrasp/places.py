"""Where the gripper goes: on the fitted object, above a place, up with what it holds; and what is out of reach."""

from __future__ import annotations

import numpy as np
from scipy.spatial.transform import RigidTransform

from tacrefine.gripper import GripperPose
from tacrefine.regrasp.actions import ActionBox
from tacrefine.regrasp.settings import RegraspSettings
from tacrefine.supervision.errors import Unreachable
from tacrefine.vision.cylinder import Cylinder

SLACK_M = 1e-6


def grasp_on(cylinder: Cylinder, box: ActionBox) -> GripperPose:
    """Where the first grasp is made; raises Unreachable for an object outside the workspace of the model."""
    pose = cylinder.grasp()
    low, high = box.workspace.z
    pose = pose._replace(z=min(max(pose.z, low), high))
    check_reach(pose, box)
    return pose


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
    """The same place and turn at another height, m."""
    x, y, _ = pose.translation
    return RigidTransform.from_components(np.array([x, y, height]), pose.rotation)


def above(pose: RigidTransform, settings: RegraspSettings) -> RigidTransform:
    """Over a place, at the height at which the gripper hits nothing."""
    return at_height(pose, max(settings.clear_height, float(pose.translation[2])))
