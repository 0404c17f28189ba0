"""Grasps for fine-tuning: the refinement loop led through given poses instead of to a target.

`GraspSequence` takes the place of the estimator in `tacrefine.refine.machine.RefineMachine`, so closing, settling,
opening, moving, every limit and every safe state are those of a refinement.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import RigidTransform

from tacrefine.geometry import HasGraspCentre, error_between, from_coordinates
from tacrefine.hands import Hand
from tacrefine.objects import GraspObject
from tacrefine.objects.pose_groups import GroupSettings, group_poses
from tacrefine.refine.protocols import PoseMeasurement
from tacrefine.refine.samples import CorrectionSample, Decision, Goal
from tacrefine.supervision import errors

TARGET_ID = "collection"
GROUP = 8
"""poses that belong together: some spread over the box, others near them at every scale, as in generated data"""


class Collected(errors.Canceled):
    """Every grasp was made; the hand is left open."""


class GraspSequence:
    """Leads from pose to pose about `reference`, a wrist pose in m; None: about where the wrist stands at first.

    `coordinates` (n, 6), m and rad, are those of the grasp centre relative to its pose in the reference. The first
    grasp is made where the hand stands; `made` counts all of them.
    """

    def __init__(
        self, hand: Hand, coordinates: NDArray[np.float64], reference: RigidTransform | None = None
    ) -> None:
        self._hand, self._coordinates, self._reference = hand, coordinates, reference
        self._next = 0
        self.made = self.skipped = 0

    @property
    def grasps(self) -> int:
        """How many are wanted."""
        return len(self._coordinates) + 1

    @property
    def is_over(self) -> bool:
        """Whether no pose is left."""
        return self._next >= len(self._coordinates)

    def skip(self) -> None:
        """The pose that was last asked for cannot be reached."""
        self.skipped += 1

    # ---- in the place of an estimator
    def start_grasp(self) -> None:
        """The hand has closed anew."""

    def add(self, wrist: RigidTransform, correction: PoseMeasurement) -> None:
        """Readings are recorded elsewhere."""

    def refine(self, wrist: RigidTransform, correction: PoseMeasurement) -> None:
        """There are no corrections."""

    def decide(self, wrist: RigidTransform, hand: HasGraspCentre) -> Decision:
        """The next pose; raises Collected after the last grasp."""
        self.made += 1
        self._reference = wrist if self._reference is None else self._reference
        if self.is_over:
            raise Collected(f"all {self.made} grasps were made")
        centre = (
            self._reference * self._hand.wrist_from_centre * from_coordinates(self._coordinates[self._next])
        )
        self._next += 1
        pose = centre * self._hand.centre_from_wrist
        metres, radians = error_between(wrist * self._hand.wrist_from_centre, centre)
        return Decision(
            next_wrist=pose,
            target_wrist=pose,
            remaining_m=float(metres),
            remaining_rad=float(radians),
            standard_deviation=np.zeros(6),
            converged=False,
            reason="",
            weak_axes=np.zeros(6, bool),
        )


def collection_goal(itinerary: GraspSequence) -> Goal:
    """A goal that ends only with the itinerary; no tolerance, since poses may lie back and forth at will."""
    return Goal(TARGET_ID, np.ones(6, bool), itinerary.grasps, np.inf, np.inf)


def sign_of_life(stamp: float) -> CorrectionSample:
    """A reading in the place of a correction: what the loop waits for before it goes on."""
    return CorrectionSample(stamp, TARGET_ID, 2, RigidTransform.identity(), np.zeros(6), np.ones(6, bool))


def poses_around(item: GraspObject, grasps: int, seed: int, scale: float = 1.0) -> NDArray[np.float64]:
    """Pose coordinates (grasps - 1, 6) in the object's box times `scale`; the first grasp is the reference itself."""
    settings = GroupSettings(size=GROUP, range_scales=(scale,))
    groups = -(-(grasps - 1) // GROUP)
    return group_poses(item, np.random.default_rng(seed), groups, settings).reshape(-1, 6)[: grasps - 1]
