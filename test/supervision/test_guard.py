"""The door to the robot: whatever is decided, nothing beyond the limits gets through."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tacrefine.geometry import error_between, from_coordinates, transform
from tacrefine.refine.settings import RefineSettings
from tacrefine.supervision import errors
from tacrefine.supervision.emergency_stop import EStop
from tacrefine.supervision.force_monitor import READINGS
from tacrefine.supervision.guard import Guard
from tacrefine.supervision.limits import Limits
from tacrefine.supervision.phases import HandPhase

CENTRE = transform((0, 0, -0.07))
START = transform((0.4, 0.1, 0.3), (0.0, 0.0, 0.6))


def make_guard(**values) -> Guard:
    guard = Guard(RefineSettings(**values), Limits(RefineSettings(**values), CENTRE))
    guard.begin()
    guard.observe_wrist(START)
    guard.set_origin(START)
    return guard


@pytest.mark.parametrize(
    ("side", "value", "word"),
    [
        ("workspace_x_high", 0.41, "wrist"),
        ("workspace_z_low", 0.225, "grasp centre"),
        ("workspace_y_low", 0.2, "y"),
    ],
)
def test_a_pose_outside_the_workspace_box_is_refused_and_the_side_is_named(side, value, word):
    guard = make_guard(**{side: value})
    with pytest.raises(errors.WorkspaceExceeded, match=word) as caught:
        guard.admit(START * transform((0.02, 0.001, -0.01)))
    assert side in str(caught.value)


def test_the_whole_way_must_lie_in_the_workspace_not_only_its_end():
    """Turning about the fingertips swings the wrist out of the box half way, although both ends lie inside."""
    start = transform((0.0, 0.0, 0.3), (0.0, -0.3, 0.0))
    end = start * CENTRE * transform((0, 0, 0), (0.0, 0.6, 0.0)) * CENTRE.inv()
    highest = max(start.translation[2], end.translation[2])
    values = {"max_step_rotation": 1.0, "max_total_rotation": 1.0, "workspace_z_high": highest + 0.001}
    guard = Guard(RefineSettings(**values), Limits(RefineSettings(**values), CENTRE))
    guard.begin()
    guard.observe_wrist(start)
    guard.set_origin(start)
    guard.admit(end)
    with pytest.raises(errors.WorkspaceExceeded):
        guard.next_pose(start, end)


def test_staying_is_admitted_even_where_nothing_else_is():
    guard = make_guard(workspace_x_high=0.1)
    guard.admit(START)
    guard.estop.observe(True, 0.0)
    guard.admit(START)
    guard.end()
    guard.admit(START)
    with pytest.raises(errors.EmergencyStop):
        guard.admit(START * transform((0.001, 0, 0)))


def test_nothing_moves_while_no_goal_runs():
    guard = make_guard()
    guard.admit(START * transform((0.001, 0, 0)))
    guard.admit_fingers({"a": 1.0})
    guard.end()
    with pytest.raises(errors.Internal, match="no goal runs"):
        guard.admit(START * transform((0.001, 0, 0)))
    with pytest.raises(errors.Internal, match="no goal runs"):
        guard.admit_fingers({"a": 1.0})


def test_fingers_may_only_stay_once_the_emergency_stop_is_latched():
    guard = make_guard()
    guard.observe_fingers({"a": 0.5})
    guard.estop.observe(True, 0.0)
    guard.admit_fingers({"a": 0.5})
    with pytest.raises(errors.EmergencyStop):
        guard.admit_fingers({"a": 0.6})


def test_many_small_moves_do_not_add_up_beyond_the_limits_of_the_goal():
    guard, here = make_guard(), START
    for _ in range(2):
        here = guard.next_pose(here, here * transform((0.015, 0, 0)))
        guard.observe_wrist(here)
    with pytest.raises(errors.LimitExceeded, match="max_total_translation"):
        guard.next_pose(here, here * transform((0.015, 0, 0)))


@pytest.mark.parametrize("values", [(np.nan, 0, 0), (np.inf, 0, 0)])
def test_numbers_that_are_not_finite_never_get_through(values):
    guard = make_guard()
    with pytest.raises(errors.Internal):
        guard.admit_fingers({"a": values[0]})
    pose = np.eye(4)
    pose[:3, 3] = values
    with pytest.raises(errors.Internal):
        guard.admit(type(START).from_matrix(pose))


def felt(guard: Guard, state: HandPhase, newtons: float, times: int, now: float = 0.0) -> None:
    guard.check(state, now)
    for _ in range(times):
        guard.observe_force("thumb_tip", newtons, now)
    guard.check(state, now)


def test_a_force_above_the_ceiling_of_its_phase_ends_the_goal_but_one_bad_frame_does_not():
    guard = make_guard(max_pad_force=10.0, max_moving_force=2.0)
    guard.observe_force("thumb_tip", 0.0, 0.0)
    felt(guard, HandPhase.CLOSING, 9.9, 10)
    felt(guard, HandPhase.CLOSING, 11.0, READINGS - 1)
    felt(guard, HandPhase.CLOSING, 1.0, 1)
    with pytest.raises(errors.ForceExceeded, match=r"thumb_tip.*11\.0 N.*max_pad_force"):
        felt(guard, HandPhase.CLOSING, 11.0, READINGS)
    with pytest.raises(errors.ForceExceeded, match="max_moving_force"):
        felt(guard, HandPhase.MOVING, 3.0, READINGS)


def test_readings_of_the_closed_hand_do_not_count_against_the_moving_arm():
    guard = make_guard(max_moving_force=2.0)
    guard.observe_force("thumb_tip", 0.0, 0.0)
    felt(guard, HandPhase.OPENING, 9.0, 10)
    guard.check(HandPhase.MOVING, 0.0)


def test_touch_that_falls_silent_while_something_moves_ends_the_goal():
    guard = make_guard(sensor_timeout=1.0)
    with pytest.raises(errors.NoTactile):
        guard.check(HandPhase.MOVING, 100.0)  # never received
    guard.observe_force("thumb_tip", 0.0, 100.0)
    guard.check(HandPhase.MOVING, 100.9)
    with pytest.raises(errors.NoTactile, match="sensor_timeout"):
        guard.check(HandPhase.MOVING, 101.1)


def test_the_emergency_stop_latches_until_it_is_released_and_reset():
    estop = EStop(timeout=0.0, now=0.0)
    assert not estop.is_latched
    estop.observe(True, 1.0)
    assert "still pressed" in estop.reset(2.0)
    estop.observe(False, 3.0)
    assert estop.is_latched
    assert estop.reset(4.0) == ""
    assert not estop.is_latched


def test_silence_of_the_emergency_stop_counts_as_pressed_where_that_is_asked_for():
    estop = EStop(timeout=0.5, now=0.0)
    estop.update(0.4)
    assert not estop.is_latched
    estop.update(0.6)
    assert "estop_timeout" in estop.reason
    assert "no message" in estop.reset(0.7)
    estop.observe(False, 1.0)
    assert estop.is_latched
    assert estop.reset(1.1) == ""


LENGTH = st.sampled_from([-0.06, -0.015, -0.005, 0.0, 0.005, 0.015, 0.06, float("nan")])
ANGLE = st.sampled_from([-0.9, -0.3, 0.0, 0.0, 0.3, 0.9])
MOVES = st.tuples(
    st.sampled_from(["wrist", "begin", "end", "press", "release", "reset", "send", "next"]),
    st.tuples(*[LENGTH] * 3, *[ANGLE] * 3),
)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.lists(MOVES, max_size=25))
def test_no_sequence_of_events_gets_a_pose_beyond_the_limits_through(events):
    values = {"workspace_x_high": 0.43, "workspace_z_low": 0.2}
    guard, sent = make_guard(**values), []
    send = guard.gate(sent.append)
    origin, wrist, running, latched = START, START, True, False
    for kind, numbers in events:
        pose = START * from_coordinates(np.nan_to_num(numbers))
        try:
            if kind == "wrist":
                wrist = pose
                guard.observe_wrist(pose)
            elif kind == "begin":
                guard.begin()
                guard.set_origin(wrist)
                origin, running = wrist, True
            elif kind == "end":
                guard.end()
                running = False
            elif kind in ("press", "release"):
                guard.estop.observe(kind == "press", 0.0)
                latched = latched or kind == "press"
            elif kind == "reset":
                latched = bool(guard.estop.reset(0.0)) and latched
            elif kind == "send":
                send(from_coordinates(numbers) if np.isnan(numbers).any() else pose)
            else:
                end = guard.next_pose(wrist, pose)
                metres, radians = error_between(wrist * CENTRE, end * CENTRE)
                assert metres <= 0.02 + 1e-9
                assert radians <= 0.35 + 1e-9
                send(end)
        except (errors.GoalError, ValueError):
            continue
        for got in sent:
            if error_between(got, wrist)[0] <= 2e-6 and error_between(got, wrist)[1] <= 2e-6:
                continue
            assert running
            assert not latched
            metres, radians = error_between(origin * CENTRE, got * CENTRE)
            assert metres <= 0.04 + 1e-9
            assert radians <= 0.7 + 1e-9
            for point in (got, got * CENTRE):
                assert point.translation[0] <= 0.43
                assert point.translation[2] >= 0.2
        sent.clear()
