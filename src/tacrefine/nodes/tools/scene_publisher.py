"""`scene_publisher`: frames of the hand on TF, its robot description, and markers for RViz and Foxglove.

A process of its own, so that nothing that refines waits for what is only looked at. It samples its topics.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from builtin_interfaces.msg import Time
from geometry_msgs.msg import PoseStamped, PoseWithCovarianceStamped, TransformStamped
from rclpy.qos import QoSProfile
from sensor_msgs.msg import JointState
from std_msgs.msg import String
from tf2_msgs.msg import TFMessage
from visualization_msgs.msg import Marker, MarkerArray

from tacrefine.errors import TacrefineError, TouchError
from tacrefine.geometry import RigidTransform
from tacrefine.hands import load_hand
from tacrefine.msg import GraspTarget, TactileArray
from tacrefine.nodes.core.base import TacrefineNode
from tacrefine.nodes.core.convert import from_pads, from_pose, joints_of, to_seconds
from tacrefine.nodes.core.qos import LATCHED, NEWEST, RELIABLE
from tacrefine.nodes.core.robot_inputs import RobotInputs
from tacrefine.nodes.core.running import run
from tacrefine.nodes.core.sensor_sampling import SampledGroup
from tacrefine.nodes.tools.scene_markers import COVARIANCE, NEXT, HandMarkers, covariance_marker, gone
from tacrefine.nodes.tools.scene_parameters import SceneParameters
from tacrefine.scene.arm_urdf import describe_robot
from tacrefine.scene.estimate import EstimateFrames
from tacrefine.scene.frames import Frame, RobotFrames, frame_of
from tacrefine.touch import frame_from_arrays
from tacrefine.touch.joints import JointStates

TF_QOS = QoSProfile(depth=100)
SELDOM_S = 1.0
"""how often markers that change seldom are repeated, for those who come later"""


class ScenePublisher(TacrefineNode):
    """Publishes at its own rates what it received last."""

    group = SceneParameters

    # ---- lifecycle
    def setup(self) -> None:
        """What never changes, and the interfaces."""
        p = self.parameters
        self.hand = load_hand(p.hand)
        self._description = describe_robot(self.hand, p.tf_prefix, p.scene_arm, p.scene_arm_tip)
        self._frames = RobotFrames(self._description)
        self._states = JointStates(self.hand, p)
        self._joints: dict[str, float] = {}
        self._arm_joints: dict[str, float] = {}
        self._joints_stamp = self._wrist_stamp = Time()
        self._wrist: tuple[str, RigidTransform] | None = None
        self._tactile: TactileArray | None = None
        self._target: GraspTarget | None = None
        self._estimate: PoseWithCovarianceStamped | None = None
        self._next: PoseStamped | None = None
        self._estimates = EstimateFrames(self.hand, p.tf_prefix, p.estimate_timeout)
        self._markers = HandMarkers(self.hand, p.tf_prefix, p.marker_top)
        self._told = 0.0
        self._listen()
        self._tf = self.publish_on(TFMessage, "/tf", TF_QOS)
        self._tf_static = self.publish_on(TFMessage, "/tf_static", LATCHED)
        self._described = self.publish_on(String, "robot_description", LATCHED)
        self._shown = self.publish_on(MarkerArray, "markers", RELIABLE)
        self._every(1.0 / p.rate, self._publish_frames)
        if p.publish_markers:
            self._every(1.0 / p.marker_rate, self._publish_markers)

    def start(self) -> None:
        """Publish what is latched."""
        if self.parameters.publish_links:
            self._tf_static.publish(TFMessage(transforms=_transforms(self._frames.fixed, self.stamp())))
        if self.parameters.publish_description:
            self._described.publish(String(data=self._description))

    def _listen(self) -> None:
        p = self.parameters
        self._sampled = SampledGroup()
        self._sampled.is_resting = True  # one message of each topic for each time that frames are published
        inputs = RobotInputs(self, self.hand, p, self._hear)
        inputs.listen("joints", self._on_joints, NEWEST)
        inputs.listen("wrist", self._on_wrist, NEWEST)
        if p.scene_arm:
            self.listen_to(JointState, p.arm_joint_states, self._on_arm, NEWEST, self._sampled)
        if p.publish_markers:
            inputs.listen("touch", self._on_tactile, NEWEST)
            self.listen_to(GraspTarget, "grasp_target", self._on_target, LATCHED)
        self.listen_to(PoseWithCovarianceStamped, "grasp_estimate", self._on_estimate, RELIABLE)
        self.listen_to(PoseStamped, "next_wrist_pose", self._on_next, RELIABLE)

    def _hear(
        self, kind: type, topic: str, callback: Callable[[Any], None], qos: QoSProfile, sampled: bool
    ) -> None:
        self.listen_to(kind, topic, callback, qos, self._sampled if sampled else None)

    def _every(self, seconds: float, callback: Callable[[], None]) -> None:
        timer = self.create_timer(seconds, callback, clock=self.steady)
        self.add_cleanup(lambda: self.destroy_timer(timer))

    # ---- wire to node
    def _on_joints(self, message: JointState) -> None:
        try:
            if self._states.observe(to_seconds(message.header.stamp), message.name, message.position):
                _, self._joints = self._states.latest()
                self._joints_stamp = message.header.stamp
        except TouchError as error:
            self.report_error(error, "joint_states")

    def _on_arm(self, message: JointState) -> None:
        try:
            self._arm_joints = joints_of(message)
        except TouchError as error:
            self.report_error(error, "arm joint_states")

    def _on_wrist(self, message: PoseStamped) -> None:
        try:
            self._wrist = message.header.frame_id, from_pose(message.pose)
            self._wrist_stamp = message.header.stamp
        except ValueError as error:
            self.report_error(f"wrist_pose {error}", "wrist_pose")

    def _on_tactile(self, message: TactileArray) -> None:
        self._tactile = message

    def _on_target(self, message: GraspTarget) -> None:
        self._target, self._estimate, self._next, self._told = message, None, None, 0.0
        self._estimates.forget()

    def _on_estimate(self, message: PoseWithCovarianceStamped) -> None:
        self._estimate, self._next, self._told = message, None, 0.0
        wrist = None if self._wrist is None else self._wrist[1]
        frame = message.header.frame_id
        self._estimates.observe(frame, from_pose(message.pose.pose), wrist, time.monotonic())

    def _on_next(self, message: PoseStamped) -> None:
        self._next, self._told = message, 0.0
        self._estimates.let_go()

    # ---- frames
    def _publish_frames(self) -> None:
        self._sampled.renew()
        if not self.is_active:
            return
        p = self.parameters
        transforms: list[TransformStamped] = []
        if p.publish_links:
            moving = self._frames.moving({**self._joints, **self._arm_joints})
            transforms += _transforms(moving, self._joints_stamp)
        if self._wrist is not None:
            parent, pose = self._wrist
            frames = self._estimates.frames(pose, time.monotonic())
            if p.publish_wrist and not p.scene_arm:
                frames.append(frame_of(parent, f"{p.tf_prefix}{self.hand.wrist_frame}", pose))
            transforms += _transforms(frames, self._wrist_stamp)
        if transforms:
            self._tf.publish(TFMessage(transforms=transforms))

    # ---- markers
    def _publish_markers(self) -> None:
        if not self.is_active or self._shown.get_subscription_count() == 0:
            self._told = 0.0
            return
        markers = self._touch_markers()
        now = time.monotonic()
        if now - self._told >= SELDOM_S:
            self._told = now
            markers += self._target_markers() + self._estimate_markers(now)
        if markers:
            self._shown.publish(MarkerArray(markers=markers))

    def _touch_markers(self) -> list[Marker]:
        if self._tactile is None or not self._joints:
            return []
        try:
            frame = frame_from_arrays(self.hand, from_pads(self._tactile.pads), self._joints)
        except TacrefineError as error:
            self.report_error(error, "tactile")
            return []
        return self._markers.touch(frame.tactile)

    def _target_markers(self) -> list[Marker]:
        target = self._target
        if target is None:
            return []
        try:
            frame = frame_from_arrays(
                self.hand, from_pads(target.tactile.pads), joints_of(target.joint_state)
            )
        except TacrefineError as error:
            self.report_error(f"grasp_target: {error}", "grasp_target")
            return []
        return self._markers.target(target.name, frame.tactile, frame.joints)

    def _estimate_markers(self, now: float) -> list[Marker]:
        estimate = self._estimate
        if estimate is None or not self._estimates.is_fresh(now):
            return [gone(COVARIANCE), gone(NEXT)]
        if self._next is None or not self._joints:
            return [covariance_marker(estimate), gone(NEXT)]
        joints = np.array([self._joints[name] for name in self.hand.joint_names])
        return [covariance_marker(estimate), self._markers.next_pose(self._next, joints)]


def _transforms(frames: list[Frame], stamp: Time) -> list[TransformStamped]:
    messages = []
    for frame in frames:
        message = TransformStamped(child_frame_id=frame.child)
        message.header.stamp, message.header.frame_id = stamp, frame.parent
        move = message.transform
        move.translation.x, move.translation.y, move.translation.z = frame.position
        move.rotation.x, move.rotation.y, move.rotation.z, move.rotation.w = frame.quaternion
        messages.append(message)
    return messages


def main() -> int:
    """Entry point of the executable."""
    return run(ScenePublisher, "scene_publisher")


if __name__ == "__main__":
    sys.exit(main())
