"""A bag as a driver, in a process of its own: what was recorded comes out again, and nothing old passes for new."""

from __future__ import annotations

import time

import numpy as np
import pytest
from fake_robot import FakeRobot  # noqa: F401 - chooses the ROS domain before rclpy is imported
from geometry_msgs.msg import PoseStamped
from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState
from made import Story, record
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import JointState
from tacrefine.msg import TactileArray

from tacrefine.bags.replay import play
from tacrefine.bags.schemas import JOINTS, TACTILE, WRIST
from tacrefine.bags.stamps import restamped, stamp_of
from tacrefine.bringup.arguments import Arguments
from tacrefine.bringup.description import NodeSpec, describe
from tacrefine.bringup.processes import NodeProcesses
from tacrefine.nodes.core.convert import to_seconds
from tacrefine.nodes.core.message_types import message_class
from tacrefine.nodes.core.qos import SENSOR
from tacrefine.nodes.tools.client import StackClient
from tacrefine.nodes.tools.recorder import DEPTH

pytestmark = pytest.mark.ros


class Listener(StackClient):
    """Keeps everything that a driver publishes."""

    def __init__(self):
        self.received = {"tactile": [], "joint_states": [], "wrist_pose": [], "/clock": []}
        self.arrived = []
        super().__init__(name="listener")
        kinds = {
            "tactile": TactileArray,
            "joint_states": JointState,
            "wrist_pose": PoseStamped,
            "/clock": Clock,
        }
        qos = message_qos()
        for name, kind in kinds.items():
            self.node.create_subscription(kind, name, lambda m, n=name: self._keep(n, m), qos)

    def play(self):
        """Make the driver play, and only once every topic of this listener has somebody who speaks on it."""
        self._change(Transition.TRANSITION_CONFIGURE)
        for name in self.received:
            self.wait_for(lambda name=name: self.node.count_publishers(name) >= 1, 60.0, name)
        self._change(Transition.TRANSITION_ACTIVATE)

    def _change(self, transition):
        change = self.node.create_client(ChangeState, "tacrefine_driver/change_state")
        self.wait_for(change.service_is_ready, 60.0, "change_state")
        request = ChangeState.Request(transition=Transition(id=transition))
        assert self.answer(change.call_async(request), 60.0, "change_state").success

    def _keep(self, name, message):
        self.received[name].append(message)
        if name == "tactile":
            self.arrived.append(time.time())


def message_qos():
    from rclpy.qos import QoSProfile

    return QoSProfile(depth=DEPTH, reliability=SENSOR.reliability)


@pytest.fixture(scope="module")
def bag(tmp_path_factory):
    return record(tmp_path_factory.mktemp("bags") / "bag", Story().grasp([0] * 6, seconds=0.3))


def replayed(bag, **parameters):
    """The driver; with ``autostart`` false it waits for :meth:`Listener.play`."""
    values = {"driver": "replay", "device": str(bag), "autostart": True, **parameters}
    return NodeProcesses([NodeSpec("driver", "", values)])


def heard_all(client, bag, topics=("tactile", "joint_states")):
    client.wait_for(
        lambda: client.diagnostics.get("/tacrefine_driver", {}).get("replay") == "over",
        60.0,
        "the end of the bag",
    )
    return {topic: list(client.received[topic]) for topic in topics}


def test_messages_come_as_they_were_recorded_with_their_stamps_and_a_clock_that_tells_them(tmp_path):
    bag = record(tmp_path / "bag", Story().grasp([0] * 6, seconds=3.0))  # long: links take a moment to stand
    told = {topic: [due.stamp for due in play(bag, (topic,))] for topic in (TACTILE, JOINTS, WRIST)}
    played = replayed(bag, replay_speed=2.0, replay_wrist=True, autostart=False)
    with Listener() as client, played as processes:
        client.check = processes.check
        client.play()
        received = heard_all(client, bag, ("tactile", "joint_states", "wrist_pose", "/clock"))
    for topic, name in ((TACTILE, "tactile"), (JOINTS, "joint_states"), (WRIST, "wrist_pose")):
        stamps = [m.header.stamp.sec * 10**9 + m.header.stamp.nanosec for m in received[name]]
        assert len(stamps) >= 10, name  # sensor data: some may be lost, none repeated, none changed
        assert stamps == sorted(set(stamps)), name
        assert set(stamps) <= set(told[topic]), name
    clock = [message.clock.sec * 10**9 + message.clock.nanosec for message in received["/clock"]]
    assert clock == sorted(clock)
    assert told[WRIST][0] <= clock[0] <= clock[-1] <= told[WRIST][-1]
    first = received["tactile"][-1]
    assert [pad.unit for pad in first.pads] == [1] * 5


def test_without_being_asked_a_replay_keeps_the_old_stamps_and_the_wrist_to_itself(bag):
    with Listener() as client, replayed(bag, replay_speed=0.0, replay_loop=True) as processes:
        client.check = processes.check
        client.wait_for(lambda: len(client.received["tactile"]) >= 20, 60.0, "tactile")
        received = {topic: list(client.received[topic]) for topic in ("tactile", "wrist_pose")}
    assert received["wrist_pose"] == []
    assert max(to_seconds(message.header.stamp) for message in received["tactile"]) < 2000.0


def test_asked_to_stamp_anew_it_keeps_the_distances_and_goes_on_in_a_loop(bag):
    with Listener() as client, replayed(bag, replay_stamps="now", replay_loop=True) as processes:
        client.check = processes.check
        client.wait_for(
            lambda: (
                int(client.diagnostics.get("/tacrefine_driver", {}).get("passes", "0")) >= 1
                and len(client.received["tactile"]) >= 20
            ),
            60.0,
            "a second pass",
        )
        received, arrived = list(client.received["tactile"]), list(client.arrived)
    stamps = [to_seconds(message.header.stamp) for message in received]
    assert all(abs(stamp - moment) < 30.0 for stamp, moment in zip(stamps, arrived, strict=False))
    gaps = np.diff(stamps)
    together = [
        gap for gap, a, b in zip(gaps, received, received[1:], strict=False) if b.sequence == a.sequence + 1
    ]
    assert together == pytest.approx([0.01] * len(together), abs=1e-5)


@pytest.mark.parametrize("wrong", ["", "nowhere"])
def test_a_bag_that_is_not_there_is_told_in_one_sentence_and_the_node_stays(wrong, tmp_path):
    device = str(tmp_path / wrong) if wrong else ""
    with StackClient() as client, replayed(device) as processes:
        client.check = processes.check
        client.wait_for(
            lambda: (
                (wrong or "device") in client.diagnostics.get("/tacrefine_driver", {}).get("last error", "")
            ),
            60.0,
            "the complaint",
        )


def test_the_stamp_of_a_serialised_message_is_found_and_replaced():
    topic, at, data = Story().grasp([0] * 6, 0.1).messages[0]
    assert stamp_of(data) == at
    new = restamped(data, at + 1_500_000_001)
    assert stamp_of(new) == at + 1_500_000_001
    assert restamped(new, at) == data
    assert message_class(topic.type) is TactileArray


def test_in_bringup_the_nodes_follow_the_clock_of_the_recording():
    nodes = {
        n.executable: n.parameters for n in describe(Arguments(mode="real", driver="replay", device="b"))
    }
    assert nodes["policy"]["use_sim_time"]
    assert nodes["refine_server"]["use_sim_time"]
    assert "use_sim_time" not in nodes["driver"]
