"""The wires to MoveIt Servo and to a trajectory controller's action, against stand-ins of packages that are not here.

The stand-ins have the fields of `moveit_msgs/srv/ServoCommandType` and `control_msgs/action/FollowJointTrajectory`.
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass, field
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest
from action_msgs.msg import GoalStatus
from builtin_interfaces.msg import Time
from geometry_msgs.msg import PoseStamped
from std_srvs.srv import SetBool
from trajectory_msgs.msg import JointTrajectory

from tacrefine.arms.planning import JointPath, stop_at
from tacrefine.arms.servo import ServoArm
from tacrefine.arms.settings import ArmSettings
from tacrefine.errors import ConfigError
from tacrefine.geometry import transform
from tacrefine.nodes.core import arm_links
from tacrefine.refine.settings import RefineSettings
from tacrefine.supervision.guard import Guard
from tacrefine.supervision.limits import Limits

pytestmark = pytest.mark.ros
SUCCEEDED, CANCELED, ABORTED = (
    GoalStatus.STATUS_SUCCEEDED,
    GoalStatus.STATUS_CANCELED,
    GoalStatus.STATUS_ABORTED,
)
POSE = transform((0.4, 0.1, 0.3))


class Future:
    """Done when a test says so."""

    def __init__(self) -> None:
        self._callbacks: list = []

    def add_done_callback(self, callback) -> None:
        self._callbacks.append(callback)

    def result(self) -> Any:
        return self._result

    def finish(self, result) -> None:
        self._result = result
        for callback in self._callbacks:
            callback(self)


class Client:
    """A service client that keeps its requests."""

    def __init__(self, kind, name: str) -> None:
        self.kind, self.srv_name = kind, name
        self.ready, self.requests, self.futures = True, [], []

    def service_is_ready(self) -> bool:
        return self.ready

    def call_async(self, request) -> Future:
        self.requests.append(request)
        self.futures.append(Future())
        return self.futures[-1]


class Server:
    """As much of the refine server as links need."""

    def __init__(self) -> None:
        self.base_frame = "base_link"
        self.published: dict[str, list] = {}
        self.clients: dict[str, Client] = {}
        self.seconds = 0
        self.fault = self.silence = ""

    def command_on(self, kind, topic: str):
        messages = self.published.setdefault(topic, [])
        return SimpleNamespace(publish=messages.append)

    def client_of(self, kind, name: str) -> Client:
        self.clients[name] = Client(kind, name)
        return self.clients[name]

    def action_client_of(self, kind, name: str) -> ActionClient:
        return ActionClient(name)

    def frame_problem(self) -> str:
        return self.fault

    def without_subscriber(self, publisher, topic: str) -> str:
        return self.silence

    def stamp(self, ago: float = 0.0) -> Time:
        self.seconds += 1
        return Time(sec=self.seconds)


@dataclass
class CommandTypeRequest:
    command_type: int = 0


@dataclass
class FollowGoal:
    trajectory: JointTrajectory = field(default_factory=JointTrajectory)


class ActionClient:
    """An action client that keeps its goals."""

    def __init__(self, name: str) -> None:
        self.name, self.ready, self.goals, self.futures = name, True, [], []

    def server_is_ready(self) -> bool:
        return self.ready

    def send_goal_async(self, goal) -> Future:
        self.goals.append(goal)
        self.futures.append(Future())
        return self.futures[-1]


class Handle:
    """An accepted or refused goal."""

    def __init__(self, accepted: bool = True) -> None:
        self.accepted, self.canceled, self.ended = accepted, 0, Future()

    def cancel_goal_async(self) -> None:
        self.canceled += 1

    def get_result_async(self) -> Future:
        return self.ended


def module(monkeypatch, name: str, **content) -> None:
    package, _, _ = name.partition(".")
    for part in (package, name):
        monkeypatch.setitem(sys.modules, part, ModuleType(part))
    vars(sys.modules[name]).update(content)


@pytest.fixture
def server() -> Server:
    return Server()


@pytest.fixture
def servo(server, monkeypatch):
    module(monkeypatch, "moveit_msgs.srv", ServoCommandType=SimpleNamespace(Request=CommandTypeRequest))
    return arm_links.ServoLink(server, "servo_node")


@pytest.fixture
def action(server, monkeypatch):
    module(monkeypatch, "control_msgs.action", FollowJointTrajectory=SimpleNamespace(Goal=FollowGoal))
    link = arm_links.ActionLink(server, "joint_trajectory_controller")
    link.client = link._client
    return link


PATH = JointPath(("j1", "j2"), np.array([0.5, 1.25]), np.array([[0.1, 0.2], [0.3, 0.4]]), np.zeros((2, 2)))


def test_poses_carry_the_frame_of_wrist_pose_and_a_fresh_stamp_each(server):
    link = arm_links.PoseLink(server, "cartesian_motion_controller/target_frame")
    link.send(POSE)
    link.send(POSE)
    first, second = server.published["cartesian_motion_controller/target_frame"]
    assert isinstance(first, PoseStamped)
    assert first.header.frame_id == "base_link"
    assert second.header.stamp.sec > first.header.stamp.sec
    assert first.pose.position.x == pytest.approx(0.4)


def test_a_wrong_frame_and_a_silent_topic_keep_the_arm_from_being_ready(server):
    link = arm_links.PoseLink(server, "arm/target_frame")
    assert link.missing() == ""
    server.silence = "arm/target_frame: nobody listens"
    assert link.missing() == server.silence
    server.fault = "wrist_pose: frame_id is 'map'"
    assert link.missing() == server.fault


def test_servo_is_asked_by_the_names_types_and_values_of_moveit(servo, server):
    assert set(server.clients) == {"servo_node/switch_command_type", "servo_node/pause_servo"}
    assert list(server.published) == ["servo_node/pose_target_cmds"]
    switch, pause = server.clients.values()
    assert pause.kind is SetBool
    servo.expect_poses()
    servo.pause(False)
    servo.pause(True)
    assert switch.requests == [CommandTypeRequest(command_type=2)]
    assert [request.data for request in pause.requests] == [False, True]


def test_the_whole_servo_arm_moves_only_after_both_services_agreed(servo, server):
    settings = RefineSettings()
    guard = Guard(settings, Limits(settings, transform((0, 0, -0.07))))
    guard.begin()
    guard.observe_wrist(POSE)
    guard.set_origin(POSE)
    arm = ServoArm(servo, guard.gate, guard.limits, ArmSettings(arm_answer_timeout=1.0))
    guard.begin_move(POSE, POSE * transform((0.003, 0, 0)))
    arm.begin(POSE, POSE * transform((0.003, 0, 0)), 0.0)
    switch, pause = server.clients.values()
    poses = server.published["servo_node/pose_target_cmds"]
    arm.tick(0.0)
    switch.futures[0].finish(SimpleNamespace(success=True))
    arm.tick(0.1)
    assert not poses
    pause.futures[0].finish(SimpleNamespace(success=True, message="Servoing enabled"))
    for k in range(40):
        arm.tick(0.2 + 0.01 * k)
    assert len(poses) == 40
    assert poses[-1].pose.position.x == pytest.approx(0.403)


def test_a_refusal_of_servo_is_told_in_its_own_words(servo, server):
    answer = servo.pause(False)
    server.clients["servo_node/pause_servo"].futures[0].finish(
        SimpleNamespace(success=False, message="no state")
    )
    assert answer.failure == "servo_node/pause_servo: MoveIt Servo refused (no state)"


def test_a_servo_that_is_not_there_is_named(servo, server):
    server.clients["servo_node/switch_command_type"].ready = False
    assert "servo_node/switch_command_type: no such service" in servo.missing()


def test_a_path_becomes_a_trajectory_that_starts_at_once(server):
    link = arm_links.TopicLink(server, "arm")
    link.send(PATH)
    (message,) = server.published["arm/joint_trajectory"]
    assert (message.header.stamp.sec, message.header.stamp.nanosec) == (0, 0)
    assert list(message.joint_names) == ["j1", "j2"]
    assert [list(point.positions) for point in message.points] == [[0.1, 0.2], [0.3, 0.4]]
    last = message.points[-1].time_from_start
    assert (last.sec, last.nanosec) == (1, 250_000_000)


def test_a_goal_of_the_action_is_followed_to_its_end(action):
    assert action.client.name == "joint_trajectory_controller/follow_joint_trajectory"
    action.send(PATH)
    assert list(action.client.goals[0].trajectory.joint_names) == ["j1", "j2"]
    handle = Handle()
    action.client.futures[0].finish(handle)
    handle.ended.finish(SimpleNamespace(status=SUCCEEDED, result=SimpleNamespace(error_code=0)))
    assert action.failure == ""


@pytest.mark.parametrize(
    ("handle", "result", "word"),
    [
        (Handle(accepted=False), None, "rejected"),
        (None, None, "rejected"),
        (
            Handle(),
            SimpleNamespace(error_code=-4, error_string="path tolerance"),
            r"code -4 \(path tolerance\)",
        ),
        (
            Handle(),
            SimpleNamespace(error_code=0, error_string=""),
            "ended the trajectory early \\(somebody else canceled it\\)",
        ),
    ],
)
def test_a_goal_that_is_refused_or_aborted_becomes_a_sentence(action, handle, result, word):
    action.send(PATH)
    action.client.futures[0].finish(handle)
    if result is not None:
        status = ABORTED if result.error_code else CANCELED
        handle.ended.finish(SimpleNamespace(status=status, result=result))
    assert re.search(word, action.failure)


def test_a_stop_cancels_the_goal_also_one_that_was_not_accepted_yet(action):
    stop = stop_at(("j1", "j2"), np.zeros(2), 0.1)
    action.send(PATH)
    running = Handle()
    action.client.futures[0].finish(running)
    action.stop(stop)
    assert running.canceled == 1
    action.send(PATH)
    action.stop(stop)
    late = Handle()
    action.client.futures[1].finish(late)
    assert late.canceled == 1
    running.ended.finish(SimpleNamespace(status=ABORTED, result=SimpleNamespace(error_code=-5)))
    assert action.failure == ""  # of a goal that was stopped on purpose


def test_an_action_that_nobody_serves_is_named(action):
    action.client.ready = False
    assert "joint_trajectory_controller/follow_joint_trajectory: no such action" in action.missing()


@pytest.mark.parametrize(
    ("settings", "package"),
    [
        (ArmSettings(arm="servo"), "moveit_msgs"),
        (ArmSettings(arm="trajectory", arm_model="seven_joint", arm_interface="action"), "control_msgs"),
    ],
)
def test_a_package_that_is_not_here_is_one_sentence_with_the_way_out(server, monkeypatch, settings, package):
    monkeypatch.setitem(sys.modules, package, None)
    motion = RefineSettings()
    limits = Limits(motion, transform())
    with pytest.raises(ConfigError, match=f"{package}.*install it") as caught:
        arm_links.make_adapter(server, settings, motion, Guard(motion, limits))
    assert "\n" not in str(caught.value)
