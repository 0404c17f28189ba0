"""What is received on a robot's graph becomes findings for each input and a first adapter that reads it."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import yaml

sys.path.insert(0, str(Path(__file__).parents[1] / "touch" / "adapters"))
from driver_messages import (
    header,
    inspire_state,
    inspire_touch,
    joint_state,
    multi_array,
    pose,
    transform_stamped,
)

from tacrefine.doctor.listening.report import judge
from tacrefine.doctor.listening.shapes import numbers_in
from tacrefine.hands import load_hand
from tacrefine.supervision.received_topics import ReceivedGraph, ReceivedTopic
from tacrefine.touch.adapters import Adapter, AdapterDescription, Stamp

HAND = load_hand()
PADS = [pad.name for pad in HAND.pads]


def topic(name, kind, sample, rate=100.0, **more):
    return ReceivedTopic(name, kind, ("/driver",), rate, 400, sample, **more)


def states(prefix="", names=HAND.actuated_joints):
    names = [prefix + name for name in names]
    return topic("/robot/joints", "sensor_msgs/msg/JointState", joint_state(1, names, np.zeros(len(names))))


def arm(name="/arm/tool_pose", kind="geometry_msgs/msg/TransformStamped"):
    return topic(name, kind, transform_stamped(1.0, "base", "tool0", 0, 0, 0))


def listened(*topics, hand=HAND, frames=None):
    found = judge(ReceivedGraph(tuple(topics), frames or {}), hand)
    content = yaml.safe_load(found.adapter) if found.adapter else {}
    adapter = Adapter(AdapterDescription.model_validate(content), hand) if content else None
    return {finding.check: finding for finding in found.findings}, content, adapter


def test_one_array_of_all_taxels_is_found_among_others():
    raw = topic("/skin/raw", "std_msgs/msg/Float32MultiArray", multi_array(np.linspace(0, 1, 495)))
    other = topic("/imu", "std_msgs/msg/Float32MultiArray", multi_array(np.zeros(9)))
    findings, content, adapter = listened(other, raw, states("rh_"), arm())
    assert "needs 5 pads with 495 taxels" in findings["touch"].what
    assert "/skin/raw (std_msgs/msg/Float32MultiArray, 100 Hz, 400 B) looks like it" in findings["touch"].what
    assert content["touch"][0]["stamp"] == "received"
    assert content["touch"][0]["unit"] == "normalized"
    assert content["joints"] == [{"topic": "/robot/joints", "prefix": "rh_"}]
    assert content["wrist"]["topic"] == "/arm/tool_pose"
    (reading,) = adapter.take(adapter.inputs[0], raw.sample, Stamp(1, 0))
    assert [pad.name for pad in reading.pads] == PADS


def test_fingers_in_a_list_and_topics_for_each_pad_are_told_apart():
    fingers = [SimpleNamespace(cells=np.arange(99, dtype=np.int16)) for _ in PADS]
    whole = topic("/fingers", "x_msgs/msg/Fingers", SimpleNamespace(header=header(1.0), fingers=fingers))
    _, content, adapter = listened(whole, states(), arm())
    assert content["touch"][0]["field"] == "fingers[*].cells"
    assert content["touch"][0]["unit"] == "counts"
    assert len(adapter.take(adapter.inputs[0], whole.sample, Stamp(1, 0))[0].pads) == 5
    single = [
        topic(
            f"/tactile/{name}", "x_msgs/msg/Pad", SimpleNamespace(header=header(1.0), force=np.full(99, 3.5))
        )
        for name in ("little", "ring", "middle", "index", "thumb")
    ]
    _, content, adapter = listened(*single, states(), arm())
    assert {source["topic"]: list(source["pads"]) for source in content["touch"]} == {
        f"/tactile/{name}": [f"{name}_tip"] for name in ("little", "ring", "middle", "index", "thumb")
    }
    assert adapter is not None


def test_a_known_driver_is_recognised_by_its_types():
    hand = load_hand("inspire_rh56dftp")
    touch = topic("/left/touch", "inspire_hand_ros2/msg/InspireHandTouch", inspire_touch(1.0))
    state = topic("/left/state", "inspire_hand_ros2/msg/InspireHandState", inspire_state(1.0, [0] * 6))
    findings, content, adapter = listened(touch, state, arm(), hand=hand)
    assert "the shipped adapter 'inspire_hand_ros2' reads" in findings["touch"].what
    assert [content[kind][0]["topic"] for kind in ("touch", "joints")] == ["/left/touch", "/left/state"]
    assert len(adapter.take(adapter.inputs[0], touch.sample, Stamp(1, 0))[0].pads) == 17


def test_the_wrist_is_found_in_tf_under_the_hands_own_frame():
    frames = {"hand_wrist": "tool0", "tool0": "link7", "link7": "base_link", "camera": "base_link"}
    _, content, _ = listened(states(), frames=frames)
    assert content["wrist"] == {"tf": {"base": "base_link", "tip": "hand_wrist"}}


def test_usual_topics_need_no_adapter():
    pads = [SimpleNamespace(name=name) for name in PADS]
    usual = (
        topic("/tactile", "tacrefine/msg/TactileArray", SimpleNamespace(header=header(1), pads=pads)),
        topic("/joint_states", "sensor_msgs/msg/JointState", joint_state(1, HAND.joint_names, np.zeros(11))),
        topic(
            "/wrist_pose",
            "geometry_msgs/msg/PoseStamped",
            SimpleNamespace(header=header(1), pose=pose(0, 0, 0)),
        ),
    )
    findings, content, _ = listened(*usual)
    assert [finding.level for finding in findings.values()] == ["ok"] * 3
    assert content == {}


def test_what_is_missing_is_told_with_what_there_is():
    short = topic("/skin", "std_msgs/msg/Float32MultiArray", multi_array(np.zeros(12)), rate=2.0)
    silent = topic("/quiet", "std_msgs/msg/Float32MultiArray", None)
    unread = topic(
        "/odd", "x_msgs/msg/Odd", None, problem="topic /odd is of type x_msgs/msg/Odd, not installed"
    )
    findings, content, _ = listened(short, silent, unread, states(names=("elbow", "shoulder")))
    assert content == {}
    touch = findings["touch"]
    assert touch.level == "problem"
    assert "nothing looks like it. There is /skin (std_msgs" in touch.what
    assert "/odd (x_msgs/msg/Odd" in touch.what
    assert "/skin (std_msgs/msg/Float32MultiArray, 2 Hz, 400 B)" in touch.what
    assert "nothing came on /quiet; topic /odd is of type" in touch.what
    assert "/robot/joints" in findings["joints"].what
    assert findings["wrist"].level == "problem"


def test_joints_that_no_topic_names_are_listed():
    findings, _, _ = listened(states(names=HAND.actuated_joints[:4]))
    assert "are not, map them in 'names'" in findings["joints"].what
    assert HAND.actuated_joints[-1] in findings["joints"].what


@pytest.mark.parametrize(
    "sample", [SimpleNamespace(), SimpleNamespace(text="x", flag=True), SimpleNamespace(a=[])]
)
def test_messages_without_numbers_are_passed_over(sample):
    assert numbers_in(sample) == []
