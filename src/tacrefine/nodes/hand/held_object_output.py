"""The latched topic `object_in_hand` of the refine server: the newest estimate, until the hand opens."""

from __future__ import annotations

from rclpy.clock import Clock

from tacrefine.msg import ObjectInHand
from tacrefine.nodes.core.convert import to_pose, to_transform
from tacrefine.nodes.core.protocols import Interfaces
from tacrefine.nodes.core.qos import LATCHED
from tacrefine.refine.samples import HeldObject
from tacrefine.refine.targets import StoredTarget


class HeldObjectOutput:
    """Publishes how the object sits in the closed hand on the latched topic `object_in_hand`."""

    def __init__(self, host: Interfaces, clock: Clock, wrist_frame: str) -> None:
        self._clock, self._frame = clock, wrist_frame
        self._publisher = host.publish_on(ObjectInHand, "object_in_hand", LATCHED)
        self._newest: ObjectInHand | None = None

    def message(self, estimate: HeldObject, target: StoredTarget) -> ObjectInHand:
        """An estimate as a message."""
        message = ObjectInHand(held=True, object=target.object, target=target.name, target_id=target.id)
        message.header.stamp, message.header.frame_id = self._clock.now().to_msg(), self._frame
        message.pose.pose = to_pose(estimate.pose)
        message.pose.covariance = estimate.covariance.ravel().tolist()
        message.observable_axes = estimate.observable.tolist()
        message.weak_axes = estimate.weak_axes.tolist()
        message.compensation = to_transform(estimate.compensation)
        return message

    def publish(self, estimate: HeldObject, target: StoredTarget) -> None:
        """Publish an estimate of the object's pose in the hand."""
        self._newest = self.message(estimate, target)
        self._publisher.publish(self._newest)

    def opened(self) -> None:
        """The hand opens or is open: what was told last holds no longer."""
        if self._newest is not None and self._newest.held:
            self._newest.held = False
            self._newest.header.stamp = self._clock.now().to_msg()
            self._publisher.publish(self._newest)
