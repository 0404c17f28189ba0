"""The wires to controllers of hand and gripper, against stand-ins, and one over DDS.

The stand-ins have the fields of `control_msgs/action/FollowJointTrajectory` and `ParallelGripperCommand`.
"""

from __future__ import annotations

import itertools
import sys
from dataclasses import dataclass, field
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest
from action_msgs.msg import GoalStatus
from builtin_interfaces.msg import Time
from fake_robot import FakeRobot, server_spec, show, wait_matched
from sensor_msgs.msg import JointState
from std_msgs.msg import Float64MultiArray
from trajectory_msgs.msg import JointTrajectory

from tacrefine.bringup.interfaces import refine_server, regrasp_server
from tacrefine.bringup.processes import NodeProcesses
from tacrefine.errors import ConfigError
from tacrefine.nodes.core import hand_links
from tacrefine.nodes.core.hand_links import GripperActionLink, hand_link
from tacrefine.nodes.core.qos import RELIABLE
from tacrefine.refine.settings import RefineSettings

pytestmark = pytest.mark.ros
JOINTS = ("thumb", "index")
SUCCEEDED, CANCELED, ABORTED = (
    GoalStatus.STATUS_SUCCEEDED,
    GoalStatus.STATUS_CANCELED,
    GoalStatus.STATUS_ABORTED,
)


@dataclass
class Client:
    """An action client that keeps its goals; `answers` are told to callbacks."""

    ready: bool = True
    goals: list = field(default_factory=list)
    callbacks: list = field(default_factory=list)
    ends: list = field(default_factory=list)

    def server_is_ready(self) -> bool:
        return self.ready

    def send_goal_async(self, goal):
        self.goals.append(goal)
        return SimpleNamespace(add_done_callback=self.callbacks.append)

    def answer(self, accepted: bool) -> None:
        ended = SimpleNamespace(add_done_callback=self.ends.append)
        handle = SimpleNamespace(accepted=accepted, get_result_async=lambda: ended)
        self.callbacks.pop()(SimpleNamespace(result=lambda: handle))

    def end(self, status: int, code: int = 0, said: str = "") -> None:
        """The oldest accepted goal has ended."""
        result = SimpleNamespace(error_code=code, error_string=said)
        self.ends.pop(0)(SimpleNamespace(result=lambda: SimpleNamespace(status=status, result=result)))


class Timer:
    is_running = True

    def cancel(self):
        self.is_running = False

    def reset(self):
        self.is_running = True


class Server:
    """As much of a node as the links need."""

    steady = None

    def __init__(self) -> None:
        self.published: dict[str, list] = {}
        self.clients: dict[str, Client] = {}
        self.errors: list[str] = []
        self.timer = Timer()

    def command_on(self, kind, topic):
        messages = self.published.setdefault(topic, [])
        return SimpleNamespace(publish=messages.append)

    def action_client_of(self, kind, name):
        self.clients[name] = Client()
        return self.clients[name]

    def create_timer(self, period, callback, clock):
        self.tick = callback
        return self.timer

    def destroy_timer(self, timer):
        return True

    def add_cleanup(self, clean_up):
        pass

    def report_error(self, error, kind):
        self.errors.append(str(error))

    def stamp(self):
        return Time(sec=7)


@pytest.fixture
def control_msgs(monkeypatch):
    module = ModuleType("control_msgs.action")
    module.FollowJointTrajectory = SimpleNamespace(
        Goal=lambda trajectory: SimpleNamespace(trajectory=trajectory)
    )
    module.ParallelGripperCommand = SimpleNamespace(Goal=lambda: SimpleNamespace(command=JointState()))
    monkeypatch.setitem(sys.modules, "control_msgs", ModuleType("control_msgs"))
    monkeypatch.setitem(sys.modules, "control_msgs.action", module)


def link(server, measured: Any = None, **settings):
    return hand_link(server, RefineSettings(**settings), JOINTS, lambda: measured or {})


def test_by_default_one_point_is_published_as_a_trajectory():
    server = Server()
    link(server)({"thumb": 0.5, "index": 0.9}, 1.5)
    (message,) = server.published["hand/joint_trajectory"]
    assert isinstance(message, JointTrajectory)
    assert message.header.stamp.sec == 7
    assert list(message.joint_names) == list(JOINTS)
    assert list(message.points[0].positions) == [0.5, 0.9]
    assert (message.points[0].time_from_start.sec, message.points[0].time_from_start.nanosec) == (
        1,
        500_000_000,
    )


def test_a_trajectory_becomes_a_goal_and_a_refusal_is_an_error(control_msgs):
    server = Server()
    send = link(server, hand_interface="action", hand_controller="fingers")
    client = server.clients["fingers/follow_joint_trajectory"]
    send({"thumb": 0.5, "index": 0.9}, 1.5)
    assert list(client.goals[0].trajectory.points[0].positions) == [0.5, 0.9]
    assert client.goals[0].trajectory.header.stamp == Time(), "zero: at once"
    client.answer(accepted=True)
    assert server.errors == []
    client.ready = False
    send({"thumb": 0.0, "index": 0.0}, 1.0)
    client.answer(accepted=False)
    assert ["no such action" in server.errors[0], "rejected" in server.errors[1]] == [True, True]
    assert all("hand_controller" in error for error in server.errors[:1])


@pytest.mark.parametrize(
    ("status", "code", "told"),
    [
        (SUCCEEDED, 0, ""),
        (ABORTED, -5, ""),  # of a goal tolerance: the object is between the fingers
        (ABORTED, -1, "fingers/follow_joint_trajectory: the controller gave up with code -1 (deactivated)"),
        (CANCELED, 0, "ended the trajectory early (somebody else canceled it)"),
    ],
)
def test_a_trajectory_that_the_controller_breaks_off_is_an_error(control_msgs, status, code, told):
    server = Server()
    link(server, hand_interface="action", hand_controller="fingers")({"thumb": 0.5, "index": 0.9}, 1.5)
    client = server.clients["fingers/follow_joint_trajectory"]
    client.answer(accepted=True)
    client.end(status, code, "deactivated")
    assert (told in server.errors[0]) if told else not server.errors


def test_a_trajectory_in_whose_place_a_newer_one_came_is_no_error(control_msgs):
    server = Server()
    send = link(server, hand_interface="action", hand_controller="fingers")
    client = server.clients["fingers/follow_joint_trajectory"]
    for _ in range(2):
        send({"thumb": 0.5, "index": 0.9}, 1.5)
        client.answer(accepted=True)
    client.end(ABORTED, -1, "preempted")
    assert not server.errors


def test_a_dry_run_calls_no_action(control_msgs):
    server = Server()
    link(server, hand_interface="action", dry_run=True)({"thumb": 0.5, "index": 0.9}, 1.5)
    assert server.clients == {}
    assert len(server.published["hand/joint_trajectory"]) == 1


def test_without_control_msgs_one_sentence_says_what_to_do(monkeypatch):
    monkeypatch.setitem(sys.modules, "control_msgs", None)
    monkeypatch.setitem(sys.modules, "control_msgs.action", None)
    with pytest.raises(ConfigError, match="hand_interface action needs the ROS package control_msgs"):
        link(Server(), hand_interface="action")
    with pytest.raises(ConfigError, match="gripper_interface action needs the ROS package control_msgs"):
        GripperActionLink(Server(), "gripper", "width")


def test_a_forward_controller_gets_small_steps_in_its_own_order(monkeypatch):
    server, clock = Server(), SimpleNamespace(time=100.0)
    monkeypatch.setattr(hand_links, "time", SimpleNamespace(monotonic=lambda: clock.time))
    send = link(server, {"thumb": 0.1, "index": 0.0}, hand_interface="forward", hand_joints="index, thumb")
    assert not server.timer.is_running
    send({"thumb": 0.5, "index": 0.9}, 1.0)
    while server.timer.is_running:
        server.tick()
        clock.time += 0.01
    data = np.array([message.data for message in server.published["hand/commands"]])
    assert data[0] == pytest.approx([0.0, 0.1])
    assert data[-1] == pytest.approx([0.9, 0.5])
    assert np.abs(np.diff(data, axis=0)).max() <= 1.5 * 0.9 * 0.01 + 1e-6
    server.tick()
    assert len(server.published["hand/commands"]) == len(data)


def test_a_new_command_takes_the_place_of_the_one_on_its_way(monkeypatch):
    server, clock = Server(), SimpleNamespace(time=0.0)
    monkeypatch.setattr(hand_links, "time", SimpleNamespace(monotonic=lambda: clock.time))
    measured = {"thumb": 0.0, "index": 0.0}
    send = link(server, measured, hand_interface="forward")
    send({"thumb": 1.0, "index": 1.0}, 1.0)
    clock.time = 0.5
    server.tick()
    measured.update(thumb=0.45, index=0.45)
    send(dict(measured), 0.1)  # hold
    for clock.time in (0.5, 0.55, 0.61):
        server.tick()
    assert not server.timer.is_running
    assert [list(m.data) for m in server.published["hand/commands"]][1:] == [pytest.approx([0.45, 0.45])] * 3


@pytest.mark.parametrize("order", ["thumb", "thumb, index, index", "thumb, ring"])
def test_an_order_that_is_not_the_hands_joints_is_refused(order):
    with pytest.raises(ConfigError, match="must name each actuated joint once: thumb, index"):
        link(Server(), hand_interface="forward", hand_joints=order)


def test_a_grip_becomes_a_goal_with_opening_and_force(control_msgs):
    server = Server()
    GripperActionLink(server, "gripper_controller", "left_finger").send(0.04, 12.0)
    command = server.clients["gripper_controller/gripper_cmd"].goals[0].command
    assert (list(command.name), list(command.position), list(command.effort)) == (
        ["left_finger"],
        [0.04],
        [12.0],
    )


def test_security_policies_follow_the_interface():
    assert "hand/commands" in refine_server({"hand_interface": "forward"}).publish
    uses = refine_server({"hand_interface": "action", "hand_controller": "fingers"})
    assert "fingers/follow_joint_trajectory" in uses.call
    assert "hand/joint_trajectory" not in uses.publish
    assert "gripper_controller/gripper_cmd" in regrasp_server({"gripper_interface": "action"}).call


class ForwardHand(FakeRobot):
    """A fake robot whose fingers are where a forward controller was told last."""

    def __init__(self) -> None:
        self.data: list = []
        super().__init__()
        self.node.create_subscription(Float64MultiArray, "fingers/commands", self._on_positions, RELIABLE)

    def _on_positions(self, message) -> None:
        self.data.append(np.array(message.data))
        self.actuated = dict(zip(self.hand.actuated_joints, map(float, message.data), strict=True))


def test_a_grasp_is_refined_through_a_forward_controller(tmp_path):
    spec = server_spec(tmp_path, hand_interface="forward", hand_controller="fingers")
    with NodeProcesses([spec]) as processes, ForwardHand() as robot:
        robot.processes, robot.check = processes, processes.check
        robot.wait_ready(90.0, simulation=False)
        robot.wait_for(lambda: robot.node.count_publishers("fingers/commands") >= 1, 60.0, "commands")
        wait_matched(robot, hand="fingers/commands")
        robot.actuated = dict(zip(robot.hand.actuated_joints, robot.hand.closed_positions, strict=True))
        assert show(robot, "shown").success
        robot.disturb()
        _, result = robot.send("shown").result()
        assert (result.error_code, result.steps) == (0, 1), result.message
        assert robot.is_closed
        assert robot.hand_commands == [], "nothing on the other topic"
        jumps = [np.abs(b - a).max() for a, b in itertools.pairwise(robot.data)]
        assert max(jumps) < 0.6, "interpolated, though a busy machine may leave steps out"
        assert len(robot.data) >= 5
