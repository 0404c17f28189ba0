"""Small whole files of the kinds that nothing ships: a target, a dataset, bags, a mesh, a URDF."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import numpy as np
from rosbags.rosbag2 import StoragePlugin, Writer

from tacrefine.bags.recording import BagRecording
from tacrefine.bags.schemas import JOINTS, TACTILE, WRIST, Topic, definition, typestore
from tacrefine.bags.session import Session
from tacrefine.data.groups import ForceGroups
from tacrefine.data.sharded import INDEX
from tacrefine.data.shards import pack_shard, shard_name, write_shard
from tacrefine.hands import Hand, load_hand
from tacrefine.refine.targets import StoredPad, StoredTarget

ARM_TIP = "wrist"
START_NS = 1_000_000_000_000
MESH_SET = """name: mine
classes: {part: {half_range: {z: 0.005}}}
objects:
  - {name: part, class: part, shape: {kind: mesh, path: part.stl}}
"""
URDF = """<?xml version="1.0"?>
<robot name="short">
  <link name="base"/>
  <link name="upper"><visual><geometry><mesh filename="package://nowhere/a.dae"/></geometry></visual></link>
  <link name="wrist"><inertial><mass value="0.1"/><inertia ixx="1e-4" iyy="1e-4" izz="1e-4" ixy="0" ixz="0" iyz="0"/>
    </inertial></link>
  <joint name="one" type="revolute"><parent link="base"/><child link="upper"/><origin xyz="0 0 0.3"/><axis xyz="0 0 1"/>
    <limit lower="-2.5" upper="2.5" velocity="1.5" effort="10"/></joint>
  <joint name="two" type="prismatic"><parent link="upper"/><child link="wrist"/><origin xyz="0.2 0 0"/>
    <axis xyz="1 0 0"/><limit lower="0" upper="0.4" velocity="0.2" effort="10"/></joint>
</robot>
"""
PRESSES = """name: skin
taxels: {columns: ["m*"], rest: 0.1, full_scale: 1.0}
coordinates: [{name: x, column: px, unit: mm}]
group_by: session
"""


def target(hand: Hand) -> StoredTarget:
    """A captured target."""
    pads = [
        StoredPad.from_array(pad.name, pad.frame_id, pad.rows, pad.cols, "normalized", np.zeros(pad.size))
        for pad in hand.pads
    ]
    return StoredTarget(
        name="peg",
        object="rod_10",
        hand=hand.name,
        signature=hand.signature,
        observable_axes=(False, False, True, True, False, False),
        stamp=1000.0,
        frame_id="base",
        wrist_frame=hand.wrist_frame,
        wrist_position=(0.4, 0.0, 0.3),
        wrist_quaternion=(0.0, 0.0, 0.0, 1.0),
        joints=dict.fromkeys(hand.joint_names, 0.1),
        pads=tuple(pads),
        frames=10,
    )


def dataset(folder: Path, hand: Hand, objects: list[str], shards: int = 2) -> None:
    """A finished dataset of made-up grasps."""
    rng = np.random.default_rng(0)
    entries = []
    for number in range(shards):
        shape = (3, 2)
        groups = ForceGroups(
            force=rng.random((*shape, hand.taxel_count)).astype(np.float32),
            joints=rng.random((*shape, len(hand.joint_names))).astype(np.float32),
            coordinates=rng.random((*shape, 6)).astype(np.float32),
            valid=np.ones(shape, bool),
            objects=np.zeros(3, np.int16),
        )
        about = {"settings": {}, "shard": number, "objects": objects, "hand_signature": hand.signature}
        entries.append(write_shard(folder / shard_name(number), pack_shard(groups, about)))
    samples = sum(entry["samples"] for entry in entries)
    (folder / INDEX).write_text(json.dumps({"settings": {}, "samples": samples, "shards": entries}, indent=2))


def mcap(folder: Path) -> None:
    """Two grasps, by this package's recorder."""
    hand = load_hand()
    bag = BagRecording(folder / "bag")
    bag.describe(Session(hand, object="plate_6", fixed=True, settled={"settle_time": 0.0}).texts())
    for topic, stamp, data in _messages(hand):
        bag.add(f"/{topic.name}", topic.type)
        bag.write(f"/{topic.name}", stamp, data)
    bag.close()


def sqlite3(folder: Path) -> None:
    """The same, as older recorders write it."""
    hand = load_hand()
    with Writer(
        folder / "bag", version=Writer.VERSION_LATEST, storage_plugin=StoragePlugin.SQLITE3
    ) as writer:
        for key, value in Session(hand, object="plate_6", fixed=True).texts().items():
            writer.set_custom_data(key, value)
        connections = {}
        for topic, stamp, data in _messages(hand):
            if topic not in connections:
                text, digest = definition(topic.type)
                connections[topic] = writer.add_connection(
                    f"/{topic.name}", topic.type, msgdef=text, rihs01=digest
                )
            writer.write(connections[topic], stamp, data)


def _messages(hand: Hand) -> list[tuple[Topic, int, bytes]]:
    """Open, closed at rest, open, closed at rest; the wrist moved in between."""
    store = typestore()
    types = store.types
    posture = {True: hand.closed_positions, False: hand.open_positions}
    made: list[tuple[Topic, int, bytes]] = []
    for tick in range(240):
        ns = START_NS + tick * 10_000_000
        closed = (tick // 60) % 2 == 1
        header = types["std_msgs/msg/Header"](
            types["builtin_interfaces/msg/Time"](ns // 10**9, ns % 10**9), "base"
        )
        pads = [
            types["tacrefine/msg/TactilePad"](
                pad.name, pad.frame_id, pad.rows, pad.cols, 1, np.full(pad.size, 0.3 * closed, np.float32), 1
            )
            for pad in hand.pads
        ]
        empty = np.zeros(0)
        angles = np.zeros(len(hand.joint_names))
        angles[[hand.joint_names.index(name) for name in hand.actuated_joints]] = posture[closed]
        pose = types["geometry_msgs/msg/Pose"](
            types["geometry_msgs/msg/Point"](0.4, 0.0, 0.3 + 0.002 * (tick > 120)),
            types["geometry_msgs/msg/Quaternion"](0.0, 0.0, 0.0, 1.0),
        )
        messages = (
            (TACTILE, types["tacrefine/msg/TactileArray"](header, tick, pads)),
            (
                JOINTS,
                types["sensor_msgs/msg/JointState"](header, list(hand.joint_names), angles, empty, empty),
            ),
            (WRIST, types["geometry_msgs/msg/PoseStamped"](header, pose)),
        )
        made += [(topic, ns, bytes(store.serialize_cdr(message, topic.type))) for topic, message in messages]
    return made


def tetrahedron(size: float = 0.02) -> bytes:
    """A closed binary STL, m."""
    corners = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]]) * size - size / 4
    faces = [(0, 2, 1), (0, 1, 3), (0, 3, 2), (1, 2, 3)]
    body = b"".join(struct.pack("<12fH", 0, 0, 0, *corners[list(face)].ravel(), 0) for face in faces)
    return b"\x00" * 80 + struct.pack("<I", len(faces)) + body
