"""Where the grasps of a collection are made."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import RigidTransform

from tacrefine.geometry import HasGraspCentre, from_coordinates
from tacrefine.objects import GraspObject
from tacrefine.objects.pose_groups import GroupSettings, group_poses

GROUP = 8
"""poses that belong together: some spread over the box, others near them at every scale, as in generated data"""


def poses_around(item: GraspObject, grasps: int, seed: int, scale: float = 1.0) -> NDArray[np.float64]:
    """Pose coordinates (grasps - 1, 6) in the object's box times `scale`; the first grasp is the reference itself."""
    settings = GroupSettings(size=GROUP, range_scales=(scale,))
    groups = -(-(grasps - 1) // GROUP)
    return group_poses(item, np.random.default_rng(seed), groups, settings).reshape(-1, 6)[: grasps - 1]


def wrist_poses(
    hand: HasGraspCentre, reference: RigidTransform, coordinates: NDArray[np.float64]
) -> list[RigidTransform]:
    """Wrist poses whose grasp centres have these coordinates (n, 6), m and rad, relative to the reference's.

    `reference` is a wrist pose too; all are in its frame.
    """
    centre = reference * hand.wrist_from_centre
    return [centre * from_coordinates(x) * hand.centre_from_wrist for x in coordinates]
