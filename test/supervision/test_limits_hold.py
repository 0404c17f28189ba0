"""Whatever arrives, in whatever order: no command leaves the loop that is beyond the limits."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from fake_world import FakeWorld
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tacrefine.errors import TacrefineError
from tacrefine.geometry import RigidTransform, error_between, from_coordinates, transform
from tacrefine.refine.settings import RefineSettings
from tacrefine.supervision import errors
from tacrefine.supervision.guard import Guard
from tacrefine.supervision.limits import LOOK_S, Limits
from tacrefine.supervision.samples import JointSample, WristSample
from tacrefine.supervision.speed_limiter import MAX_STEP_S

CENTRE = transform((0, 0, -0.1))
QUICK = RefineSettings(
    close_duration=0.1,
    open_duration=0.1,
    settled_window=0.06,
    settle_time=0.02,
    frames_per_grasp=2,
    workspace_x_high=0.32,
    max_pad_force=5.0,
    prepare_timeout=0.5,
    sense_timeout=0.5,
    move_timeout=2.0,
)
NUMBER = st.sampled_from([0.0, 1e-3, -4e-3, 0.012, -0.03, 0.08, 3.0, 1e12, float("nan"), float("inf")])
EVENTS = st.tuples(
    st.sampled_from(
        [
            "steps",
            "steps",
            "steps",
            "correct",
            "wrist",
            "joints",
            "force",
            "estop",
            "reset",
            "stop",
            "goal",
            "clock",
        ]
    ),
    st.tuples(*[NUMBER] * 6),
    st.sampled_from([5, 60, 250]),
)


def poisoned(numbers) -> RigidTransform:
    """A pose from any numbers; RigidTransform refuses NaN quaternions, so their place is taken in the matrix."""
    values = np.array(numbers)
    pose = from_coordinates(np.where(np.isfinite(values), np.clip(values, -10, 10), 0.0)).as_matrix()
    pose[:3, 3] = values[:3]
    if not np.isfinite(values[3:]).all():
        pose[0, 0] = float("nan")
    return RigidTransform(pose, normalize=False, copy=False)


class Recorder:
    """Writes down every pose that leaves, with its time, and what was true then."""

    def __init__(self, world: FakeWorld) -> None:
        self.world, self.sent = world, []
        plain = world.send

        def send(pose: RigidTransform) -> None:
            self.check(pose)
            plain(pose)

        world.adapter._send = world.guard.gate(send)

    def check(self, pose: RigidTransform) -> None:
        world, guard = self.world, self.world.guard
        assert np.isfinite(pose.as_matrix()).all()
        here = [known for known in (guard.wrist.pose, guard._pacing.last) if known is not None]
        if any(
            error_between(known, pose)[0] < 2e-6 and error_between(known, pose)[1] < 2e-6 for known in here
        ):
            return  # to stay, where it truly was
        assert not guard.estop.is_latched
        assert world.machine.phase is not None
        metres, radians = error_between(guard._origin * CENTRE, pose * CENTRE)
        assert metres <= QUICK.max_total_translation + 1e-9
        assert radians <= QUICK.max_total_rotation + 1e-9
        assert pose.translation[0] <= QUICK.workspace_x_high + 1e-9
        self.sent.append((world.clock.now(), pose))
        self.check_speed()

    def check_speed(self) -> None:
        """Over every stretch of the present motion: no farther than the speed limits allow in its time."""
        (now, newest), limits = self.sent[-1], self.world.guard.limits
        for then, pose in self.sent[:-1]:
            if then > now:
                continue  # the clock was set back in between
            metres, radians = limits.distance(pose, newest)
            allowed = now - then + MAX_STEP_S + 2 * LOOK_S
            assert metres <= QUICK.linear_speed * allowed + QUICK.max_step_translation * (
                len(self.moves()) > 1
            )
            assert radians <= QUICK.angular_speed * allowed + QUICK.max_step_rotation * (
                len(self.moves()) > 1
            )

    def moves(self) -> list:
        """Goals that have begun: between two of them the wrist may have been moved by others."""
        return self.world.goals


@pytest.mark.slow
@settings(max_examples=20, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(EVENTS, min_size=3, max_size=14))
def test_no_sequence_of_messages_gets_a_command_beyond_the_limits(events):
    world = FakeWorld(QUICK)
    world.goals = [1]
    Recorder(world)
    world.spoil = lambda sample: replace(sample, increment=transform((0.03, 0, 0)))  # farther than is allowed
    world.machine.start(world.goal())
    for _ in range(250):
        world.step()
    for kind, numbers, count in events:
        now = world.clock.now()
        pose = world.wrist * poisoned(numbers) if np.isfinite(numbers).all() else poisoned(numbers)
        if kind == "steps":
            for _ in range(count):
                world.step()
        elif kind == "correct":
            world.spoil = lambda sample, n=numbers: replace(
                sample, increment=poisoned(n), standard_deviation=np.abs(np.array(n)) + 1e-6
            )
        elif kind == "wrist":
            world.machine.observe_wrist(WristSample(now + numbers[5], pose))
        elif kind == "joints":
            try:
                world.machine.observe_joints(
                    JointSample(now + numbers[5], {"a": numbers[0], "b": numbers[1]})
                )
            except TacrefineError:
                continue
        elif kind == "force":
            world.force = abs(numbers[0]) * 100.0
        elif kind == "estop":
            world.guard.estop.observe(True, world.clock.steady())
        elif kind == "reset":
            world.guard.estop.observe(False, world.clock.steady())
            world.guard.estop.reset(world.clock.steady())
        elif kind == "stop":
            world.machine.stop(errors.Canceled("canceled"))
        elif kind == "clock" and np.isfinite(numbers[0]) and abs(numbers[0]) < 10.0:
            world.clock.time += numbers[0]
        elif kind == "goal" and world.machine.phase is None:
            world.goals.append(1)
            world.force, world.spoil = 0.0, lambda sample: sample
            world.machine.start(world.goal())


class Watch:
    def __init__(self) -> None:
        self.time = 100.0
        self.is_simulated = False

    def now(self) -> float:
        return self.time

    def steady(self) -> float:
        return self.time


STEPS = st.tuples(st.sampled_from([0.0, 1e-4, 0.01, 0.04, 0.3, 5.0]), st.floats(0.0, 1.0))


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.lists(STEPS, min_size=1, max_size=30), st.booleans())
def test_poses_along_a_way_never_follow_each_other_faster_than_the_speed_limits(steps, turning):
    """Somebody asks for any place on the way at any time; what passes is no faster than allowed."""
    start = transform((0.3, 0.1, 0.4))
    goal = start * (transform((0, 0, 0), (0, 0, 0.3)) if turning else transform((0.015, 0, 0)))
    settings_, clock, sent = RefineSettings(), Watch(), []
    limits = Limits(settings_, CENTRE)
    guard = Guard(settings_, limits, clock)
    guard.begin()
    guard.observe_wrist(start)
    guard.set_origin(start)
    guard.begin_move(start, goal)
    send = guard.gate(lambda pose: sent.append((clock.time, pose)))
    began = clock.time
    for wait, fraction in steps:
        clock.time += wait
        try:
            send(limits.interpolate(start, goal, fraction))
        except errors.Internal:
            continue
        guard.observe_wrist(sent[-1][1])  # the arm follows, so that to stay is to be where it was sent last
    for k, (then, pose) in enumerate(sent):
        assert limits.duration(start, pose) <= then - began + LOOK_S + 1e-6
        for later, other in sent[k + 1 :]:
            assert limits.duration(pose, other) <= later - then + MAX_STEP_S + LOOK_S + 1e-6


@pytest.mark.parametrize("offset", [(0.0, 0.002, 0.0), (0.0, 0.0, -0.002), (0.02, 0.0, 0.0)])
def test_a_pose_off_the_announced_way_does_not_pass(offset):
    start, sent = transform((0.3, 0.1, 0.4)), []
    goal = start * transform((0.01, 0, 0))
    guard = Guard(RefineSettings(), Limits(RefineSettings(), CENTRE), Watch())
    guard.begin()
    guard.observe_wrist(start)
    guard.set_origin(start)
    send = guard.gate(sent.append, streamed=False)
    with pytest.raises(errors.Internal, match="no move was begun"):
        send(goal)
    guard.begin_move(start, goal)
    with pytest.raises(errors.Internal, match="off the path"):
        send(start * transform(offset))
    send(goal)
    guard.end_move()
    with pytest.raises(errors.Internal, match="no move was begun"):
        send(start * transform((0.005, 0, 0)))
    assert len(sent) == 1


def test_a_move_longer_than_one_step_is_not_begun():
    start = transform((0.3, 0.1, 0.4))
    guard = Guard(RefineSettings(), Limits(RefineSettings(), CENTRE), Watch())
    guard.begin()
    guard.observe_wrist(start)
    guard.set_origin(start)
    with pytest.raises(errors.LimitExceeded, match="max_step_translation"):
        guard.begin_move(start, start * transform((0.025, 0, 0)))
