"""Recordings made up for the tests: a hand that closes on an object at known wrist poses, message by message."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import numpy as np
from rosbags.rosbag2 import CompressionFormat, CompressionMode, StoragePlugin, Writer

from tacrefine.bags.recording import BagRecording
from tacrefine.bags.schemas import (
    FEEDBACK,
    JOINTS,
    STATUS,
    TACTILE,
    TARGET,
    WRIST,
    Topic,
    definition,
    typestore,
)
from tacrefine.geometry import RigidTransform, from_coordinates, transform
from tacrefine.hands import Hand, load_hand

HAND = load_hand()
STORE = typestore()
TYPES = STORE.types
START_NS = 1_000_000_000_000
PERIOD_NS = 10_000_000
WRIST_AT = transform((0.4, 0.1, 0.3), (0.0, 0.3, 0.0)) * HAND.centre_from_wrist
"""wrist pose at which the grasp centre stands in the object's frame"""
Message = tuple[Topic, int, bytes]


def stamp(ns: int):
    return TYPES["builtin_interfaces/msg/Time"](ns // 10**9, ns % 10**9)


def header(ns: int, frame: str = ""):
    return TYPES["std_msgs/msg/Header"](stamp(ns), frame)


def pose(value: RigidTransform):
    q = value.rotation.as_quat()
    return TYPES["geometry_msgs/msg/Pose"](
        TYPES["geometry_msgs/msg/Point"](*map(float, value.translation)),
        TYPES["geometry_msgs/msg/Quaternion"](*map(float, q)),
    )


def packed(topic: Topic, message) -> bytes:
    return bytes(STORE.serialize_cdr(message, topic.type))


def tactile_array(hand: Hand, values: np.ndarray, ns: int, sequence: int = 0):
    pads = [
        TYPES["tacrefine/msg/TactilePad"](
            pad.name, pad.frame_id, pad.rows, pad.cols, 1, values[part].astype(np.float32), pad.components
        )
        for pad, part in zip(hand.pads, hand.value_slices, strict=True)
    ]
    return TYPES["tacrefine/msg/TactileArray"](header(ns, hand.wrist_frame), sequence, pads)


def joint_state(hand: Hand, positions: np.ndarray, ns: int):
    empty = np.zeros(0)
    return TYPES["sensor_msgs/msg/JointState"](
        header(ns), list(hand.joint_names), np.asarray(positions, float), empty, empty
    )


def target(name: str, obj: str, wrist: RigidTransform, ns: int, hand: Hand = HAND) -> Message:
    values = np.full(hand.taxel_count, 0.2)
    message = TYPES["tacrefine/msg/GraspTarget"](
        header(ns, "base"),
        f"{name}-1",
        name,
        obj,
        hand.name,
        np.ones(6, bool),
        tactile_array(hand, values, ns),
        8,
        joint_state(hand, np.zeros(len(hand.joint_names)), ns),
        pose(wrist),
    )
    return TARGET, ns, packed(TARGET, message)


def goal_id(number: int):
    return TYPES["unique_identifier_msgs/msg/UUID"](np.full(16, number, np.uint8))


def feedback(number: int, ns: int) -> Message:
    kind = TYPES["tacrefine/action/RefineGrasp_Feedback"]
    values = {
        "state": 3,
        "state_name": "settling",
        "step": 0,
        "weak_axes": np.zeros(6, bool),
        "degraded": "",
    }
    values |= {"remaining_position_error": 0.0, "remaining_rotation_error": 0.0}
    values |= {"touch_difference": 0.0, "differing_finger": ""}
    values |= {"standard_deviation": np.zeros(6)}
    inner = kind(**{field.name: values[field.name] for field in fields(kind) if field.name in values})
    message = TYPES["tacrefine/action/RefineGrasp_FeedbackMessage"](goal_id(number), inner)
    return FEEDBACK, ns, packed(FEEDBACK, message)


def status(number: int, code: int, ns: int) -> Message:
    info = TYPES["action_msgs/msg/GoalInfo"](goal_id(number), stamp(ns))
    message = TYPES["action_msgs/msg/GoalStatusArray"]([TYPES["action_msgs/msg/GoalStatus"](info, code)])
    return STATUS, ns, packed(STATUS, message)


class Story:
    """Time goes on as grasps are added; `messages` is what a recorder would have received."""

    def __init__(self, hand: Hand = HAND, seed: int = 0) -> None:
        self.hand, self.messages, self.now = hand, [], START_NS
        self._rng = np.random.default_rng(seed)
        self._sequence = 0
        self._open = hand.joint_positions_at(hand.open_positions)
        self._closed = hand.joint_positions_at(hand.closed_positions)

    def grasp(
        self, coordinates, seconds: float = 0.8, touch: float = 0.3, grip: float = 0.7, rest: float = 0.1
    ) -> Story:
        """One grasp of `seconds` at pose coordinates (6,) of the grasp centre, from open for `rest` s to open."""
        wrist = WRIST_AT_CENTRE * from_coordinates(coordinates) * self.hand.centre_from_wrist
        for share in [0.0] * round(rest / 0.01) + list(np.linspace(0, grip, 30)):
            self.tick(wrist, share, 0.0)
        for _ in range(round(seconds / 0.01)):
            self.tick(wrist, grip, touch)
        for share in list(np.linspace(grip, 0, 20)) + [0.0] * 10:
            self.tick(wrist, share, 0.0)
        return self

    def tick(self, wrist: RigidTransform, closed: float, touch: float) -> None:
        joints = self._open + closed * (self._closed - self._open)
        values = touch * (0.5 + self._rng.random(self.hand.value_slices[-1].stop))
        self._sequence += 1
        at = self.now
        array = tactile_array(self.hand, values, at, self._sequence)
        self.messages.append((TACTILE, at, packed(TACTILE, array)))
        self.messages.append((JOINTS, at, packed(JOINTS, joint_state(self.hand, joints, at))))
        message = TYPES["geometry_msgs/msg/PoseStamped"](header(at, "base"), pose(wrist))
        self.messages.append((WRIST, at, packed(WRIST, message)))
        self.now += PERIOD_NS

    def say(self, message: Message) -> Story:
        self.messages.append(message)
        return self


WRIST_AT_CENTRE = WRIST_AT * HAND.wrist_from_centre
"""the object's frame in the base frame"""


def record(path: Path, story: Story, custom: dict[str, str] | None = None, prefix: str = "") -> Path:
    """With our own writer."""
    bag = BagRecording(path)
    bag.describe(custom or {})
    for topic, at, data in story.messages:
        bag.add(f"{prefix}/{topic.name}", topic.type)
        bag.write(f"{prefix}/{topic.name}", at, data)
    bag.close()
    return path


def record_as(
    path: Path, story: Story, plugin: StoragePlugin, mode: CompressionMode = CompressionMode.NONE
) -> Path:
    """As `ros2 bag record` would with other options: sqlite3, compressed files or messages."""
    writer = Writer(path, version=9, storage_plugin=plugin)
    writer.set_compression(mode, CompressionFormat.ZSTD)
    with writer:
        connections = {}
        for topic, at, data in story.messages:
            if topic not in connections:
                text, digest = definition(topic.type)
                connections[topic] = writer.add_connection(
                    f"/{topic.name}", topic.type, msgdef=text, rihs01=digest
                )
            writer.write(connections[topic], at, data)
    return path


def spread(n: int, seed: int = 5) -> Iterator[np.ndarray]:
    """Pose coordinates within the box of a plate: z, roll (about x) and pitch."""
    rng = np.random.default_rng(seed)
    box = np.array([0.0, 0.0, 0.004, 0.05, 0.05, 0.0])
    for _ in range(n):
        yield box * rng.uniform(-1, 1, 6)
