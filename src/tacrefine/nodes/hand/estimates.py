"""What a refinement believes and wants, for others to see: `grasp_estimate` and `next_wrist_pose`.

Nothing of the loop depends on them. Both are sent a few times a goal.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
from geometry_msgs.msg import PoseStamped, PoseWithCovarianceStamped
from numpy.typing import NDArray
from rclpy.qos import QoSProfile

from tacrefine.geometry import HasGraspCentre, RigidTransform
from tacrefine.hands import Hand
from tacrefine.nodes.core.convert import to_pose
from tacrefine.nodes.core.qos import RELIABLE
from tacrefine.refine.estimator import TargetEstimator
from tacrefine.refine.estimator_settings import EstimatorSettings
from tacrefine.refine.samples import Decision
from tacrefine.scene.looks import covariance
from tacrefine.supervision.phases import HandPhase


class Host(Protocol):
    """The node that refines."""

    base_frame: str

    def publish_on(self, kind: type, topic: str, qos: QoSProfile) -> Any:
        """A publisher that publishes nothing unless the node is active."""

    def stamp(self) -> Any:
        """Return the ROS time as a stamp."""


class Estimates:
    """Publishes each decision once, and the pose that it leads to once the hand opens for it."""

    def __init__(self, host: Host, hand: Hand) -> None:
        self._host, self._hand = host, hand
        self._estimate = host.publish_on(PoseWithCovarianceStamped, "grasp_estimate", RELIABLE)
        self._next = host.publish_on(PoseStamped, "next_wrist_pose", RELIABLE)
        self._ahead: RigidTransform | None = None

    def decided(self, decision: Decision) -> None:
        """Publish a new estimate, and remember where it leads."""
        self._ahead = decision.next_wrist
        centre = decision.target_wrist * self._hand.wrist_from_centre
        message = PoseWithCovarianceStamped()
        self._head(message)
        message.pose.pose = to_pose(centre)
        message.pose.covariance = covariance(centre, decision.standard_deviation).ravel()
        self._estimate.publish(message)

    def entered(self, phase: HandPhase) -> None:
        """A phase begins; as the hand opens for a move, publish where it goes."""
        if phase is HandPhase.OPENING and self._ahead is not None:
            message = PoseStamped(pose=to_pose(self._ahead))
            self._head(message)
            self._next.publish(message)
            self._ahead = None

    def _head(self, message: PoseStamped | PoseWithCovarianceStamped) -> None:
        message.header.stamp = self._host.stamp()
        message.header.frame_id = self._host.base_frame


class TellingEstimator(TargetEstimator):
    """An estimator that tells somebody else too what it has decided."""

    def __init__(
        self, tell: Callable[[Decision], None], settings: EstimatorSettings, prior: NDArray[np.float64] | None
    ) -> None:
        super().__init__(settings, prior)
        self._tell = tell

    def decide(self, wrist: RigidTransform, hand: HasGraspCentre) -> Decision:
        """Publish the estimate and the next wrist pose of a decision."""
        decision = super().decide(wrist, hand)
        self._tell(decision)
        return decision
