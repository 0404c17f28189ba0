"""Nodes as processes: they start, refuse in one sentence, recover, and leave the robot safe when they are stopped."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time

import pytest
from fake_robot import FakeRobot, server_spec, show, wait_matched
from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState, GetState

from tacrefine.bringup.description import NodeSpec
from tacrefine.bringup.processes import NodeProcesses
from tacrefine.config import resolve
from tacrefine.nodes.tools.client import StackClient

pytestmark = pytest.mark.ros


def spec(executable, **parameters) -> NodeSpec:
    return NodeSpec(executable, "", parameters)


def call(client, kind, name, request):
    service = client.node.create_client(kind, name)
    client.wait_for(service.service_is_ready, 30.0, name)
    return client.answer(service.call_async(request), 20.0, name)


def state(client, node) -> str:
    return call(client, GetState, f"{node}/get_state", GetState.Request()).current_state.label


def change(client, node, transition) -> bool:
    request = ChangeState.Request(transition=Transition(id=transition))
    return call(client, ChangeState, f"{node}/change_state", request).success


def wait_state(client, node, wanted) -> None:
    deadline = time.monotonic() + 20.0
    while state(client, node) != wanted:
        assert time.monotonic() < deadline, f"{node} did not become {wanted}"


@pytest.fixture
def other_model(tmp_path):
    """The shipped model with a card that says it was made for another hand."""
    folder = tmp_path / "model"
    shutil.copytree(resolve("models", "five_finger"), folder)
    card = json.loads((folder / "card.json").read_text())
    card["hand_signature"] = "0" * 16
    (folder / "card.json").write_text(json.dumps(card))
    return folder


def test_nodes_that_cannot_be_configured_say_why_stay_up_and_can_be_configured_later(other_model, tmp_path):
    nodes = [
        spec("policy", model=str(other_model)),
        spec("mujoco_bridge", plant="nowhere"),
        server_spec(tmp_path, hand="claw", close_timeout=5),
    ]
    with NodeProcesses(nodes) as processes, StackClient() as client:
        client.check = processes.check
        for node, word in (
            ("tacrefine_policy", "made for hand"),
            ("mujoco_bridge", "nowhere"),
            ("refine_server", "claw"),
        ):
            wait_state(client, node, "unconfigured")
            client.wait_for(
                lambda node=node, word=word: (
                    word in client.diagnostics.get(f"/{node}", {}).get("last error", "")
                ),
                10.0,
                f"the reason of {node}",
            )
            assert "Traceback" not in processes.log(node.removeprefix("tacrefine_"))
        shutil.rmtree(other_model)
        shutil.copytree(resolve("models", "five_finger"), other_model)
        assert change(client, "tacrefine_policy", Transition.TRANSITION_CONFIGURE)
        assert change(client, "tacrefine_policy", Transition.TRANSITION_ACTIVATE)
        wait_state(client, "tacrefine_policy", "active")


@pytest.mark.parametrize(
    "bad", [{"close_timeout": -1.0}, {"arm_backend": "teleport"}, {"frames_per_grasp": "many"}]
)
def test_a_parameter_out_of_its_bounds_is_named_and_the_node_stays_up(bad, tmp_path):
    with NodeProcesses([server_spec(tmp_path, **bad)]) as processes, StackClient() as client:
        client.check = processes.check
        wait_state(client, "refine_server", "unconfigured")
        client.wait_for(
            lambda: next(iter(bad)) in processes.log("refine_server"), 10.0, "the sentence in the log"
        )
        assert "Traceback" not in processes.log("refine_server")


def test_without_autostart_a_manager_brings_the_node_up_and_down_again(tmp_path):
    with NodeProcesses([server_spec(tmp_path, autostart=False)]) as processes, StackClient() as client:
        client.check = processes.check
        wait_state(client, "refine_server", "unconfigured")
        for _ in range(2):
            for transition, wanted in (
                (Transition.TRANSITION_CONFIGURE, "inactive"),
                (Transition.TRANSITION_ACTIVATE, "active"),
                (Transition.TRANSITION_DEACTIVATE, "inactive"),
                (Transition.TRANSITION_CLEANUP, "unconfigured"),
            ):
                assert change(client, "refine_server", transition)
                assert state(client, "refine_server") == wanted


@pytest.fixture
def server(tmp_path):
    with NodeProcesses([server_spec(tmp_path)]) as processes, FakeRobot() as robot:
        robot.check, robot.processes = processes.check, processes
        robot.wait_ready(simulation=False)
        wait_matched(robot)
        robot.actuated = dict(zip(robot.hand.actuated_joints, robot.hand.closed_positions, strict=True))
        answer = show(robot, "shown")
        assert answer.success, answer.message
        robot.disturb((0.03, 0, 0.01, 0, 0, 0))
        yield robot


def moving(robot):
    states = []
    run = robot.send("shown", lambda feedback: states.append(feedback.state_name))
    robot.wait_for(lambda: "moving" in states, 30.0, "the arm to move")
    return run


def test_deactivating_the_server_in_the_middle_of_a_goal_ends_it_safely(server):
    run = moving(server)
    assert change(server, "refine_server", Transition.TRANSITION_DEACTIVATE)
    _, result = run.result(10.0)
    assert (result.error_code, result.safe_state) == (111, "open")
    server.wait_for(lambda: server.hand_commands[-1] == "open", 30.0, "the hand told to open")
    _, result = server.send("shown").result(10.0)
    assert (result.error_code, result.safe_state) == (107, "untouched")
    assert "inactive" in result.message
    assert "activate" in result.message
    assert change(server, "refine_server", Transition.TRANSITION_ACTIVATE)
    assert server.send("shown").result(20.0)[1].error_code == 0


def test_a_server_that_is_shut_down_in_the_middle_of_a_goal_tells_its_client(server):
    run = moving(server)
    assert change(server, "refine_server", Transition.TRANSITION_ACTIVE_SHUTDOWN)
    _, result = run.result(10.0)
    assert (result.error_code, result.safe_state) == (111, "open")
    assert state(server, "refine_server") == "finalized"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_server_that_is_stopped_in_the_middle_of_a_goal_leaves_the_robot_safe(server, number):
    run = moving(server)
    count = len(server.arm_commands)
    server.check = lambda: None
    server.processes.signal("refine_server", number)
    _, result = run.result(10.0)
    assert (result.error_code, result.safe_state) == (111, "open")
    assert server.processes.wait("refine_server", 10.0) == 0
    server.wait_for(lambda: server.hand_commands[-1] == "open", 30.0, "the hand told to open")
    server.wait_for(lambda: len(server.arm_commands) > count, 30.0, "the arm told to hold")
    assert "Traceback" not in server.processes.log("refine_server")


def test_up_starts_the_nodes_and_ctrl_c_ends_them_all(tmp_path):
    command = [sys.executable, "-m", "tacrefine", "up", "--mode", "real", "--targets-folder", str(tmp_path)]
    log = open(tmp_path / "up.log", "w+b")  # noqa: SIM115 - closed below
    process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, start_new_session=True)
    try:
        with StackClient() as client:
            for node in ("tacrefine_policy", "refine_server"):
                wait_state(client, node, "active")
            assert "mujoco_bridge" not in client.node.get_node_names()
            children = _children(process.pid)
            assert len(children) >= 2
            process.send_signal(signal.SIGINT)
            code = process.wait(15.0)
        deadline = time.monotonic() + 5.0
        while alive := [child for child in children if os.path.exists(f"/proc/{child}")]:
            assert time.monotonic() < deadline, f"still running: {alive}"
            time.sleep(0.05)
        log.seek(0)
        assert b"Traceback" not in log.read()
        assert code in (0, 130)
    finally:
        log.close()
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def test_processes_end_with_the_program_that_started_them_even_if_it_is_killed(tmp_path):
    program = (
        "import sys, time\n"
        "from tacrefine.bringup.processes import NodeProcesses\n"
        "from tacrefine.bringup.description import NodeSpec\n"
        f"spec = NodeSpec('refine_server', '', {{'targets_folder': {str(tmp_path)!r}}})\n"
        "with NodeProcesses([spec]) as nodes:\n"
        "    print(nodes._processes['refine_server'].pid, flush=True)\n"
        "    time.sleep(60)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    child = int(parent.stdout.readline())
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    parent.stdout.close()
    deadline = time.monotonic() + 15.0
    while _running(child):
        assert time.monotonic() < deadline, "the node outlived its parent"
        time.sleep(0.05)


def _running(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def _children(pid: int) -> list[int]:
    with open(f"/proc/{pid}/task/{pid}/children") as children:
        direct = [int(child) for child in children.read().split()]
    return direct + [grandchild for child in direct for grandchild in _children(child)]


def test_a_goal_that_comes_before_the_first_wrist_pose_waits_for_it(tmp_path):
    with NodeProcesses([server_spec(tmp_path)]) as processes, FakeRobot() as robot:
        robot.check = processes.check
        robot.wait_ready(90.0, simulation=False)
        wait_matched(robot)
        robot.actuated = dict(zip(robot.hand.actuated_joints, robot.hand.closed_positions, strict=True))
        assert show(robot, "shown").success
    with NodeProcesses([server_spec(tmp_path, prepare_timeout=30.0)]) as processes, FakeRobot() as robot:
        robot.check, robot.wrist_flows = processes.check, False
        wait_matched(robot)
        robot.wait_action(60.0)
        goal = robot.send("shown")
        robot.wrist_flows = True
        _, result = goal.result()
        assert result.error_code == 0, result.message
