"""How an object sits in the closed hand, from an estimate of where the wrist should be: pose, covariance, compensation.

The object's grasp frame is, by convention, where the hand's grasp centre was in the target grasp: all that touch tells
is how the two grasps differ.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import RigidTransform

from tacrefine.geometry import HasGraspCentre
from tacrefine.refine.samples import Decision, HeldObject

UNKNOWN_VARIANCE = 1.0
"""m^2 or rad^2 along an axis that touch cannot tell at all"""


def held_object(
    wrist: RigidTransform, decision: Decision, observable: NDArray[np.bool_], hand: HasGraspCentre
) -> HeldObject:
    """What follows from a decision that was taken while the wrist stood at `wrist` with the object in the hand."""
    increment = wrist.inv() * decision.target_wrist
    pose = increment * hand.wrist_from_centre
    deviation = np.where(observable, decision.standard_deviation, np.sqrt(UNKNOWN_VARIANCE))
    turn = pose.rotation.as_matrix()
    covariance = np.zeros((6, 6))
    for part in (slice(0, 3), slice(3, 6)):
        covariance[part, part] = turn @ np.diag(deviation[part] ** 2) @ turn.T
    return HeldObject(pose, covariance, increment.inv(), observable, decision.weak_axes)


def compensated(planned: RigidTransform, compensation: RigidTransform) -> RigidTransform:
    """The wrist pose that brings the held object where the planned one would bring an object held as in the target."""
    return planned * compensation
