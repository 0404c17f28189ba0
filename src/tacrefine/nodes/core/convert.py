"""Between ROS messages and the plain objects of library and jobs."""

from __future__ import annotations

from array import array
from collections.abc import Iterable

import numpy as np
from builtin_interfaces.msg import Duration, Time
from geometry_msgs.msg import Pose, PoseStamped, Quaternion, Transform, Vector3
from numpy.typing import NDArray
from sensor_msgs.msg import JointState
from trajectory_msgs.msg import JointTrajectory, JointTrajectoryPoint

from tacrefine.arms.planning import JointPath
from tacrefine.drivers.taxels import PadLayout
from tacrefine.errors import TouchError
from tacrefine.geometry import RigidTransform, from_quaternion
from tacrefine.hands import Hand, Pad
from tacrefine.msg import GraspTarget, PoseCorrection, TactileArray, TactilePad
from tacrefine.policy.correction import Correction
from tacrefine.refine.samples import CorrectionSample
from tacrefine.refine.targets import StoredTarget
from tacrefine.supervision.samples import JointSample, WristSample
from tacrefine.touch import PadReading, joint_positions

UNITS = {
    "raw": TactilePad.UNIT_RAW,
    "normalized": TactilePad.UNIT_NORMALIZED,
    "newton": TactilePad.UNIT_NEWTON,
}


def to_seconds(stamp: Time) -> float:
    """A stamp as seconds."""
    return float(stamp.sec) + stamp.nanosec * 1e-9


def to_stamp(seconds: float) -> Time:
    """Seconds as a stamp."""
    whole = int(seconds // 1)
    return Time(sec=whole, nanosec=min(round((seconds - whole) * 1e9), 999_999_999))


def to_duration(seconds: float) -> Duration:
    """Seconds from now as a message."""
    stamp = to_stamp(seconds)
    return Duration(sec=stamp.sec, nanosec=stamp.nanosec)


def joint_trajectory(path: JointPath) -> JointTrajectory:
    """A path as a message; its stamp is zero, which means: start at once."""
    points = [
        JointTrajectoryPoint(
            positions=positions.tolist(),
            velocities=velocities.tolist(),
            time_from_start=to_duration(float(time)),
        )
        for time, positions, velocities in zip(path.times, path.positions, path.velocities, strict=True)
    ]
    return JointTrajectory(joint_names=list(path.names), points=points)


def to_pose(pose: RigidTransform) -> Pose:
    """A pose (m) as a message with a unit quaternion."""
    message = Pose()
    message.position.x, message.position.y, message.position.z = map(float, pose.translation)
    message.orientation = _quaternion(pose)
    return message


def to_transform(pose: RigidTransform) -> Transform:
    """A motion (m) as a message."""
    x, y, z = map(float, pose.translation)
    return Transform(translation=Vector3(x=x, y=y, z=z), rotation=_quaternion(pose))


def to_move(correction: Correction) -> Transform:
    """A correction's increment as a message, without the detour over a RigidTransform."""
    (x, y, z), (i, j, k, w) = correction.position, correction.quaternion
    return Transform(translation=Vector3(x=x, y=y, z=z), rotation=Quaternion(x=i, y=j, z=k, w=w))


def from_pose(message: Pose) -> RigidTransform:
    """A pose message; raises ValueError if it holds no finite numbers or no rotation."""
    return _rigid(message.position, message.orientation)


def from_transform(message: Transform) -> RigidTransform:
    """A motion message; raises ValueError like `from_pose`."""
    return _rigid(message.translation, message.rotation)


def pads_to_message(
    hand: Hand, tactile: NDArray[np.float32], shear: NDArray[np.float32] | None = None
) -> list[TactilePad]:
    """Normalised readings (T,) in the hand's order as pads, with tangential ones (T, 2) where the hand has any."""
    return pad_messages(hand.pads, hand.components_of(tactile, shear), TactilePad.UNIT_NORMALIZED)


def pad_messages(
    pads: Iterable[Pad | PadLayout], tactile: NDArray[np.float32], unit: int
) -> list[TactilePad]:
    """Readings of pads one after the other, each row-major with a taxel's components side by side, as messages."""
    messages, start = [], 0
    for pad in pads:
        data = array("f", tactile[start : start + pad.values].astype("<f4").tobytes())
        start += pad.values
        messages.append(
            TactilePad(
                name=pad.name,
                frame_id=pad.frame_id,
                rows=pad.rows,
                cols=pad.cols,
                unit=unit,
                data=data,
                components=pad.components,
            )
        )
    return messages


def from_pads(pads: Iterable[TactilePad]) -> list[PadReading]:
    """Pad messages as readings; nothing is checked here, `frame_from_arrays` does."""
    return [
        PadReading(
            pad.name, pad.rows, pad.cols, pad.unit, np.frombuffer(pad.data, np.float32), pad.components
        )
        for pad in pads
    ]


def joints_of(message: JointState) -> dict[str, float]:
    """Joint positions by name, rad; raises TouchError if names and positions do not pair up."""
    return joint_positions(message.name, message.position)


def trajectory_points(
    message: JointTrajectory, topic: str = "hand/joint_trajectory"
) -> list[tuple[NDArray[np.float64], float]]:
    """Points of a trajectory (positions in rad, seconds from its start); raises TouchError where they are not whole."""
    points = []
    for point in message.points:
        if len(point.positions) != len(message.joint_names) or not np.isfinite(point.positions).all():
            raise TouchError(f"{topic}: every point needs one finite position for each joint name")
        seconds = point.time_from_start.sec + point.time_from_start.nanosec * 1e-9
        points.append((np.array(point.positions, float), seconds))
    return points


def joint_sample(message: JointState) -> JointSample:
    """A joint state as a sample."""
    return JointSample(to_seconds(message.header.stamp), joints_of(message))


def wrist_sample(message: PoseStamped) -> WristSample:
    """A wrist pose as a sample; raises ValueError like `from_pose`."""
    return WristSample(to_seconds(message.header.stamp), from_pose(message.pose))


def correction_sample(message: PoseCorrection) -> CorrectionSample:
    """A correction as a sample; raises ValueError like `from_pose`."""
    return CorrectionSample(
        stamp=to_seconds(message.header.stamp),
        target_id=message.target_id,
        contact=int(message.contact_state),
        increment=from_transform(message.increment),
        standard_deviation=np.array(message.standard_deviation, float),
        observable=np.array(message.observable_axes, bool),
        frames=max(1, int(message.frames)),
    )


def to_grasp_target(target: StoredTarget) -> GraspTarget:
    """A stored target as the message that the policy gets."""
    message = GraspTarget(id=target.id, name=target.name, object=target.object, hand=target.hand)
    message.header.stamp = to_stamp(target.stamp)
    message.header.frame_id = target.frame_id
    message.observable_axes = list(target.observable_axes)
    message.frames = target.frames
    message.tactile = TactileArray(header=message.header)
    message.tactile.pads = [
        TactilePad(
            name=pad.name,
            frame_id=pad.frame_id,
            rows=pad.rows,
            cols=pad.cols,
            unit=UNITS[pad.unit],
            data=array("f", pad.array().astype("<f4").tobytes()),
            components=pad.components,
        )
        for pad in target.pads
    ]
    message.joint_state = JointState(
        header=message.header, name=list(target.joints), position=list(target.joints.values())
    )
    message.wrist_pose = to_pose(target.wrist)
    return message


def _quaternion(pose: RigidTransform) -> Quaternion:
    x, y, z, w = map(float, pose.rotation.as_quat())
    return Quaternion(x=x, y=y, z=z, w=w)


def _rigid(position: Vector3, rotation: Quaternion) -> RigidTransform:
    numbers = np.array([position.x, position.y, position.z, rotation.x, rotation.y, rotation.z, rotation.w])
    if not np.isfinite(numbers).all():
        raise ValueError("holds numbers that are not finite")
    if not 0.9 <= np.linalg.norm(numbers[3:]) <= 1.1:
        raise ValueError("holds no unit quaternion")
    return from_quaternion(numbers[:3], numbers[3:])
