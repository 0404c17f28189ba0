"""Bags of foreign topics: the adapter's file makes the same grasps of them as usual topics would have given."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import yaml
from made import HAND, STORE, Story, spread
from rosbags.rosbag2 import StoragePlugin, Writer
from rosbags.typesys import Stores, get_types_from_msg, get_typestore
from test_other_drivers import FIXED, OBJECTS, joints_named, same, stamped, written

from tacrefine.bags.dataset import read_bags
from tacrefine.bags.info import describe_bag
from tacrefine.bags.schemas import JOINTS, TACTILE, WRIST
from tacrefine.cli import main
from tacrefine.errors import ConfigError, DataError
from tacrefine.geometry import from_quaternion, transform
from tacrefine.touch import SourceSettings
from tacrefine.touch.adapters.wrist import numbers_in

FOREIGN = get_typestore(Stores.ROS2_KILTED)
FOREIGN.register(get_types_from_msg("float32[] cells\nint32 id\n", "skin_msgs/msg/Tip"))
FOREIGN.register(
    get_types_from_msg("std_msgs/Header header\nskin_msgs/Tip[] tips\n", "skin_msgs/msg/Fingers")
)
TOOL_FROM_WRIST = transform((0.0, 0.0, -0.1))
ADAPTER = {
    "touch": [
        {
            "topic": "/skin",
            "type": "skin_msgs/msg/Fingers",
            "unit": "counts",
            "full_scale": 1000.0,
            "rest": 200.0,
            "sign": -1,
            "pads": {
                pad.name: {"field": f"tips[id={number}].cells", "order": "columns"}
                for number, pad in enumerate(HAND.pads)
            },
        }
    ],
    "joints": [{"topic": "/hand/states", "prefix": "rh_"}],
    "wrist": {"tf": {"base": "base", "tip": HAND.wrist_frame}},
}
"""of a skin that counts down from 200 when it is pressed, finger by finger, column by column"""


def told(seconds=0.8) -> Story:
    story = Story()
    for coordinates in spread(3):
        story.grasp(coordinates, seconds, rest=0.5)
    return story


def foreign(path: Path, story: Story, **custom: str) -> Path:
    """The story on topics of another robot."""
    with Writer(path, version=9, storage_plugin=StoragePlugin.MCAP) as writer:
        for key, value in (FIXED | custom).items():
            writer.set_custom_data(key, value)
        connections = {
            name: writer.add_connection(name, kind, typestore=FOREIGN)
            for name, kind in (
                ("/skin", "skin_msgs/msg/Fingers"),
                ("/hand/states", "sensor_msgs/msg/JointState"),
                ("/tf", "tf2_msgs/msg/TFMessage"),
            )
        }
        for topic, at, data in story.messages:
            message = STORE.deserialize_cdr(data, topic.type)
            name, changed = _changed(topic, message, at)
            writer.write(connections[name], at, FOREIGN.serialize_cdr(changed, connections[name].msgtype))
    return path


def _changed(topic, message, at):
    types = FOREIGN.types
    if topic is JOINTS:
        return "/hand/states", joints_named(message, message.name, lambda name: f"rh_{name}")
    if topic is WRIST:
        numbers = numbers_in(message)
        tool = from_quaternion(numbers[:3], numbers[3:]) * TOOL_FROM_WRIST.inv()
        fixed = stamped("tool0", HAND.wrist_frame, at, TOOL_FROM_WRIST)
        return "/tf", types["tf2_msgs/msg/TFMessage"]([stamped("base", "tool0", at, tool), fixed])
    tips = []
    for number, pad in enumerate(message.pads):
        cells = 200.0 - 1000.0 * pad.data.reshape(pad.rows, pad.cols).T.ravel()
        tips.insert(0, types["skin_msgs/msg/Tip"](cells.astype(np.float32), number))
    return "/skin", types["skin_msgs/msg/Fingers"](message.header, tips)


@pytest.fixture(scope="module")
def usual(tmp_path_factory):
    return read_bags([written(tmp_path_factory.mktemp("usual") / "bag", told())], HAND, OBJECTS)


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "my_robot.yaml"
    path.write_text(yaml.safe_dump(ADAPTER))
    return path


def read(path, adapter="", **more):
    return read_bags([path], HAND, OBJECTS, source=SourceSettings(adapter=str(adapter), **more))


def test_a_bag_of_foreign_topics_gives_the_same_grasps_through_the_adapter(tmp_path, usual, file):
    same(read(foreign(tmp_path / "bag", told()), file), usual, force=1e-4)


def test_a_recording_that_holds_its_adapter_needs_no_file(tmp_path, usual):
    same(read(foreign(tmp_path / "bag", told(), adapter=yaml.safe_dump(ADAPTER))), usual, force=1e-4)


def test_an_adapter_in_the_metadata_that_is_damaged_is_told(tmp_path):
    path = foreign(tmp_path / "bag", told(0.1), adapter="touch: [1]")
    with pytest.raises(DataError, match=r"the adapter in the metadata: key 'touch.0'"):
        read(path)


def test_without_an_adapter_the_bag_says_what_it_has_instead(tmp_path):
    path = foreign(tmp_path / "bag", told(0.1))
    with pytest.raises(DataError, match=r"no messages on tactile.*/hand/states, /skin, /tf.*--adapter"):
        read(path)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (
            {"topic": "/skim"},
            r"of type skin_msgs/msg/Fingers there is /skin; see the adapter .*my_robot.yaml",
        ),
        (
            {"type": "skin_msgs/msg/Tip"},
            r"topic /skin is of type skin_msgs/msg/Fingers, not skin_msgs/msg/Tip",
        ),
        ({"stamp": "header.time"}, r"/skin: field 'header.time': there is no 'time'; it has stamp, frame_id"),
    ],
)
def test_what_the_adapter_has_wrong_is_told_with_what_the_bag_has(tmp_path, change, sentence):
    path = tmp_path / "my_robot.yaml"
    path.write_text(yaml.safe_dump(ADAPTER | {"touch": [ADAPTER["touch"][0] | change]}))
    with pytest.raises(DataError, match=sentence):
        read(foreign(tmp_path / "bag", told(0.1)), path)


def test_frames_that_tf_does_not_connect_are_told(tmp_path):
    path = tmp_path / "my_robot.yaml"
    path.write_text(yaml.safe_dump(ADAPTER | {"wrist": {"tf": {"base": "world", "tip": "hand"}}}))
    with pytest.raises(DataError, match=r"'hand' stands in 'world'; it has base, hand_wrist"):
        read(foreign(tmp_path / "bag", told(0.1)), path)


def test_joints_are_renamed_in_one_place(tmp_path, file):
    with pytest.raises(ConfigError, match="'joints' says how joints are called, and so does joint_prefix"):
        read(foreign(tmp_path / "bag", told(0.1)), file, joint_prefix="rh_")


@pytest.mark.slow
def test_times_of_reception_replace_stamps_that_are_missing(tmp_path, usual, file):
    story = told()
    story.messages = [(topic, at, _without_stamp(topic, data)) for topic, at, data in story.messages]
    path = foreign(tmp_path / "bag", story)
    with pytest.raises(DataError, match=r"/skin: the stamps of all .* are zero"):
        read(path, file)
    same(read(path, file, receive_times=True), usual, force=1e-4)


def _without_stamp(topic, data):
    message = STORE.deserialize_cdr(data, topic.type)
    stamp = STORE.types["builtin_interfaces/msg/Time"](0, 0)
    message = replace(message, header=STORE.types["std_msgs/msg/Header"](stamp, message.header.frame_id))
    return bytes(STORE.serialize_cdr(message, topic.type))


def test_info_and_convert_take_the_adapter(tmp_path, file, capsys):
    path = foreign(tmp_path / "bag", told())
    assert main(["bags", "convert", str(path), "--adapter", str(file), "--out", str(tmp_path / "data")]) == 0
    assert "3 grasps on plate_6" in capsys.readouterr().out
    assert main(["bags", "info", str(path), "--adapter", str(file)]) == 0
    assert "note" not in capsys.readouterr().out
    wrong = SourceSettings(adapter="inspire_hand_ros2")
    with pytest.raises(ConfigError, match="hand 'five_finger' has"):
        describe_bag(path, source=wrong)


def test_a_message_now_and_then_that_does_not_fit_is_counted(tmp_path, file):
    story = told()
    short = STORE.deserialize_cdr(story.messages[0][2], TACTILE.type)
    short.pads = short.pads[:3]
    story.messages[30:30] = [
        (TACTILE, story.messages[30][1], bytes(STORE.serialize_cdr(short, TACTILE.type)))
    ] * 20
    notes = read(foreign(tmp_path / "bag", story), file).notes
    assert any(
        "20 messages are not what the adapter says; /skin: field 'tips[id=4].cells' gives 0 values" in note
        for note in notes
    )
