"""The regrasp server and the simulated gripper in processes of their own: a lift, and every way to end without one."""

from __future__ import annotations

import math

import fake_robot  # noqa: F401  (sets the ROS domain of this test run)
import pytest

from tacrefine.bringup.arguments import Arguments
from tacrefine.bringup.description import describe
from tacrefine.bringup.processes import NodeProcesses
from tacrefine.nodes.tools.blocking_client import ClientError
from tacrefine.nodes.tools.regrasp_client import RegraspClient
from tacrefine.objects.free_objects import load_regrasp_objects
from tacrefine.supervision.errors import all_errors

pytestmark = [pytest.mark.ros, pytest.mark.slow]
CODES = {name: error.code for name, error in all_errors("regrasp").items()}
ORDER = (
    "opening",
    "moving",
    "observing",
    "closing",
    "sensing",
    "deciding",
    "lifting",
    "holding",
    "verifying",
)


@pytest.fixture(scope="module")
def stand():
    nodes = describe(Arguments(regrasp=True, refine=False, real_time_factor=3.0))
    with NodeProcesses(nodes) as processes, RegraspClient(use_sim_time=True) as client:
        client.check = processes.check
        client.wait_ready(90.0)
        yield client
        print(processes.log("regrasp_server"))


@pytest.fixture
def gripper(stand):
    """The gripper, open, above an object that lies on the table."""
    stand.place(seed=1)
    return stand


def lift(client: RegraspClient, on_feedback=None):
    """The result of a goal, asked again where another look may help, as a planner does."""
    for _ in range(3):
        _, result = client.send(on_feedback).result(300.0)
        if result.error_code not in (CODES["NO_GRASP"], CODES["SLIPPED"]):
            break
    return result


def begin(client: RegraspClient, until: str, **goal):
    received = []
    run = client.send(received.append, **goal)
    client.wait_for(
        lambda: any(f.state_name == until for f in received) or run.is_done, 120.0, f"state {until}"
    )
    assert not run.is_done, run.result()
    return run


def test_an_object_is_felt_grasped_again_and_lifted(gripper):
    received, lying = [], gripper.height
    result = lift(gripper, received.append)
    assert result.error_code == 0, result.message
    assert result.lifted
    assert result.safe_state == "holding"
    assert 1 <= result.tries <= 5
    assert 0.9 < result.probability <= 1.0
    names = [feedback.state_name for feedback in received]
    first = [names.index(name) for name in ORDER]
    assert set(names) <= {*ORDER, "lowering", "finishing"}
    assert first[-4:] == sorted(first[-4:])
    chosen = [f for f in received if f.state_name == "deciding"]
    assert all(math.isfinite(f.probability) and math.isfinite(f.force) for f in chosen)
    assert gripper.height > lying + 0.05


def test_what_was_lifted_is_the_clients_and_the_next_goal_leaves_it_alone(gripper):
    assert lift(gripper).error_code == 0
    height = gripper.height
    _, result = gripper.send().result(60.0)
    assert result.error_code == CODES["OCCUPIED"], result.message
    assert result.safe_state == "untouched"
    assert abs(gripper.height - height) < 0.005


@pytest.mark.parametrize(
    ("goal", "code", "words"),
    [
        ({"max_force": 500.0}, "FORCE_OUT_OF_RANGE", "max_force is 500 N"),
        ({"min_force": 20.0, "max_force": 10.0}, "FORCE_OUT_OF_RANGE", "must not be larger"),
        ({"objective": "strongest"}, "INVALID_GOAL", "allowed are max_success and min_force"),
        ({"tries": 1000}, "INVALID_GOAL", "tries is 1000"),
    ],
)
def test_a_goal_out_of_range_is_refused_in_one_sentence_and_nothing_moves(gripper, goal, code, words):
    _, result = gripper.send(**goal).result(60.0)
    assert result.error_code == CODES[code], result.message
    assert words in result.message
    assert result.safe_state == "untouched"
    assert result.tries == 0


@pytest.mark.parametrize(
    ("place", "code"),
    [
        ({"obj": "none"}, "EMPTY_TABLE"),
        ({"fault": "camera_lost"}, "NO_IMAGE"),
        ({"fault": "left_lost"}, "NO_IMAGE"),
        ({"fault": "right_dead"}, "DEAD_PAD"),
    ],
)
def test_what_cannot_be_seen_or_felt_ends_the_goal_with_its_code(stand, place, code):
    stand.place(**{"seed": 1} | place)
    _, result = stand.send().result(300.0)
    assert result.error_code == CODES[code], result.message
    assert not result.lifted
    assert result.safe_state in ("open", "untouched")


def test_once_a_fault_has_gone_the_next_goal_works(stand):
    stand.place(seed=1, fault="left_dead")
    assert stand.send().result(300.0)[1].error_code == CODES["DEAD_PAD"]
    stand.place(load_regrasp_objects("easy")[0].name, seed=1)
    assert lift(stand).error_code == 0


@pytest.mark.parametrize("state", ["moving", "closing", "lifting"])
def test_a_cancelled_goal_leaves_gripper_and_arm_in_a_named_state_and_the_next_one_works(gripper, state):
    run = begin(gripper, state)
    assert run.cancel(30.0)
    status, result = run.result(60.0)
    assert status == 5
    assert result.error_code == CODES["CANCELED"], result.message
    assert result.safe_state in ("open", "holding")
    if state == "lifting":
        gripper.place(seed=2)
        assert lift(gripper).error_code == 0


def test_a_second_goal_takes_over_from_the_first(gripper):
    first = begin(gripper, "closing")
    second = gripper.send()
    _, result = first.result(120.0)
    assert result.error_code == CODES["PREEMPTED"], result.message
    assert second.result(300.0)[1].error_code in (0, CODES["NO_GRASP"], CODES["SLIPPED"])


def test_an_object_that_is_unknown_is_refused_by_the_simulation(stand):
    with pytest.raises(ClientError, match="object 'teapot' is unknown"):
        stand.place("teapot")
