"""Faults on the wire, one of each family, against the refine server in a process of its own and a fake robot."""

from __future__ import annotations

import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from action_msgs.msg import GoalStatusArray
from fake_robot import FakeRobot, server_spec, show, wait_matched
from rclpy.qos import qos_profile_action_status_default
from tacrefine.msg import TactileArray

from tacrefine.bringup.processes import NodeProcesses
from tacrefine.nodes.core.qos import SENSOR
from tacrefine.nodes.tools.client import ClientError, StackClient
from tacrefine.supervision.errors import all_errors

pytestmark = pytest.mark.ros
TERMINAL = (4, 5, 6)
CODES = {name: error.code for name, error in all_errors().items()}
PLANNER = """
from tacrefine.nodes.tools.client import StackClient
with StackClient(name="doomed") as client:
    client.wait_for(client._action.server_is_ready, 90.0, "the server")
    run = client.send("shown", lambda feedback: print(feedback.state_name, flush=True))
    run.result(60.0)
"""


@pytest.fixture(scope="module")
def stand(tmp_path_factory):
    """A server that waits for heartbeats no longer than it has to here."""
    spec = server_spec(tmp_path_factory.mktemp("targets"), heartbeat_timeout=2.0, move_timeout=20.0)
    with NodeProcesses([spec]) as processes, FakeRobot() as robot:
        robot.processes, robot.check, robot.spec = processes, processes.check, spec
        robot.wait_ready(90.0, simulation=False)
        wait_matched(robot)
        robot.actuated = dict(zip(robot.hand.actuated_joints, robot.hand.closed_positions, strict=True))
        answer = show(robot, "shown")
        assert answer.success, answer.message
        yield robot
        print(processes.log("refine_server"))


@pytest.fixture
def robot(stand):
    stand.right = stand.wrist
    stand.spoil_tactile, stand.silent_pad, stand.arm_moves = lambda values: values, "", True
    stand.arm_commands.clear()
    stand.hand_commands.clear()
    return stand


def begin(robot, until: str):
    received = []
    run = robot.send("shown", received.append)
    robot.wait_for(
        lambda: any(f.state_name == until for f in received) or run.is_done, 30.0, f"state {until}"
    )
    assert not run.is_done, run.result()
    return run, received


def test_a_finger_that_falls_silent_degrades_the_goal_and_is_said_in_feedback_and_result(robot):
    robot.disturb()
    run, received = begin(robot, "closing")
    robot.silent_pad = "index_tip"
    _, result = run.result()
    assert result.error_code == 0, result.message
    assert "index" in result.degraded
    assert any("index" in feedback.degraded for feedback in received)


def test_a_frozen_stream_ends_the_goal_with_a_code_of_its_own_and_the_hand_open(robot):
    robot.disturb()
    run, _ = begin(robot, "closing")
    robot.spoil_tactile = lambda values: values * 0.0 + np.float32(0.3)
    _, result = run.result()
    assert result.error_code == CODES["FROZEN_TACTILE"], result.message
    robot.wait_for(lambda: robot.is_open, 30.0, "the open hand")


def test_a_second_publisher_of_touch_ends_the_goal_and_is_named(robot):
    robot.disturb((0.03, 0, 0.01, 0, 0, 0))
    robot.arm_moves = False
    run, _ = begin(robot, "moving")
    with StackClient(name="second_driver") as second:
        second.node.create_publisher(TactileArray, "tactile", SENSOR)
        _, result = run.result()
        assert result.error_code == CODES["AMBIGUOUS"], result.message
        assert "second_driver" in result.message
        assert "tactile" in result.message
    robot.right, robot.arm_moves = robot.wrist, True
    deadline = time.monotonic() + 60.0
    while robot.send("shown").result()[1].error_code != 0:
        assert time.monotonic() < deadline


def test_the_death_of_the_planner_opens_the_hand_and_the_next_goal_works(robot):
    robot.disturb((0.03, 0, 0.01, 0, 0, 0))
    robot.arm_moves = False  # or the goal would be over before its planner is missed
    planner = subprocess.Popen([sys.executable, "-c", PLANNER], stdout=subprocess.PIPE, text=True)
    try:
        assert any(line.strip() == "moving" for line in planner.stdout)
    finally:
        planner.send_signal(signal.SIGKILL)
        planner.wait()
        planner.stdout.close()
    said = f"code {CODES['CLIENT_LOST']}"
    robot.wait_for(lambda: said in robot.processes.log("refine_server"), 30.0, "the end of the goal")
    robot.wait_for(lambda: robot.is_open, 30.0, "the open hand")
    robot.right, robot.arm_moves = robot.wrist, True
    assert robot.send("shown").result()[1].error_code == 0


def test_goals_that_are_cancelled_or_preempted_at_any_moment_end_exactly_once_and_the_next_one_works(robot):
    seen: dict[bytes, list[int]] = {}

    def note(message) -> None:
        for goal in message.status_list:
            states = seen.setdefault(bytes(goal.goal_info.goal_id.uuid), [])
            if not states or states[-1] != goal.status:
                states.append(goal.status)

    listener = robot.node.create_subscription(
        GoalStatusArray, "refine_grasp/_action/status", note, qos_profile_action_status_default
    )
    robot.disturb((0.03, 0, 0.01, 0, 0, 0))
    rng, runs = np.random.default_rng(7), []
    for _ in range(20):
        runs.append(robot.send("shown"))
        moment = time.monotonic() + float(rng.uniform(0.0, 0.7))
        robot.wait_for(lambda m=moment, r=runs[-1]: time.monotonic() >= m or r.is_done, 30.0, "the moment")
        if rng.random() < 0.5:
            runs[-1].cancel(30.0)
    runs[-1].cancel(30.0)
    ends = [run.result() for run in runs]
    allowed = {CODES["CANCELED"]: (5,), CODES["PREEMPTED"]: (5, 6), 0: (4,), CODES["NOT_CONVERGED"]: (6,)}
    assert all(status in allowed[result.error_code] for status, result in ends), ends
    robot.right = robot.wrist
    assert robot.send("shown").result()[1].error_code == 0
    for run, (status, _) in zip(runs, ends, strict=True):
        goal = bytes(run.id.uuid)
        robot.wait_for(lambda g=goal: seen.get(g, [0])[-1] in TERMINAL, 30.0, "the end in the status")
        assert [state for state in seen[goal] if state in TERMINAL] == [status]
    robot.node.destroy_subscription(listener)


def test_a_second_server_is_noticed_and_nothing_moves_until_it_has_gone(robot):
    with NodeProcesses([robot.spec]):
        robot.wait_for(
            lambda: "runs twice" in robot.diagnostics.get("/refine_server", {}).get("last error", ""),
            120.0,
            "the sentence in the diagnostics",
        )
        robot.hand_commands.clear()
        _, result = robot.send("shown").result()
        assert result.error_code == CODES["AMBIGUOUS"], result.message
        assert not robot.hand_commands
    deadline = time.monotonic() + 120.0
    while robot.send("shown").result()[1].error_code != 0:
        assert time.monotonic() < deadline


def test_a_server_that_is_killed_and_started_again_serves_the_next_goal(robot):
    robot.disturb((0.03, 0, 0.01, 0, 0, 0))
    begin(robot, "moving")
    robot.check = lambda: None
    robot.processes.signal("refine_server", signal.SIGKILL)
    robot.processes.wait("refine_server", 10.0)
    robot.processes.start(robot.spec)
    robot.check = robot.processes.check
    robot.right = robot.wrist

    def works() -> bool:
        try:  # a request to the dead server is never answered, and DDS takes a while to miss it
            return robot.send("shown", timeout=5.0).result()[1].error_code == 0
        except ClientError:
            return False

    deadline = time.monotonic() + 150.0
    while not works():
        assert time.monotonic() < deadline
