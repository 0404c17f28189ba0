"""Names and messages of the gripper on the wire: what bridge, server and client have in common."""

from __future__ import annotations

import math

import numpy as np
from sensor_msgs.msg import CameraInfo, JointState
from std_msgs.msg import Header
from trajectory_msgs.msg import JointTrajectory, JointTrajectoryPoint

from tacrefine.errors import TouchError
from tacrefine.nodes.core.convert import to_seconds
from tacrefine.supervision.gripper import STATES, WIDTH
from tacrefine.supervision.samples import GripperSample
from tacrefine.vision.optics import Camera

PREFIX, POSE = "gripper/", "tcp_pose"
COMMAND = "gripper/command"
IMAGES = {
    "camera": "camera/color/image_raw",
    "depth": "camera/depth/image_raw",
    "left": "gripper/left/image_raw",
    "right": "gripper/right/image_raw",
}
CAMERA_INFO = "camera/color/camera_info"


def grip_message(width: float, force: float) -> JointTrajectory:
    """An opening (m) to go to, and the force (N) with which."""
    return JointTrajectory(
        joint_names=[WIDTH], points=[JointTrajectoryPoint(positions=[width], effort=[force])]
    )


def grip_of(message: JointTrajectory) -> tuple[float, float]:
    """Opening (m) and force (N) of a command; raises TouchError in one sentence if it does not name both."""
    points = message.points
    if list(message.joint_names) != [WIDTH] or len(points) != 1:
        raise TouchError(f"{COMMAND}: one joint named '{WIDTH}' and one point are needed")
    if len(points[0].positions) != 1 or len(points[0].effort) != 1:
        raise TouchError(f"{COMMAND}: one position (m) and one effort (N) are needed")
    width, force = float(points[0].positions[0]), float(points[0].effort[0])
    if not (math.isfinite(width) and math.isfinite(force) and width >= 0.0 and force > 0.0):
        raise TouchError(f"{COMMAND}: position must be 0 m or more and effort more than 0 N")
    return width, force


def gripper_sample(message: JointState) -> GripperSample:
    """A state of the gripper; raises TouchError in one sentence if width or force is missing."""
    names = list(message.name)
    if WIDTH not in names:
        raise TouchError(f"{STATES} lacks the joint '{WIDTH}'")
    index = names.index(WIDTH)
    if len(message.position) <= index or len(message.effort) <= index:
        raise TouchError(f"{STATES} needs a position (m) and an effort (N) of '{WIDTH}'")
    width, force = float(message.position[index]), float(message.effort[index])
    if not (math.isfinite(width) and math.isfinite(force)):
        raise TouchError(f"{STATES}: width and force must be finite, found {width} m and {force} N")
    return GripperSample(to_seconds(message.header.stamp), width, force)


def camera_info(header: Header, camera: Camera) -> CameraInfo:
    """The pinhole camera as ROS describes it."""
    fx, cx, cy = camera.focal, camera.width / 2 - 0.5, camera.height / 2 - 0.5
    info = CameraInfo(height=camera.height, width=camera.width, distortion_model="plumb_bob", d=[0.0] * 5)
    info.header = header
    info.k = np.array([fx, 0.0, cx, 0.0, fx, cy, 0.0, 0.0, 1.0])
    info.r = np.eye(3).ravel()
    info.p = np.array([fx, 0.0, cx, 0.0, 0.0, fx, cy, 0.0, 0.0, 0.0, 1.0, 0.0])
    return info
