"""Where the wrist is, out of whatever message tells it: a pose, a transform, odometry, or TF."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tacrefine.documents import quoted
from tacrefine.errors import TouchError
from tacrefine.frame_tree import FrameTree
from tacrefine.geometry import RigidTransform, from_quaternion
from tacrefine.touch.adapters.description import Frames, WristSource
from tacrefine.touch.adapters.paths import FieldPath, fields_of
from tacrefine.touch.adapters.readings import Stamp, WristReading, stamp_of
from tacrefine.touch.adapters.taxels import StampField

POSE_TYPES = (
    "geometry_msgs/msg/PoseStamped",
    "geometry_msgs/msg/TransformStamped",
    "geometry_msgs/msg/PoseWithCovarianceStamped",
    "nav_msgs/msg/Odometry",
)
"""what is understood without a path"""
SHOWN = 12
"""frames that a sentence repeats"""


class WristTopic:
    """Reads the wrist's pose from one topic."""

    def __init__(self, source: WristSource) -> None:
        assert source.topic is not None
        self.topic, self._frame_id = source.topic, source.frame_id
        self._stamp = StampField(source.stamp)
        self._field = FieldPath(source.field) if source.field else None

    def read(self, message: Any, received: Stamp, static: bool = False) -> list[WristReading]:
        """The pose that a message holds; TouchError in half a sentence where it holds none."""
        stamp = self._stamp.of(message, received)
        held = message if self._field is None else self._field.value(message)
        frame = self._frame_id
        if frame is None:
            frame = str(getattr(getattr(message, "header", None), "frame_id", ""))
        return [WristReading(stamp, numbers_in(held), frame)]


class WristFrames:
    """Reads the wrist's pose out of TF: a pose for each message that moves it in the base frame."""

    def __init__(self, frames: Frames) -> None:
        self._base, self._tip = frames.base, frames.tip
        self._tree = FrameTree()
        self._stamp: Stamp | None = None

    def read(self, message: Any, received: Stamp, static: bool = False) -> list[WristReading]:
        """The pose after this message, [] where it does not move the wrist or is not known yet.

        `static`: of the topic of static transforms, whose stamps are those of their making.
        """
        entries = getattr(message, "transforms", None)
        if entries is None:
            raise TouchError(f"it has {', '.join(fields_of(message)) or 'no fields'}, not 'transforms'")
        moved = {self._observe(entry): entry for entry in entries}
        moved.pop("", None)
        chain = self._tree.between(self._base, self._tip)
        on_chain = [entry for child, entry in moved.items() if child in chain]
        if not on_chain:
            return []
        pose = self._tree.pose(self._base, self._tip)
        if pose is None:
            return []
        stamp = max(stamp_of(entry.header.stamp, "header.stamp") for entry in on_chain)
        if static and self._stamp is not None:
            stamp = self._stamp
        self._stamp = stamp
        numbers = np.concatenate([pose.translation, pose.rotation.as_quat()])
        return [WristReading(stamp, numbers, self._base.lstrip("/"))]

    @property
    def problem(self) -> str:
        """What TF lacks, as a sentence that says which frames it has; empty once a pose was told."""
        if self._stamp is not None:
            return ""
        frames = self._tree.frames
        if not frames:
            return "TF: no transform has come"
        shown = ", ".join(map(quoted, frames[:SHOWN])) + (", ..." if len(frames) > SHOWN else "")
        return f"TF never tells where frame '{self._tip}' stands in '{self._base}'; it has {shown}"

    def _observe(self, entry: Any) -> str:
        numbers = numbers_of(entry.transform.translation, entry.transform.rotation)
        if not is_pose(numbers):
            return ""
        child = str(entry.child_frame_id).lstrip("/")
        self._tree.observe(str(entry.header.frame_id), child, pose_of_numbers(numbers))
        return child


def numbers_in(message: Any) -> NDArray[np.float64]:
    """The pose (7,) that a message holds: a Pose, a Transform, or what has one as its field; else TouchError."""
    held = message
    for name in ("pose", "transform"):
        while hasattr(held, name):
            held = getattr(held, name)
    if hasattr(held, "translation") and hasattr(held, "rotation"):
        return numbers_of(held.translation, held.rotation)
    if hasattr(held, "position") and hasattr(held, "orientation"):
        return numbers_of(held.position, held.orientation)
    raise TouchError(
        f"there is no pose in it, it has {', '.join(fields_of(held)) or 'no fields'}; name its 'field'"
    )


def numbers_of(position: Any, orientation: Any) -> NDArray[np.float64]:
    """Position (m) and quaternion x y z w as an array (7,)."""
    p, q = position, orientation
    return np.array([p.x, p.y, p.z, q.x, q.y, q.z, q.w])


def is_pose(numbers: NDArray[np.float64]) -> bool:
    """Whether these (7,) are finite and their quaternion is about a unit one."""
    return bool(np.isfinite(numbers).all() and 0.9 <= np.linalg.norm(numbers[3:]) <= 1.1)


def pose_of_numbers(numbers: NDArray[np.float64]) -> RigidTransform:
    """A pose from position (m) and quaternion x y z w."""
    return from_quaternion(numbers[:3], numbers[3:])
