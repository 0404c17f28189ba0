"""Bags of a robot with topics of its own, as its own recorder would have made them; no ROS is needed.

    python examples/other_robot/record.py bags/other --grasps 40

A simulated robot grasps a plate again and again, each bag at another place. Its skin counts down from 900 when it is
pressed, finger by finger and column by column; its joints have a prefix; its wrist is in TF. `my_robot.yaml` beside
this program tells tacrefine so.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from numpy.typing import NDArray
from rosbags.rosbag2 import StoragePlugin, Writer
from rosbags.typesys import Stores, get_types_from_msg, get_typestore

from tacrefine.finetune.recording import from_stand_in
from tacrefine.geometry import from_coordinates, transform
from tacrefine.hands import load_hand
from tacrefine.objects import load_objects

OBJECT, PLANT = "plate_6", "hard"
PERIOD_NS = 20_000_000
REST, FULL = 900.0, 800.0
"""counts that an untouched taxel reads, and by how many a full press lowers them"""
STORE = get_typestore(Stores.ROS2_KILTED)
STORE.register(get_types_from_msg("int16[] cells\n", "skin_msgs/msg/Finger"))
STORE.register(get_types_from_msg("std_msgs/Header header\nFinger[] fingers\n", "skin_msgs/msg/Skin"))
TYPES = STORE.types
TOPICS = {
    "/skin": "skin_msgs/msg/Skin",
    "/robot/joint_states": "sensor_msgs/msg/JointState",
    "/tf": "tf2_msgs/msg/TFMessage",
}
TOOL_FROM_WRIST = transform((0.0, 0.0, 0.12))


def main(
    out: Annotated[Path, typer.Argument(help="Folder for the bags.")],
    grasps: Annotated[int, typer.Option(min=8, help="How many grasps in all.")] = 40,
    seed: Annotated[int, typer.Option(min=0, help="Which robot it is.")] = 0,
) -> None:
    """Simulate and write."""
    hand = load_hand()
    recording = from_stand_in(hand, {OBJECT: load_objects()[OBJECT]}, PLANT, grasps, seed, 8)
    groups = recording.groups
    for number in range(len(groups)):
        made = np.flatnonzero(groups.valid[number])
        with Robot(out / f"{number:02d}", seed + number) as robot:
            for grasp in made:
                touch = np.nan_to_num(groups.measured[number, grasp] / hand.full_scale)
                robot.grasp(groups.coordinates[number, grasp], groups.joints[number, grasp], touch)
        print(f"{out / f'{number:02d}'}: {len(made)} grasps")


class Robot:
    """Writes one bag; a context manager."""

    def __init__(self, path: Path, seed: int) -> None:
        self._hand, self._rng, self._now = load_hand(), np.random.default_rng(seed), 1_700_000_000 * 10**9
        self._writer = Writer(path, version=9, storage_plugin=StoragePlugin.MCAP)
        self._open = self._hand.joint_positions_at(self._hand.open_positions)

    def __enter__(self) -> Robot:
        self._writer.open()
        self._topics = {
            name: self._writer.add_connection(name, kind, typestore=STORE) for name, kind in TOPICS.items()
        }
        return self

    def __exit__(self, *_: object) -> None:
        self._writer.close()

    def grasp(
        self, coordinates: NDArray[np.floating], joints: NDArray[np.floating], touch: NDArray[np.floating]
    ) -> None:
        """Close, hold and open at one pose (m, rad) with readings ``(T,)`` from 0 to 1."""
        wrist = transform((0.5, 0.0, 0.3)) * from_coordinates(coordinates) * self._hand.centre_from_wrist
        closing = np.linspace(0.0, 1.0, 15)
        for share, felt in (
            *((0.0, 0.0) for _ in range(30)),
            *((share, 0.0) for share in closing),
            *((1.0, 1.0) for _ in range(50)),
            *((share, 0.0) for share in closing[::-1]),
        ):
            self._tick(wrist, self._open + share * (joints - self._open), felt * touch)

    def _tick(self, wrist: Any, joints: NDArray[np.floating], touch: NDArray[np.floating]) -> None:
        header = TYPES["std_msgs/msg/Header"](
            TYPES["builtin_interfaces/msg/Time"](*divmod(self._now, 10**9)), "robot_base"
        )
        counts = REST - FULL * touch + self._rng.normal(0.0, 2.0, len(touch))
        fingers = [
            TYPES["skin_msgs/msg/Finger"](counts[part].reshape(pad.rows, pad.cols).T.ravel().astype(np.int16))
            for pad, part in zip(self._hand.pads, self._hand.pad_slices, strict=True)
        ]
        self._write("/skin", TYPES["skin_msgs/msg/Skin"](header, fingers))
        names, none = [f"rh_{name}" for name in self._hand.joint_names], np.zeros(0)
        positions = np.asarray(joints, float)
        self._write(
            "/robot/joint_states", TYPES["sensor_msgs/msg/JointState"](header, names, positions, none, none)
        )
        fixed = self._transform(header, "tool0", self._hand.wrist_frame, TOOL_FROM_WRIST)
        moved = self._transform(header, "robot_base", "tool0", wrist * TOOL_FROM_WRIST.inv())
        self._write("/tf", TYPES["tf2_msgs/msg/TFMessage"]([moved, fixed]))
        self._now += PERIOD_NS

    def _transform(self, header: Any, parent: str, child: str, pose: Any) -> Any:
        motion = TYPES["geometry_msgs/msg/Transform"](
            TYPES["geometry_msgs/msg/Vector3"](*map(float, pose.translation)),
            TYPES["geometry_msgs/msg/Quaternion"](*map(float, pose.rotation.as_quat())),
        )
        head = TYPES["std_msgs/msg/Header"](header.stamp, parent)
        return TYPES["geometry_msgs/msg/TransformStamped"](head, child, motion)

    def _write(self, topic: str, message: Any) -> None:
        connection = self._topics[topic]
        self._writer.write(connection, self._now, STORE.serialize_cdr(message, connection.msgtype))


if __name__ == "__main__":
    typer.run(main)
