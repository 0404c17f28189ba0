"""Bags of drivers that publish in other ways: the same grasps come out, or one sentence says what came instead."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace

import numpy as np
import pytest
from made import HAND, STORE, TYPES, Story, header, joint_state, pose, spread
from rosbags.rosbag2 import StoragePlugin, Writer

from tacrefine.bags.dataset import read_bags, write_dataset
from tacrefine.bags.info import describe_bag
from tacrefine.bags.schemas import JOINTS, TACTILE, WRIST
from tacrefine.cli import main
from tacrefine.cli.robot_settings import recorded_with
from tacrefine.data.dataset import load_readings
from tacrefine.data.sharded import INDEX
from tacrefine.errors import ConfigError, DataError
from tacrefine.geometry import from_coordinates, transform
from tacrefine.objects import load_objects
from tacrefine.touch import SourceSettings

OBJECTS = load_objects()
FIXED = {"object": "plate_6", "object_fixed": "true", "hand": HAND.name, "hand_signature": HAND.signature}
COUPLED = [joint.name for joint in HAND.joints if joint.mimic]
BOX = list(spread(3))


def written(
    path, told, change=lambda topic, at, message: [(f"/{topic.name}", topic.type, message)], **custom
):
    """The story with every message changed into others, which may be of any type: (topic, type, message)."""
    with Writer(path, version=9, storage_plugin=StoragePlugin.MCAP) as writer:
        for key, value in (FIXED | custom).items():
            writer.set_custom_data(key, value)
        connections = {}
        for topic, at, data in told.messages:
            message = STORE.deserialize_cdr(data, topic.type)
            for name, kind, changed in change(topic, at, message):
                if name not in connections:
                    connections[name] = writer.add_connection(name, kind, typestore=STORE)
                writer.write(connections[name], at, STORE.serialize_cdr(changed, kind))
    return path


def story(seconds=0.8) -> Story:
    told = Story()
    for coordinates in BOX:
        told.grasp(coordinates, seconds, rest=0.5)
    return told


def on(wanted, make):
    """Only messages of one topic become others."""

    def change(topic, at, message):
        same = (f"/{topic.name}", topic.type, message)
        return make(same, at, message) if topic is wanted else [same]

    return change


def read(path, cut="auto", **source):
    return read_bags([path], HAND, OBJECTS, cut=cut, source=SourceSettings(**source))


@pytest.fixture(scope="module")
def usual(tmp_path_factory):
    """The story as it is."""
    return read(written(tmp_path_factory.mktemp("usual") / "bag", story()))


def joints_named(message, names, call=lambda name: name):
    positions = dict(zip(message.name, message.position, strict=True))
    state = joint_state(HAND, np.zeros(len(HAND.joint_names)), 0)
    return replace(
        state,
        header=message.header,
        name=[call(name) for name in names],
        position=np.array([positions[name] for name in names]),
    )


def same(found, usual, force=1e-6):
    assert found.grasps == usual.grasps == 3
    assert np.allclose(found.groups.measured, usual.groups.measured, atol=force)
    assert np.allclose(found.groups.joints, usual.groups.joints, atol=1e-6)
    assert np.allclose(found.groups.coordinates, usual.groups.coordinates, atol=1e-6)


# ---- joints
def test_joint_states_of_two_publishers_are_merged(tmp_path, usual):
    def halves(same, at, message):
        name, kind, _ = same
        parts = message.name[:4], message.name[4:]
        return [(name, kind, joints_named(message, part)) for part in parts]

    same(read(written(tmp_path / "bag", story(), on(JOINTS, halves))), usual)


def test_coupled_joints_that_nobody_measures_are_worked_out(tmp_path, usual):
    def actuated(same, at, message):
        return [(*same[:2], joints_named(message, [n for n in message.name if n not in COUPLED]))]

    same(read(written(tmp_path / "bag", story(), on(JOINTS, actuated))), usual)


def test_joint_names_with_a_prefix_are_told_and_read_with_the_option(tmp_path, usual, capsys):
    def prefixed(same, at, message):
        return [(*same[:2], joints_named(message, message.name, lambda name: f"rh_{name}"))]

    path = written(tmp_path / "bag", story(), on(JOINTS, prefixed))
    with pytest.raises(DataError, match=r"name rh_thumb_opposition.*joint_prefix 'rh_' would fit"):
        read(path)
    same(read(path, joint_prefix="rh_"), usual)
    out = str(tmp_path / "data")
    assert main(["bags", "convert", str(path), "--out", out]) == 2
    assert "joint_prefix 'rh_' would fit" in capsys.readouterr().err
    assert main(["bags", "convert", str(path), "--out", out, "--joint-prefix", "rh_"]) == 0
    assert any("joint_prefix 'rh_'" in note for note in describe_bag(path)["notes"])


def test_joints_under_other_names_are_read_by_a_map(tmp_path, usual):
    other = {name: f"J{number}" for number, name in enumerate(HAND.joint_names)}

    def renamed(same, at, message):
        return [(*same[:2], joints_named(message, message.name, other.__getitem__))]

    path = written(tmp_path / "bag", story(), on(JOINTS, renamed))
    same(read(path, joint_names=",".join(f"{there}={name}" for name, there in other.items())), usual)
    joints = [part for name, there in other.items() for part in ("--joint", f"{there}={name}")]
    assert main(["bags", "convert", str(path), "--out", str(tmp_path / "data"), *joints]) == 0
    assert main(["bags", "convert", str(path), "--out", str(tmp_path / "other"), "--joint", "J0"]) == 2


# ---- the wrist
def transform_of(message):
    p = message.pose.position
    return TYPES["geometry_msgs/msg/Transform"](
        TYPES["geometry_msgs/msg/Vector3"](p.x, p.y, p.z), message.pose.orientation
    )


def stamped(parent, child, at, value):
    q, t = value.rotation.as_quat(), value.translation
    motion = TYPES["geometry_msgs/msg/Transform"](
        TYPES["geometry_msgs/msg/Vector3"](*map(float, t)),
        TYPES["geometry_msgs/msg/Quaternion"](*map(float, q)),
    )
    return TYPES["geometry_msgs/msg/TransformStamped"](header(at, parent), child, motion)


@pytest.mark.parametrize("kind", ["TransformStamped", "PoseWithCovarianceStamped", "Odometry"])
def test_the_wrist_may_come_in_messages_of_other_types(tmp_path, usual, kind):
    def other(same, at, message):
        name, *_ = same
        if kind == "TransformStamped":
            changed = TYPES["geometry_msgs/msg/TransformStamped"](
                message.header, "tool", transform_of(message)
            )
        else:
            posed = TYPES["geometry_msgs/msg/PoseWithCovariance"](message.pose, np.zeros(36))
            changed = TYPES["geometry_msgs/msg/PoseWithCovarianceStamped"](message.header, posed)
        package = "nav_msgs" if kind == "Odometry" else "geometry_msgs"
        if kind == "Odometry":
            zero = TYPES["geometry_msgs/msg/Vector3"](0.0, 0.0, 0.0)
            twist = TYPES["geometry_msgs/msg/Twist"](zero, zero)
            twisted = TYPES["geometry_msgs/msg/TwistWithCovariance"](twist, np.zeros(36))
            changed = TYPES["nav_msgs/msg/Odometry"](message.header, "tool", posed, twisted)
        return [(name, f"{package}/msg/{kind}", changed)]

    same(read(written(tmp_path / "bag", story(), on(WRIST, other))), usual)


MOUNT = transform((0.1, -0.2, 0.5), (0.0, 0.4, 0.2))
TOOL = transform((0.0, 0.0, 0.08), (0.0, 0.0, 0.7))
STATIC = "/tf_static"
TFM = "tf2_msgs/msg/TFMessage"


def as_tf(slash="", tip=HAND.wrist_frame):
    """The wrist as a chain: world - base (static) - flange (moves) - wrist (static), beside a camera."""
    told = []

    def change(same, at, message):
        value = from_message(message)
        flange = MOUNT.inv() * value * TOOL.inv()
        moving = [
            stamped(f"{slash}base", f"{slash}flange", at, flange),
            stamped("world", "camera", at, transform()),
        ]
        made = [("/tf", TFM, TYPES[TFM](moving))]
        if not told:
            told.append(True)
            static = [
                stamped("world", f"{slash}base", at, MOUNT),
                stamped(f"{slash}flange", f"{slash}{tip}", at, TOOL),
            ]
            made.insert(0, (STATIC, TFM, TYPES[TFM](static)))
        return made

    return on(WRIST, change)


def from_message(message):
    from tacrefine.touch.adapters.wrist import numbers_in, pose_of_numbers

    return pose_of_numbers(numbers_in(message))


@pytest.mark.parametrize("slash", ["", "/"])
def test_without_a_topic_for_the_wrist_tf_tells_where_the_hands_frame_is(tmp_path, usual, slash):
    found = read(written(tmp_path / "bag", story(), as_tf(slash)))
    same(found, usual)


def test_frames_of_base_and_wrist_can_be_named(tmp_path, usual, capsys):
    path = written(tmp_path / "bag", story(), as_tf(tip="my_tool"))
    with pytest.raises(
        DataError, match=r"frame 'hand_wrist' stands; it has base, camera, flange, my_tool, world"
    ):
        read(path)
    same(read(path, tip_frame="my_tool", base_frame="base"), usual)
    same(read(path, tip_frame="my_tool", base_frame="camera"), usual)
    with pytest.raises(DataError, match=r"'my_tool' stands in 'moon'"):
        read(path, tip_frame="my_tool", base_frame="moon")
    options = ["--tip-frame", "my_tool", "--base-frame", "base"]
    assert main(["bags", "convert", str(path), "--out", str(tmp_path / "data"), *options]) == 0


def test_named_frames_count_more_than_a_topic_for_the_wrist(tmp_path, usual):
    def both(topic, at, message):
        made = as_tf_once(topic, at, message)
        if topic is WRIST:
            wrong = replace(message, pose=pose(transform((0.0, 0.0, 0.0))))
            made = [*made, ("/wrist_pose", WRIST.type, wrong)]
        return made

    as_tf_once = as_tf()
    path = written(tmp_path / "bag", story(), both)
    same(read(path, tip_frame=HAND.wrist_frame), usual)


def test_a_bag_without_any_pose_of_the_wrist_says_how_to_name_it(tmp_path):
    path = written(tmp_path / "bag", story(), on(WRIST, lambda same, at, message: []))
    with pytest.raises(
        DataError, match=r"no messages on wrist_pose and none on /tf.*--topic wrist_pose=TOPIC"
    ):
        read(path)


# ---- readings
def shifted(by, noise=0.0, lowest=-np.inf):
    rng = np.random.default_rng(3)

    def change(same, at, message):
        for pad in message.pads:
            data = pad.data + by + noise * rng.standard_normal(len(pad.data))
            pad.data = np.clip(data, lowest, 1.0).astype(np.float32)
        return [same]

    return on(TACTILE, change)


def test_readings_slightly_below_zero_are_clipped_and_counted(tmp_path, usual):
    path = written(tmp_path / "bag", story(), shifted(-0.004, 0.003))
    found = read(path)
    same(found, usual, force=0.003)
    (note,) = [note for note in found.notes if "negative" in note]
    assert str(path) in note
    assert "allowed -0.05" in note
    strict = read(path, negative_limit=0.001).notes
    assert any(
        "tactile readings are not used; Tactile pad" in note and "negative_limit" in note for note in strict
    )


@pytest.mark.parametrize("drift", [0.012, 0.03])
def test_a_drifted_zero_makes_no_grasp_of_an_open_hand_and_is_corrected_and_told(tmp_path, usual, drift):
    path = written(tmp_path / "bag", story(), shifted(drift))
    found = read(path)
    same(found, usual, force=0.001)
    (note,) = [note for note in found.notes if "drifted" in note]
    assert f"{drift:.1%}" in note
    assert note.endswith("corrected.")
    left = read(path, rezero=False)
    assert left.grasps == 3, "an open hand is no grasp, drift or not"
    assert left.groups.measured[0] == pytest.approx(usual.groups.measured[0] + drift * 0.35, abs=0.001)
    assert any("drifted" in note and f"{drift:.1%}" in note for note in describe_bag(path)["notes"])


def test_a_zero_that_has_drifted_too_far_is_refused_with_pad_and_limit(tmp_path, capsys):
    path = written(tmp_path / "bag", story(), shifted(0.08))
    with pytest.raises(
        DataError, match=r"pad '.*_tip' has drifted by 8\.0% .*allowed are 5\.0% \(drift_limit\)"
    ):
        read(path)
    assert read(path, drift_limit=0.1).grasps == 3


def test_a_grasp_before_the_hand_was_ever_open_is_corrected_by_the_zero_that_comes_later(tmp_path, usual):
    told = story()
    closed = told.messages[0][1] + 820_000_000
    told.messages = [message for message in told.messages if message[1] >= closed]
    path = written(tmp_path / "bag", told, shifted(0.03))
    found = read(path)
    assert found.grasps == 3
    assert found.groups.measured.mean(axis=2) == pytest.approx(usual.groups.measured.mean(axis=2), abs=0.001)


# ---- stamps
def zero_stamps(*topics):
    def change(topic, at, message):
        if topic in topics:
            message.header.stamp.sec = message.header.stamp.nanosec = 0
        return [(f"/{topic.name}", topic.type, message)]

    return change


@pytest.mark.parametrize("topics", [(TACTILE,), (JOINTS,), (TACTILE, JOINTS, WRIST)])
def test_stamps_that_are_zero_are_named_and_times_of_reception_can_be_used(tmp_path, usual, topics, capsys):
    path = written(tmp_path / "bag", story(), zero_stamps(*topics))
    number = sum(topic is topics[0] for topic, *_ in story().messages)
    with pytest.raises(
        DataError, match=rf"{topics[0].name}: the stamps of all {number} messages are zero.*--receive"
    ):
        read(path)
    same(read(path, receive_times=True), usual)
    problems = {topic["name"]: topic["problem"] for topic in describe_bag(path)["topics"]}
    assert problems[f"/{topics[0].name}"] == f"the stamps of all {number} messages are zero"
    assert main(["bags", "convert", str(path), "--out", str(tmp_path / "data"), "--receive-times"]) == 0


def test_a_constant_stamp_is_named_too(tmp_path):
    def constant(same, at, message):
        message.header.stamp.sec, message.header.stamp.nanosec = 77, 500_000_000
        return [same]

    with pytest.raises(DataError, match=r"joint_states: the stamps of all .* messages are 77\.500 s"):
        read(written(tmp_path / "bag", story(), on(JOINTS, constant)))


def test_stamps_that_are_zero_now_and_then_or_in_whole_seconds_are_named_too(tmp_path, usual):
    numbers = itertools.count()

    def every_second(same, at, message):
        if next(numbers) % 2:
            message.header.stamp.sec = message.header.stamp.nanosec = 0
        return [same]

    def coarse(topic, at, message):
        message.header.stamp.nanosec = 0
        return [(f"/{topic.name}", topic.type, message)]

    for name, change, said in (
        ("some", on(TACTILE, every_second), r"tactile: the stamps of \d+ of \d+ messages are zero"),
        ("coarse", coarse, r"tactile: the stamps of \d+ of \d+ messages repeat the one before"),
    ):
        path = written(tmp_path / name, story(), change)
        with pytest.raises(DataError, match=f"{said}.*--receive-times"):
            read(path)
        same(read(path, receive_times=True), usual)


def test_stamps_of_two_clocks_are_told_with_their_distance_and_the_way_out(tmp_path, usual):
    def uptime(same, at, message):
        message.header.stamp.sec -= 900
        return [same]

    path = written(tmp_path / "bag", story(), on(JOINTS, uptime))
    with pytest.raises(DataError, match=r"joint_states message is 9\d\d\.\d+ s away.*--receive-times"):
        read(path)
    same(read(path, receive_times=True), usual)


# ---- how old joint states may be
def test_a_bag_and_the_dataset_made_of_it_keep_the_joint_state_age_that_they_were_made_with(tmp_path):
    def slow(same, at, message):
        return [same] if at % 500_000_000 == 0 else []  # twice a second

    kept = {"joint_state_age": 0.6, "settled_window": 1.0}
    path = written(tmp_path / "bag", story(3.0), on(JOINTS, slow), settled=json.dumps(kept))
    found = read(path)
    assert found.grasps == 3
    assert {source.joint_state_age for source in found.sources} == {0.6}
    write_dataset(found, HAND, tmp_path / "data")
    load_readings(tmp_path / "data", HAND, list(OBJECTS))  # which still reads it
    index = json.loads((tmp_path / "data" / INDEX).read_text())
    assert [bag["joint_state_age"] for bag in index["settings"]["bags"]] == [0.6]
    strict = read(path, joint_state_age=0.05)
    assert {source.joint_state_age for source in strict.sources} == {0.05}
    assert any("allowed are 0.05 s (joint_state_age)" in note for note in strict.notes)


ROBOT = """
tacrefine_policy:
  ros__parameters: {joint_prefix: rh_, joint_state_age: 0.3}
refine_server:
  ros__parameters: {settle_time: 0.25}
"""


def test_the_robots_parameter_file_tells_how_its_bags_are_read(tmp_path):
    def prefixed(same, at, message):
        return [(*same[:2], joints_named(message, message.name, lambda name: f"rh_{name}"))]

    path = written(tmp_path / "bag", story(), on(JOINTS, prefixed))
    (tmp_path / "robot.yaml").write_text(ROBOT)
    figures = tmp_path / "figures.json"
    options = ["--params-file", str(tmp_path / "robot.yaml"), "--json", str(figures)]
    assert main(["bags", "convert", str(path), "--out", str(tmp_path / "data"), *options]) == 0
    told = json.loads(figures.read_text())
    assert told["grasps"] == 3
    assert [episode["joint_state_age"] for episode in told["episodes"]] == [0.3]
    typed = ["--joint-state-age", "0.2"]
    assert main(["bags", "convert", str(path), "--out", str(tmp_path / "more"), *options, *typed]) == 0
    assert json.loads(figures.read_text())["episodes"][0]["joint_state_age"] == 0.2


def test_what_a_recording_keeps_is_read_from_the_robots_parameter_file(tmp_path):
    (tmp_path / "robot.yaml").write_text(ROBOT)
    kept = recorded_with(tmp_path / "robot.yaml")
    assert kept["joint_state_age"] == 0.3
    assert kept["settle_time"] == 0.25
    assert recorded_with(None) == {}
    (tmp_path / "robot.yaml").write_text("tacrefine_policy: {ros__parameters: {joint_prefixx: rh_}}")
    with pytest.raises(ConfigError, match=r"robot\.yaml"):
        recorded_with(tmp_path / "robot.yaml")


def test_without_a_word_about_it_a_bag_is_read_with_the_policys_default(tmp_path, usual):
    assert {source.joint_state_age for source in usual.sources} == {0.1}


# ---- several bags
def test_a_bag_that_cannot_be_used_is_left_out_of_the_dataset_and_the_exit_code_tells(tmp_path, capsys):
    for name in ("a", "b", "c"):
        written(tmp_path / "bags" / name, story())
    (tmp_path / "bags" / "b" / "b.mcap").write_bytes(b"scribble")
    figures = tmp_path / "figures.json"
    out = tmp_path / "data"
    assert main(["bags", "convert", str(tmp_path / "bags"), "--out", str(out), "--json", str(figures)]) == 1
    said = capsys.readouterr()
    assert "b.mcap: not a bag" in said.err
    assert "1 of 3 bags could not be read" in said.err
    told = json.loads(figures.read_text())
    assert told["grasps"] == 6
    assert [entry["bag"] for entry in told["unread"]] == [str(tmp_path / "bags" / "b")]
    assert load_readings(out, HAND, list(OBJECTS))[0].valid.sum() == 6
    (tmp_path / "bags" / "a" / "a.mcap").unlink()
    (tmp_path / "bags" / "c" / "c.mcap").write_bytes(b"")
    assert main(["bags", "convert", str(tmp_path / "bags"), "--out", str(tmp_path / "none")]) == 2
    assert not (tmp_path / "none").exists()


def test_a_tactile_message_with_one_pad_of_several_says_so(tmp_path):
    def single(same, at, message):
        name, kind, _ = same
        return [(name, kind, replace(message, pads=[pad])) for pad in message.pads]

    with pytest.raises(DataError, match=r"a tactile message has 1 of 5 pads \(thumb_tip\)"):
        read(written(tmp_path / "bag", story(), on(TACTILE, single)))


def test_labels_are_those_of_the_story(usual):
    poses = from_coordinates(np.asarray(usual.groups.coordinates[0], float))
    told = from_coordinates(np.asarray(BOX))
    assert np.allclose((poses[0].inv() * poses).as_matrix(), (told[0].inv() * told).as_matrix(), atol=1e-6)
