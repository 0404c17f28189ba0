"""Messages of public drivers and of made-up ones become touch, joints and wrist of a hand."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
import yaml
from driver_messages import (
    FINGERS,
    header,
    inspire_state,
    inspire_touch,
    joint_state,
    multi_array,
    paxini,
    pose,
    tf,
    transform_stamped,
    xela,
)

from tacrefine.config import available, load_yaml, share_dir
from tacrefine.errors import ConfigError, TouchError
from tacrefine.hands import load_hand
from tacrefine.hands.hand import Hand
from tacrefine.touch import JointStates, TouchSettings, frame_from_arrays
from tacrefine.touch.adapters import Adapter, AdapterDescription, Stamp, load_adapter
from tacrefine.touch.frame import NEWTON, NORMALIZED, RAW

HAND = load_hand()
NOW = Stamp(50, 0)
PADS = [pad.name for pad in HAND.pads]


def made(hand=HAND, **content) -> Adapter:
    return Adapter(AdapterDescription.model_validate(content), hand)


def array_source(**more):
    return {
        "topic": "/t",
        "type": "std_msgs/msg/Float32MultiArray",
        "stamp": "received",
        "unit": "normalized",
        **more,
    }


def hand_with(tmp_path, **sizes) -> Hand:
    """The five-finger hand with pads of other sizes, and only as many fingers as are named."""
    content = yaml.safe_load((share_dir() / "config/hands/five_finger.yaml").read_text())
    content["name"] = "other"
    content["fingers"] = [f for f in content["fingers"] if f["pads"][0]["name"] in sizes]
    for finger in content["fingers"]:
        pad = dict(finger["pads"][0])
        pad["rows"], pad["cols"] = sizes[pad["name"]]
        finger["pads"] = [pad]
    path = tmp_path / "hand.yaml"
    path.write_text(yaml.safe_dump(content))
    return load_hand(path)


def touch_of(adapter, message, number=0, received=NOW):
    entry = [entry for entry in adapter.inputs if entry.kind == "touch"][number]
    return adapter.take(entry, message, received)


def joints_of(adapter, message, number=0):
    entry = [entry for entry in adapter.inputs if entry.kind == "joints"][number]
    (reading,) = adapter.take(entry, message, NOW)
    return dict(zip(reading.names, reading.positions, strict=True))


def wrist_of(adapter, message, number=0):
    entry = [entry for entry in adapter.inputs if entry.kind == "wrist"][number]
    return adapter.take(entry, message, NOW)


# ---- the shipped ones
def test_the_inspire_driver_gives_every_taxel_its_place():
    hand = load_hand("inspire_rh56dftp")
    adapter = load_adapter("inspire_hand_ros2", hand)
    (reading,) = touch_of(adapter, inspire_touch(12.5))
    assert reading.stamp.seconds == 12.5
    pads = {pad.name: pad for pad in reading.pads}
    assert pads.keys() == hand.pad_names
    assert {pad.unit for pad in reading.pads} == {RAW}
    index = FINGERS.index("index")
    assert pads["index_tip"].data.tolist() == list(range(200 * index, 200 * index + 9))
    assert pads["thumb_middle"].data[0] == 800 + 9 + 96 + 96
    # the palm's registers go column by column, each from its last row on
    assert pads["palm"].data.reshape(8, 14)[7, 0] == 0
    assert pads["palm"].data.reshape(8, 14)[0, 1] == 15
    frame_from_arrays(hand, reading.pads, dict.fromkeys(hand.joint_names, 0.0))


def test_the_inspire_drivers_angles_become_all_joints():
    hand = load_hand("inspire_rh56dftp")
    adapter = load_adapter("inspire_hand_ros2", hand)
    found = joints_of(adapter, inspire_state(1.0, [1000, 0, 500, 1000, 0, 1000]))
    assert found["little_bend"] == pytest.approx(0.0)
    assert found["ring_bend"] == pytest.approx(1.4381)
    assert found["thumb_bend"] == pytest.approx(0.62)
    joints = JointStates(hand, TouchSettings())
    joints.observe(1.0, list(found), list(found.values()))
    assert joints.latest()[1]["ring_distal"] == pytest.approx(1.0843 * 1.4381)


def test_xela_sensors_are_told_apart_by_their_position(tmp_path):
    hand = hand_with(tmp_path, **dict.fromkeys(PADS, (4, 4)))
    adapter = load_adapter("xela_server_ros2", hand)
    forces = {position: np.arange(16) + 100.0 * position for position in (3, 1, 5, 2, 4)}
    (reading,) = touch_of(adapter, xela(1695696620.25, 5548, forces))
    assert reading.stamp == Stamp(1695696620, 250000000)
    assert reading.sequence == 5548
    for position, name in enumerate(PADS, start=1):
        pad = next(pad for pad in reading.pads if pad.name == name)
        assert pad.data.tolist() == forces[position].tolist()
        assert pad.unit == NEWTON
    short = xela(1.0, 1, {p: np.arange(16.0) for p in (1, 2, 3, 4)})
    with pytest.raises(
        TouchError, match=r"/xServTopic: field 'sensors\[sensor_pos=5\].*0 values; pad 'little_tip'"
    ):
        touch_of(adapter, short)


def test_paxini_sensors_on_topics_of_their_own_become_one_reading(tmp_path):
    with pytest.raises(ConfigError, match="touch lacks pad"):
        load_adapter("paxini_ros2", HAND)
    content = yaml.safe_load((share_dir() / "config/adapters/paxini_ros2.yaml").read_text())
    small = hand_with(tmp_path, thumb_tip=(31, 1), index_tip=(16, 15))
    adapter = made(small, **content)
    assert touch_of(adapter, paxini(2.0, np.full(31, 0.5))) == []
    with pytest.raises(
        TouchError, match=r"L5325_omega/tactile_sensor: field .* gives 239 values; pad 'index_tip'"
    ):
        touch_of(adapter, paxini(2.01, np.zeros(239)), 1)
    (reading,) = touch_of(adapter, paxini(2.01, np.arange(240.0)), 1)
    assert reading.stamp.seconds == pytest.approx(2.0)
    assert [len(pad.data) for pad in reading.pads] == [31, 240]


def test_a_plain_array_is_cut_into_pads_and_stamped_on_arrival():
    adapter = load_adapter("float32_multi_array", HAND)
    (reading,) = touch_of(adapter, multi_array(np.arange(495) / 495))
    assert reading.stamp == NOW
    assert [pad.name for pad in reading.pads] == PADS
    assert reading.pads[2].data[0] == pytest.approx(198 / 495)
    assert reading.pads[0].unit == NORMALIZED
    found = joints_of(adapter, joint_state(1.0, ["rh_thumb_mcp", "thumb_mcp", "elbow"], [0.1, 0.2, 0.3]))
    assert found["thumb_mcp"] == 0.1
    assert set(found) & set(HAND.joint_names) == {"thumb_mcp"}


def test_every_shipped_adapter_is_a_valid_file():
    for name in available("adapters"):
        assert load_yaml(share_dir() / "config/adapters" / f"{name}.yaml", AdapterDescription)


# ---- values
def test_order_flips_rest_sign_scale_and_dead_taxels_are_applied(tmp_path):
    hand = hand_with(tmp_path, thumb_tip=(2, 3))
    values = np.arange(6.0)

    def read(**keys):
        pads = {"thumb_tip": {"field": "data", **keys}}
        (reading,) = touch_of(made(hand, touch=[array_source(pads=pads)]), multi_array(values))
        return reading.pads[0].data.tolist()

    assert read() == [0, 1, 2, 3, 4, 5]
    assert read(order="columns") == [0, 2, 4, 1, 3, 5]
    assert read(flip_rows=True) == [3, 4, 5, 0, 1, 2]
    assert read(flip_columns=True) == [2, 1, 0, 5, 4, 3]
    assert read(order="columns", flip_rows=True) == [1, 3, 5, 0, 2, 4]
    assert read(order=[5, 4, 3, 2, 1, 0]) == [5, 4, 3, 2, 1, 0]
    assert read(rest=5, sign=-1, scale=0.5) == [2.5, 2.0, 1.5, 1.0, 0.5, 0.0]
    assert read(rest=[0, 1, 2, 3, 4, 5]) == [0.0] * 6
    dead = read(dead_taxels=[2], order="columns")
    assert np.isnan(dead[1])
    assert dead[0] == 0.0


def test_units_become_those_of_a_pad(tmp_path):
    hand = hand_with(tmp_path, thumb_tip=(2, 3))

    def read(unit, **keys):
        source = array_source(field="data") | {"unit": unit, **keys}
        (reading,) = touch_of(made(hand, touch=[source]), multi_array([1000.0] * 6))
        return reading.pads[0].unit, float(reading.pads[0].data[0])

    assert read("newton") == (NEWTON, 1000.0)
    assert read("counts") == (RAW, 1000.0)
    assert read("counts", full_scale=4000.0) == (NORMALIZED, 0.25)
    unit, force = read("pascal")
    assert unit == NEWTON
    assert force == pytest.approx(1000.0 * 0.0011**2)
    assert read("pascal", taxel_area=1e-4)[1] == pytest.approx(0.1)
    with pytest.raises(ConfigError, match="full_scale goes with the unit counts, not with newton"):
        read("newton", full_scale=1.0)


def test_a_pads_own_keys_win_over_those_of_its_source(tmp_path):
    hand = hand_with(tmp_path, thumb_tip=(1, 2), index_tip=(1, 2))
    pads = {"thumb_tip": "data[0:2]", "index_tip": {"field": "data[2:4]", "scale": 3.0}}
    (reading,) = touch_of(made(hand, touch=[array_source(pads=pads, scale=2.0)]), multi_array([1, 1, 1, 1]))
    assert [pad.data.tolist() for pad in reading.pads] == [[2, 2], [3, 3]]


def test_three_components_lie_side_by_side_as_in_the_message_of_a_pad(tmp_path):
    content = yaml.safe_load((share_dir() / "config/hands/five_finger.yaml").read_text())
    content["fingers"] = content["fingers"][:1]
    content["fingers"][0]["pads"][0] |= {"rows": 1, "cols": 2, "components": 3}
    (tmp_path / "hand.yaml").write_text(yaml.safe_dump(content))
    hand = load_hand(tmp_path / "hand.yaml")
    field = {
        "field": "taxels[*].force.z",
        "tangential": ["taxels[*].force.y", "-taxels[*].force.x"],
        "scale": 2.0,
    }
    source = {"topic": "/p", "type": "p/msg/T", "unit": "newton", "pads": {"thumb_tip": field}}
    (reading,) = touch_of(made(hand, touch=[source]), paxini(1.0, np.array([3.0, 4.0])))
    assert reading.pads[0].components == 3
    assert reading.pads[0].data.tolist() == [6.0, 4.0, -2.0, 8.0, 4.0, -2.0]
    frame = frame_from_arrays(hand, reading.pads, dict.fromkeys(hand.joint_names, 0.0))
    assert frame.shear is not None
    with pytest.raises(ConfigError, match="has 3 force components a taxel; give 'tangential'"):
        made(hand, touch=[source | {"pads": {"thumb_tip": "taxels[*].force.z"}}])
    with pytest.raises(ConfigError, match="has 1 force component a taxel; leave out 'tangential'"):
        made(touch=[array_source(field="data", tangential=["data", "data"])])


# ---- several topics
def two_topics(tmp_path, **more):
    hand = hand_with(tmp_path, thumb_tip=(1, 2), index_tip=(1, 2))
    sources = [
        {"topic": f"/{name}", "type": "x/Pad", "unit": "newton", "pads": {f"{name}_tip": "data"}}
        for name in ("thumb", "index")
    ]
    return made(hand, touch=sources, **more)


def pad(seconds, value=1.0):
    return SimpleNamespace(header=header(seconds), data=np.full(2, value, np.float32))


def test_topics_of_different_rates_are_merged_at_the_slower_one(tmp_path):
    adapter, found = two_topics(tmp_path), []
    for tick in range(10):
        found += touch_of(adapter, pad(1.0 + 0.005 * tick, tick), 0)
        if tick % 2 == 0:
            found += touch_of(adapter, pad(1.001 + 0.005 * tick, tick), 1)
    assert len(found) == 5
    assert [reading.sequence for reading in found] == [1, 2, 3, 4, 5]
    assert all(a.data[0] - b.data[0] == 0 for a, b in (reading.pads for reading in found))


def test_the_order_of_arrival_does_not_matter(tmp_path):
    adapter = two_topics(tmp_path)
    assert touch_of(adapter, pad(1.004), 1) == []
    (reading,) = touch_of(adapter, pad(1.0), 0)
    assert reading.stamp.seconds == pytest.approx(1.0)


def test_clocks_that_disagree_are_told(tmp_path):
    adapter = two_topics(tmp_path)
    for tick in range(5):
        assert touch_of(adapter, pad(1.0 + 0.01 * tick), 0) == []
        assert touch_of(adapter, pad(1.2 + 0.01 * tick), 1) == []
    assert "the stamps of /thumb and /index are 0.2" in adapter.problem("touch")
    assert "merge_window" in adapter.problem("touch")


def test_a_topic_that_falls_silent_leaves_the_others_going(tmp_path):
    adapter = two_topics(tmp_path)
    touch_of(adapter, pad(1.0), 0)
    assert len(touch_of(adapter, pad(1.0), 1)) == 1
    found = [touch_of(adapter, pad(1.0 + 0.01 * tick), 0) for tick in range(1, 60)]
    assert not any(found[:29])
    assert all(len(readings) == 1 for readings in found[31:])
    assert [p.name for p in found[-1][0].pads] == ["thumb_tip"]
    assert "/index: its newest message is 0.59 s older" in adapter.problem("touch")
    assert len(touch_of(adapter, pad(1.6), 1)) + len(touch_of(adapter, pad(1.6), 0)) == 1
    assert adapter.problem("touch") == ""


def test_a_clock_that_was_set_back_starts_anew(tmp_path):
    adapter = two_topics(tmp_path)
    touch_of(adapter, pad(100.0), 0)
    touch_of(adapter, pad(100.0), 1)
    touch_of(adapter, pad(5.0), 0)
    assert len(touch_of(adapter, pad(5.0), 1)) == 1


# ---- joints
def test_several_publishers_with_prefixes_and_maps_are_read():
    adapter = made(
        joints=[{"prefix": "rh_"}, {"topic": "/thumb", "names": {"J1": "thumb_mcp"}, "degrees": True}]
    )
    assert joints_of(adapter, joint_state(1, ["rh_index_mcp"], [0.4])) == {"index_mcp": 0.4}
    assert joints_of(adapter, joint_state(1, ["J1"], [180.0]), 1) == {"thumb_mcp": pytest.approx(np.pi)}
    assert [entry.topic for entry in adapter.inputs] == ["joint_states", "/thumb"]


def test_joints_without_the_prefix_are_named_as_what_came():
    adapter, joints = made(joints=[{"prefix": "rh_"}]), JointStates(HAND, TouchSettings())
    for tick in range(20):
        found = joints_of(adapter, joint_state(tick, HAND.joint_names, np.zeros(11)))
        joints.observe(float(tick), list(found), list(found.values()))
    with pytest.raises(TouchError, match=r"name thumb_opposition \(without rh_\)"):
        joints.check()


# ---- wrist
@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("geometry_msgs/msg/PoseStamped", SimpleNamespace(header=header(3, "base"), pose=pose(1, 2, 3))),
        ("geometry_msgs/msg/TransformStamped", transform_stamped(3, "base", "wrist", 1, 2, 3)),
        (
            "geometry_msgs/msg/PoseWithCovarianceStamped",
            SimpleNamespace(
                header=header(3, "base"), pose=SimpleNamespace(pose=pose(1, 2, 3), covariance=[])
            ),
        ),
        (
            "nav_msgs/msg/Odometry",
            SimpleNamespace(
                header=header(3, "base"), child_frame_id="w", pose=SimpleNamespace(pose=pose(1, 2, 3))
            ),
        ),
    ],
)
def test_the_wrist_is_read_from_every_usual_message(kind, message):
    (reading,) = wrist_of(made(wrist={"topic": "/arm", "type": kind}), message)
    assert reading.pose.tolist() == [1, 2, 3, 0, 0, 0, 1]
    assert reading.frame_id == "base"
    assert reading.stamp.seconds == 3.0


def test_the_wrist_is_read_from_a_field_of_any_message():
    message = SimpleNamespace(time=7.5, state=SimpleNamespace(tool=pose(1, 2, 3)))
    wrist = {
        "topic": "/arm",
        "type": "x/msg/State",
        "field": "state.tool",
        "stamp": "time",
        "frame_id": "base",
    }
    (reading,) = wrist_of(made(wrist=wrist), message)
    assert (reading.stamp, reading.frame_id) == (Stamp(7, 500000000), "base")
    with pytest.raises(TouchError, match=r"/arm: there is no pose in it, it has tool"):
        wrist_of(made(wrist=wrist | {"field": "state"}), message)


def test_the_wrist_is_found_in_tf_once_the_chain_is_whole():
    adapter = made(wrist={"tf": {"base": "base_link", "tip": "hand_wrist"}})
    assert [(entry.topic, entry.latched) for entry in adapter.inputs] == [
        ("/tf", False),
        ("/tf_static", True),
    ]
    assert adapter.problem("wrist") == "TF: no transform has come"
    assert wrist_of(adapter, tf(transform_stamped(5.0, "base_link", "tool0", 1, 0, 0))) == []
    assert "frame 'hand_wrist' stands in 'base_link'; it has base_link, tool0" in adapter.problem("wrist")
    (reading,) = wrist_of(adapter, tf(transform_stamped(0.5, "tool0", "hand_wrist", 0, 1, 0)), 1)
    assert reading.pose[:3].tolist() == [1, 1, 0]
    (reading,) = wrist_of(adapter, tf(transform_stamped(5.1, "base_link", "tool0", 2, 0, 0)))
    assert (reading.stamp.seconds, reading.frame_id) == (pytest.approx(5.1), "base_link")
    assert adapter.problem("wrist") == ""
    assert wrist_of(adapter, tf(transform_stamped(5.2, "tool0", "camera", 2, 0, 0))) == []
    (again,) = wrist_of(adapter, tf(transform_stamped(0.5, "tool0", "hand_wrist", 0, 2, 0)), 1)
    assert again.stamp == reading.stamp


# ---- files that are wrong
@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ({}, "none of 'touch', 'joints' and 'wrist'"),
        ({"touch": [array_source()]}, "'field' is missing, or 'pads'"),
        ({"touch": [array_source(field="data", pads={"a": "b"})]}, "the pads are a list of names"),
        ({"touch": [array_source(field="da ta")]}, "is no path"),
        ({"touch": [array_source(field="data") | {"type": "Float32"}]}, "no message type"),
        ({"touch": [array_source(field="data") | {"unit": "N"}]}, "touch.0.unit"),
        ({"joints": [{"type": "x/msg/State"}]}, "'positions' is missing"),
        (
            {"wrist": {"topic": "/a", "type": "x/msg/Y", "tf": {"base": "a", "tip": "b"}}},
            "give either 'topic'",
        ),
        ({"wrist": {"topic": "/a"}}, "'type' is missing"),
        ({"tuoch": []}, "unknown key 'tuoch'"),
    ],
)
def test_a_file_that_is_wrong_is_refused_in_one_sentence(tmp_path, content, sentence):
    path = tmp_path / "robot.yaml"
    path.write_text(yaml.safe_dump(content))
    with pytest.raises(ConfigError, match=sentence) as caught:
        load_adapter(path, HAND)
    assert str(caught.value).startswith(f"{path}: ")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (
            {"touch": [array_source(field="data", pads=["thumb"])]},
            "pads names 'thumb'; hand 'five_finger' has",
        ),
        ({"touch": [array_source(field="data", pads=["thumb_tip"])]}, "touch lacks pad 'index_tip'"),
        ({"touch": [array_source(field="data", pads=[*PADS, "thumb_tip"])]}, "reads pad 'thumb_tip' twice"),
        ({"joints": [{"names": {"J1": "elbow"}}]}, "names has the joint 'elbow'"),
        (
            {"touch": [array_source(field="data", rest=[1.0, 2.0])]},
            "rest has 2 numbers; the field 'data' has 495",
        ),
        (
            {"touch": [array_source(field="data", order=[1, 0])]},
            "order has 2 numbers; pad 'thumb_tip' has 99",
        ),
    ],
)
def test_a_file_that_does_not_fit_the_hand_is_refused_in_one_sentence(content, sentence):
    with pytest.raises(ConfigError, match=sentence):
        made(**content)


def test_a_message_of_another_shape_is_told_with_what_arrived():
    adapter = load_adapter("float32_multi_array", HAND)
    with pytest.raises(
        TouchError, match=r"/tactile_raw: field 'data' gives 5 values; pads .*have 495 taxels"
    ):
        touch_of(adapter, multi_array(range(5)))
    with pytest.raises(TouchError, match=r"/joint_states: .*has no 'name' and 'position'"):
        joints_of(adapter, SimpleNamespace(header=header(1.0), data=[]))
    stampless = made(touch=[array_source(field="data") | {"stamp": "header.stamp"}])
    with pytest.raises(TouchError, match=r"there is no 'header'; it has layout, data; .*stamp: received"):
        touch_of(stampless, multi_array(np.zeros(495)))
