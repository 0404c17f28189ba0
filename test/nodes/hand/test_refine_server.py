"""The refine server in a process of its own, over DDS, against a fake robot."""

from __future__ import annotations

import time

import numpy as np
import pytest
from fake_robot import show
from tacrefine.action import RefineGrasp

from tacrefine.geometry import error_between, transform
from tacrefine.nodes.core.convert import from_pose, to_pose
from tacrefine.nodes.tools.client import compensated_pose
from tacrefine.supervision.errors import all_errors

pytestmark = pytest.mark.ros
CODES = {name: error.code for name, error in all_errors().items()}
SUCCEEDED, CANCELED, ABORTED = 4, 5, 6


def begin(robot, until: str, **goal):
    """Send a goal and wait until its feedback names a state."""
    states: list[str] = []
    run = robot.send("shown", lambda feedback: states.append(feedback.state_name), **goal)
    robot.wait_for(lambda: until in states or run.is_done, 30.0, f"state {until}")
    assert not run.is_done, run.result()
    return run


def assert_safe(robot, result):
    """The hand was told to open and is open, and the arm was told to stay where it is."""
    assert result.safe_state == "open"
    robot.wait_for(lambda: robot.is_open, 30.0, "the open hand")
    if robot.arm_commands:
        robot.wait_for(
            lambda: error_between(robot.arm_commands[-1], robot.wrist)[0] < 2e-3, 3.0, "the arm to hold"
        )


def test_a_disturbed_grasp_is_refined_to_success(robot):
    robot.disturb()
    states = []
    status, result = robot.send("shown", lambda f: states.append(f.state_name)).result()
    assert (status, result.error_code, result.safe_state) == (SUCCEEDED, 0, "holding"), result.message
    assert result.steps == 1
    assert robot.is_closed
    metres, radians = error_between(robot.wrist, robot.right)
    assert metres < 5e-4
    assert radians < 5e-3
    assert result.remaining_position_error < 2e-3
    assert result.final_wrist_pose.header.frame_id == "base"
    assert states[:3] == ["closing", "settling", "sensing"]
    assert "moving" in states


def test_a_second_goal_runs_after_the_first(robot):
    for _ in range(2):
        robot.disturb()
        status, result = robot.send("shown").result()
        assert (status, result.steps) == (SUCCEEDED, 1), result.message


@pytest.mark.parametrize("state", ["closing", "settling", "sensing", "deciding", "opening", "moving"])
def test_cancel_in_each_state_leaves_the_robot_safe(robot, state):
    robot.disturb((0.03, 0, 0.01, 0, 0, 0))
    run = begin(robot, state)
    run.cancel()
    status, result = run.result()
    assert (status, result.error_code) == (CANCELED, CODES["CANCELED"]), result.message
    assert_safe(robot, result)


def test_cancel_right_after_acceptance_is_not_lost(robot):
    robot.disturb()
    run = robot.send("shown")
    assert run.cancel()
    status, result = run.result()
    assert (status, result.error_code) == (CANCELED, CODES["CANCELED"])


@pytest.mark.parametrize("state", ["closing", "sensing", "moving"])
def test_a_new_goal_preempts_the_old_one(robot, state):
    robot.disturb((0.03, 0, 0.01, 0, 0, 0))
    first = begin(robot, state)
    second = robot.send("shown")
    status, result = first.result()
    assert (status, result.error_code, result.safe_state) == (ABORTED, CODES["PREEMPTED"], "handed_over")
    status, result = second.result()
    assert status == SUCCEEDED, result.message


def test_of_several_waiting_goals_the_newest_wins(robot):
    robot.disturb((0.03, 0, 0.01, 0, 0, 0))
    runs = [begin(robot, "closing"), robot.send("shown"), robot.send("shown")]
    results = [run.result() for run in runs]
    assert [result.error_code for _, result in results] == [CODES["PREEMPTED"], CODES["PREEMPTED"], 0]


@pytest.mark.parametrize(
    ("target", "goal", "code"),
    [("never_shown", {}, "UNKNOWN_TARGET"), ("shown", {"max_steps": 1000}, "INVALID_GOAL")],
)
def test_a_goal_that_makes_no_sense_ends_at_once_and_the_running_one_goes_on(robot, target, goal, code):
    robot.disturb((0.03, 0, 0.01, 0, 0, 0))
    first = begin(robot, "closing")
    status, result = robot.send(target, **goal).result()
    assert (status, result.error_code, result.safe_state) == (ABORTED, CODES[code], "untouched")
    assert not first.is_done
    status, result = first.result()
    assert (status, result.error_code) == (SUCCEEDED, 0), result.message


def test_each_of_fifty_goals_sent_at_once_gets_an_answer(robot):
    robot.disturb()
    goal = RefineGrasp.Goal(target="shown")
    asked = [robot._action.send_goal_async(goal) for _ in range(50)]
    handles = [robot.answer(future, 30.0, "the acceptance of a goal") for future in asked]
    results = [robot.answer(handle.get_result_async(), 60.0, "a result").result for handle in handles]
    codes = [result.error_code for result in results]
    assert sorted(codes) == [0] + [CODES["PREEMPTED"]] * 49, codes


def test_refusals_are_logged_by_kind_however_often_they_are_asked_for(robot):
    for number in range(20):
        robot.send(f"no_{number}").result()
        robot.send("shown", max_steps=1000 + number).result()
    lines = robot.processes.log("refine_server").splitlines()
    for text in ("refine_grasp 'no_", "max_steps is 10"):
        assert 1 <= sum(text in line for line in lines) <= 10


def test_an_unknown_target_moves_nothing(robot):
    status, result = robot.send("never_shown").result()
    assert (status, result.error_code, result.safe_state) == (ABORTED, CODES["UNKNOWN_TARGET"], "untouched")
    assert "never_shown" in result.message
    assert "shown" in result.message
    assert not robot.arm_commands
    assert not robot.hand_commands


@pytest.mark.parametrize("name", ["../../etc/passwd", "a/b", "", ".hidden"])
def test_a_target_name_cannot_leave_its_folder(robot, name):
    _, result = robot.send(name).result()
    assert result.error_code == CODES["UNKNOWN_TARGET"]
    assert "not allowed" in result.message


@pytest.mark.parametrize(
    "goal", [{"position_tolerance": -1.0}, {"rotation_tolerance": float("nan")}, {"max_steps": 1000}]
)
def test_a_goal_out_of_range_is_refused_in_one_sentence(robot, goal):
    _, result = robot.send("shown", **goal).result()
    assert result.error_code == CODES["INVALID_GOAL"]
    assert next(iter(goal)) in result.message
    assert not robot.hand_commands


def test_without_any_correction_nothing_moves(robot):
    robot.answers = False
    _, result = robot.send("shown").result()
    assert result.error_code == CODES["NO_CORRECTION"]
    assert "correction" in result.message
    assert not robot.arm_commands
    assert not robot.hand_commands


def test_corrections_that_stop_end_the_goal_with_the_hand_open(robot):
    robot.disturb()
    run = begin(robot, "closing")
    robot.answers = False
    _, result = run.result()
    assert result.error_code == CODES["NO_CORRECTION"]
    assert "sense_timeout" in result.message
    assert_safe(robot, result)


def test_stale_stamps_never_move_the_arm(robot):
    robot.disturb()
    run = begin(robot, "closing")
    robot.tactile_stamp_shift = -30.0
    _, result = run.result()
    assert result.error_code == CODES["STALE_TACTILE"]
    assert result.steps == 0
    assert_safe(robot, result)


def test_an_arm_that_never_arrives_is_stopped_and_reported(robot):
    robot.disturb()
    robot.arm_moves = False
    _, result = robot.send("shown").result()
    assert result.error_code == CODES["ARM_TIMEOUT"]
    assert "move_timeout" in result.message
    assert_safe(robot, result)


def test_a_hand_that_never_opens_is_reported(robot):
    robot.disturb()
    run = begin(robot, "sensing")
    robot.hand_moves = False
    _, result = run.result()
    assert result.error_code == CODES["HAND_TIMEOUT"]
    assert result.steps == 0


@pytest.mark.parametrize(
    ("switch", "value", "code", "word"),
    [
        ("wrist_flows", False, "NO_WRIST_POSE", "wrist_pose"),
        ("joints_flow", False, "NO_JOINT_STATES", "joint_states"),
        ("left_out_joint", "index_mcp", "NO_JOINT_STATES", "index_mcp"),
    ],
)
def test_a_missing_sensor_is_named_and_nothing_moves(robot, switch, value, code, word):
    setattr(robot, switch, value)
    time.sleep(1.1)  # sensor_timeout must pass: silence has no event to wait for
    _, result = robot.send("shown").result()
    assert result.error_code == CODES[code]
    assert word in result.message
    assert not robot.arm_commands
    assert not robot.hand_commands


@pytest.mark.parametrize(
    ("spoil", "word"),
    [
        (lambda values: values[:-1], "expected 11 x 9"),
        (lambda values: np.full_like(values, np.nan), "NaN"),
        (lambda values: np.full_like(values, np.inf), "infinite"),
    ],
)
def test_tactile_arrays_that_do_not_fit_are_explained(robot, spoil, word):
    robot.spoil_tactile = spoil
    robot.answers = False  # no policy can answer to these
    _, result = robot.send("shown").result()
    assert result.error_code == CODES["INVALID_TACTILE"]
    assert word in result.message
    assert "tactile" in result.message
    assert not robot.hand_commands


def test_capture_refuses_what_it_cannot_store(robot):
    assert "does not hold" in show(robot, "open_hand").message
    assert "unknown" in show(robot, "x", obj="banana").message
    assert "exists already" in show(robot, "shown").message
    assert "not allowed" in show(robot, "../x").message


def test_the_server_stays_up_through_all_of_it(robot):
    robot.processes.check()
    robot.disturb()
    assert robot.send("shown").result()[1].error_code == 0


def hold(robot):
    """The hand has closed on an object that sits otherwise than in the target."""
    robot.hand_commands.clear()
    robot.arm_commands.clear()
    robot.actuated = dict(zip(robot.hand.actuated_joints, robot.hand.closed_positions, strict=True))
    robot.disturb()


def test_a_goal_that_compensates_moves_nothing_and_its_result_corrects_a_plan(robot):
    hold(robot)
    status, result = robot.send("shown", strategy="compensate").result()
    assert (status, result.error_code, result.safe_state) == (SUCCEEDED, 0, "untouched"), result.message
    assert robot.hand_commands == []
    assert robot.arm_commands == []
    planned = to_pose(transform((0.5, 0.1, 0.2), (0.0, 0.3, 0.0)))
    led = from_pose(compensated_pose(planned, result.compensation))
    held_as_shown = robot.right.inv() * robot.wrist  # where an object would be that sits as it does now
    assert error_between(led, from_pose(planned) * held_as_shown)[0] < 1e-4


def test_estimate_grasp_says_how_the_object_sits_until_the_hand_opens(robot):
    hold(robot)
    answer = robot.estimate("shown")
    assert answer.success, answer.message
    assert robot.hand_commands == []
    robot.wait_for(
        lambda: robot.object_in_hand is not None and robot.object_in_hand.held, 10.0, "object_in_hand"
    )
    told = robot.object_in_hand
    assert (told.target, told.header.frame_id) == ("shown", robot.hand.wrist_frame)
    in_hand = robot.wrist.inv() * robot.right * robot.hand.wrist_from_centre
    assert error_between(from_pose(told.pose.pose), in_hand)[0] < 1e-4
    assert told.pose.covariance[0] > 0.0
    run = begin(robot, "sensing")
    run.cancel()
    run.result()
    robot.wait_for(lambda: not robot.object_in_hand.held, 10.0, "the end of holding")


def test_a_cancel_while_a_held_object_is_lowered_keeps_the_hand_closed(robot):
    hold(robot)
    run = begin(robot, "lowering", strategy="put_down")
    run.cancel()
    status, result = run.result()
    assert (status, result.error_code, result.safe_state) == (CANCELED, CODES["CANCELED"], "holding")
    assert "the object is still held" in result.message
    assert robot.hand_commands == []
    assert robot.is_closed


def test_an_estimate_against_an_unknown_target_says_so(robot):
    answer = robot.estimate("never_shown")
    assert answer.error_code == CODES["UNKNOWN_TARGET"]
    assert "never_shown" in answer.message


def test_a_strategy_that_does_not_exist_is_named_with_those_that_do(robot):
    status, result = robot.send("shown", strategy="hope").result()
    assert (status, result.error_code, result.safe_state) == (ABORTED, CODES["INVALID_GOAL"], "untouched")
    assert "in_place, put_down, compensate" in result.message
