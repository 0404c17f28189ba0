"""Parameters over the wire: what may be set in which state, what counts when, and what the answer says."""

from __future__ import annotations

import pytest
from fake_robot import FakeRobot, server_spec, show, wait_matched
from lifecycle_msgs.msg import Transition
from rcl_interfaces.msg import Parameter, ParameterType, ParameterValue
from rcl_interfaces.srv import GetParameters, SetParameters
from test_lifecycle import call, change, spec, wait_state

from tacrefine.bringup.processes import NodeProcesses
from tacrefine.nodes.tools.client import StackClient

pytestmark = pytest.mark.ros
SERVER, POLICY = "refine_server", "tacrefine_policy"


def as_value(value) -> ParameterValue:
    if isinstance(value, bool):
        return ParameterValue(type=ParameterType.PARAMETER_BOOL, bool_value=value)
    if isinstance(value, int):
        return ParameterValue(type=ParameterType.PARAMETER_INTEGER, integer_value=value)
    if isinstance(value, float):
        return ParameterValue(type=ParameterType.PARAMETER_DOUBLE, double_value=value)
    return ParameterValue(type=ParameterType.PARAMETER_STRING, string_value=value)


def put(client, node, name, value):
    """Set a parameter as `ros2 param set` does; the answer."""
    request = SetParameters.Request(parameters=[Parameter(name=name, value=as_value(value))])
    return call(client, SetParameters, f"{node}/set_parameters", request).results[0]


def read(client, node, name) -> float:
    request = GetParameters.Request(names=[name])
    return call(client, GetParameters, f"{node}/get_parameters", request).values[0].double_value


def test_a_node_that_could_not_be_configured_takes_another_value_and_is_configured():
    with NodeProcesses([spec("policy", model="nosuch")]) as processes, StackClient() as client:
        client.check = processes.check
        wait_state(client, POLICY, "unconfigured")
        assert put(client, POLICY, "model", "five_finger").successful
        assert change(client, POLICY, Transition.TRANSITION_CONFIGURE)
        assert put(client, POLICY, "backend", "onnx").successful, "inactive: for the next configure"
        assert change(client, POLICY, Transition.TRANSITION_ACTIVATE)
        answer = put(client, POLICY, "model", "five_finger")
        assert not answer.successful
        assert "model" in answer.reason
        assert "deactivate" in answer.reason


@pytest.mark.parametrize("wrong", [5.5, "many", 10_000])
def test_a_value_of_the_wrong_type_at_start_can_be_put_right(wrong, tmp_path):
    server = server_spec(tmp_path, frames_per_grasp=wrong)
    with NodeProcesses([server]) as processes, StackClient() as client:
        client.check = processes.check
        wait_state(client, SERVER, "unconfigured")
        answer = put(client, SERVER, "frames_per_grasp", "some")
        assert not answer.successful
        assert "frames_per_grasp" in answer.reason
        assert put(client, SERVER, "frames_per_grasp", 5).successful
        assert change(client, SERVER, Transition.TRANSITION_CONFIGURE)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("targets")
    with NodeProcesses([server_spec(folder)]) as processes, FakeRobot() as robot:
        robot.check = processes.check
        robot.wait_ready(90.0, simulation=False)
        wait_matched(robot)
        robot.actuated = dict(zip(robot.hand.actuated_joints, robot.hand.closed_positions, strict=True))
        answer = show(robot, "shown")
        assert answer.success, answer.message
        yield robot


def test_tolerances_speeds_and_timeouts_count_from_the_next_goal_on(server):
    server.disturb()
    server.arm_moves = False
    assert put(server, SERVER, "move_timeout", 1).successful, "a whole number will do"
    assert read(server, SERVER, "move_timeout") == 1.0
    _, result = server.send("shown").result()
    assert "within 1 s (move_timeout)" in result.message
    assert put(server, SERVER, "position_tolerance", 0.02).successful
    assert put(server, SERVER, "rotation_tolerance", 0.3).successful
    _, result = server.send("shown").result()
    assert (result.error_code, result.steps) == (0, 0), "what is off lies within the new tolerances"
    assert put(server, SERVER, "position_tolerance", 0.0015).successful
    assert put(server, SERVER, "rotation_tolerance", 0.025).successful


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("hand", "five_finger", ("hand", "deactivate", "cleanup")),
        ("max_pad_force", 500.0, ("max_pad_force", "deactivate")),
        ("dry_run", True, ("dry_run",)),
        ("estop_timeout", 1.0, ("estop_timeout",)),
        ("move_timeout", -1.0, ("move_timeout", "range")),
        ("position_tolerance", "small", ("parameter type",)),
    ],
)
def test_what_may_not_be_set_on_an_active_server_is_refused_with_a_reason(server, name, value, words):
    answer = put(server, SERVER, name, value)
    assert not answer.successful
    assert all(word in answer.reason for word in words)


def test_nothing_changes_while_a_goal_runs(server):
    server.right, server.arm_moves = server.wrist, True
    server.disturb((0.03, 0, 0.01, 0, 0, 0))
    states = []
    run = server.send("shown", lambda feedback: states.append(feedback.state_name))
    server.wait_for(lambda: "closing" in states, 30.0, "the goal to begin")
    answer = put(server, SERVER, "linear_speed", 0.9)
    assert not answer.successful
    assert "a goal is running" in answer.reason
    run.cancel()
    run.result()
    assert put(server, SERVER, "linear_speed", 0.2).successful
