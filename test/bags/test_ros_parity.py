"""One recording through the live policy node, over DDS, and through the reader of bags: the same to the last bit."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager

import fake_robot  # noqa: F401 - chooses the ROS domain before rclpy is imported
import numpy as np
import pytest
import rclpy
from made import HAND, WRIST_AT, Story, record, spread, target
from rclpy.context import Context
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.node import Node
from tacrefine.msg import PoseCorrection

from tacrefine.bags.extraction import read_grasps
from tacrefine.bags.grasps import GraspFinder, pad_readings
from tacrefine.bags.reading import Bag
from tacrefine.bags.replay import play
from tacrefine.bags.schemas import JOINTS, TACTILE, TARGET, typestore
from tacrefine.nodes.core.message_types import message_class
from tacrefine.nodes.core.qos import LATCHED, RELIABLE, SENSOR
from tacrefine.nodes.hand.policy import PolicyNode
from tacrefine.policy import load_policy
from tacrefine.touch import ContactState, contact_state, frame_from_arrays, joint_positions

pytestmark = pytest.mark.ros
QOS = {TACTILE: SENSOR, JOINTS: SENSOR, TARGET: LATCHED}


@contextmanager
def spinning(make):
    """A node with a context, an executor and a thread of its own, as another process would have."""
    context = Context()
    rclpy.init(context=context)
    node = make(context)
    executor = SingleThreadedExecutor(context=context)
    executor.add_node(node)

    def spin():
        try:
            executor.spin()
        except ExternalShutdownException:
            return

    thread = threading.Thread(target=spin, daemon=True)
    thread.start()
    try:
        yield node
    finally:
        executor.shutdown(timeout_sec=2.0)
        thread.join(timeout=10.0)
        node.destroy_node()
        rclpy.try_shutdown(context=context)


def wait_for(condition, what, timeout=60.0):
    deadline = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < deadline, f"waited {timeout:g} s for {what}"
        time.sleep(0.001)


@pytest.fixture
def bag(tmp_path):
    told = Story()
    told.say(target("peg", "plate_6", WRIST_AT, told.now))
    for coordinates in spread(2):
        told.grasp(coordinates, seconds=0.5)
    return record(tmp_path / "bag", told, {"object_fixed": "true"})


def live(bag):
    """Frames that the policy node asked its model about, with what it published, by sequence number."""
    frames, corrections = {}, {}

    def make(context):
        node = PolicyNode("policy", context=context)
        node.autostart()
        return node

    with spinning(make) as policy, spinning(lambda context: Node("player", context=context)) as player:
        assert policy.is_active
        correct = policy._correct

        def watched(message, frame, *rest):
            frames[message.sequence] = frame
            return correct(message, frame, *rest)

        policy._correct = watched

        def received(message):
            corrections[message.tactile_sequence] = message

        player.create_subscription(PoseCorrection, "correction", received, RELIABLE)
        publishers = {
            topic: player.create_publisher(message_class(topic.type), topic.name, qos)
            for topic, qos in QOS.items()
        }
        for topic, publisher in publishers.items():
            wait_for(lambda p=publisher: p.get_subscription_count() == 1, f"a subscriber of {topic.name}")
        wait_for(lambda: player.count_publishers("correction") == 1, "the policy's corrections")
        for due in play(bag, tuple(QOS)):
            publishers[due.topic].publish(due.data)
            if due.topic is TARGET:
                wait_for(lambda: policy.target_id, "the target")
            elif due.topic is JOINTS:
                joints = policy._stream.joints._samples
                wait_for(lambda j=joints, s=due.stamp: j and abs(j[-1].stamp - s * 1e-9) < 1e-6, "joints")
            else:
                sequence = typestore().deserialize_cdr(due.data, TACTILE.type).sequence
                if not policy._stream.joints._samples:
                    wait_for(lambda: "no joint_states" in policy.health.last_error, "a refusal")
                else:
                    wait_for(lambda s=sequence: s in corrections, f"the correction of reading {sequence}")
    return frames, corrections


def offline(bag, monkeypatch):
    """The frames that the reader of bags makes, in order, and the target's."""
    frames = []
    reading = GraspFinder.reading

    def watched(self, stamp, pads):
        frame = reading(self, stamp, pads)
        frames.append(frame)
        return frame

    monkeypatch.setattr(GraspFinder, "reading", watched)
    with Bag(bag) as opened:
        found = read_grasps(opened, HAND, frames=8)
    shown = found.targets["peg-1"]
    pads = pad_readings(shown.tactile)
    joints = joint_positions(shown.joint_state.name, shown.joint_state.position)
    return frames, frame_from_arrays(HAND, pads, joints), shown


def test_live_node_and_reader_of_bags_make_the_same_tensors_and_the_same_corrections(bag, monkeypatch):
    asked, corrections = live(bag)
    frames, shown, message = offline(bag, monkeypatch)
    policy = load_policy(hand=HAND)
    observable = np.array(message.observable_axes, bool)
    felt = 0
    for sequence, answer in sorted(corrections.items()):
        frame = frames[sequence - 1]
        assert np.array_equal(frame.tactile, asked[sequence].tactile, equal_nan=True), sequence
        assert np.array_equal(frame.joints, asked[sequence].joints), sequence
        contact = contact_state(HAND, frame)
        assert answer.contact_state == contact
        if contact is ContactState.NONE:
            continue
        felt += 1
        correction = policy.predict(frame, shown, observable)
        t, r = answer.increment.translation, answer.increment.rotation
        assert (t.x, t.y, t.z) == correction.position
        assert (r.x, r.y, r.z, r.w) == correction.quaternion
        assert np.array_equal(answer.standard_deviation, correction.standard_deviation)
    assert felt == 100
    assert len(corrections) == len(frames) - 1, "every reading but the one before the first joint state"
