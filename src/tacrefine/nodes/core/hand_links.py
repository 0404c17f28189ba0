"""The wires to controllers of a hand and of a gripper, and the one that a parameter chooses.

A trajectory or a grip that a controller gives up is no fault: fingers that meet an object never reach their goal. What
became of it is told by joint states.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from builtin_interfaces.msg import Time
from rclpy.clock import Clock
from std_msgs.msg import Float64MultiArray
from trajectory_msgs.msg import JointTrajectory, JointTrajectoryPoint

from tacrefine.errors import ConfigError
from tacrefine.nodes.core.controllers import TOLERANCES, trajectory_failure
from tacrefine.nodes.core.convert import to_duration
from tacrefine.supervision.finger_path import FingerPath

Positions = Mapping[str, float]
SendFingers = Callable[[Positions, float], None]
PERIOD_S = 0.01
"""of positions to a forward controller"""


class Host(Protocol):
    """A node that moves fingers."""

    steady: Clock

    def command_on(self, kind: type, topic: str) -> Any:
        """A publisher of commands to arm or hand."""

    def action_client_of(self, kind: type, name: str) -> Any:
        """A client of an action."""

    def create_timer(self, period: float, callback: Callable[[], None], clock: Clock) -> Any:
        """Return a timer that calls `callback` every `period` s of `clock`."""

    def destroy_timer(self, timer: Any) -> bool:
        """Let go of a timer."""

    def add_cleanup(self, clean_up: Callable[[], object]) -> None:
        """Call `clean_up` when what was made has to go."""

    def report_error(self, error: Exception | str, kind: str) -> None:
        """Report an error in one sentence."""

    def stamp(self) -> Time:
        """Return the ROS time as a stamp."""


class HandSettings(Protocol):
    """Parameters that choose the wire."""

    hand_interface: str
    hand_controller: str
    hand_joints: str
    dry_run: bool


def hand_link(
    host: Host, settings: HandSettings, joints: tuple[str, ...], measured: Callable[[], Positions]
) -> SendFingers:
    """What sends positions (rad by joint) to reach within seconds; `measured` are those that were measured last.

    Raises ConfigError where the settings ask for something that is not here. A dry run calls no action.
    """
    controller = settings.hand_controller
    if settings.hand_interface == "forward":
        return ForwardLink(host, controller, _order(settings.hand_joints, joints), measured).send
    if settings.hand_interface == "action" and not settings.dry_run:
        return TrajectoryActionLink(host, controller).send
    return TrajectoryTopicLink(host, controller).send


def _order(text: str, joints: tuple[str, ...]) -> tuple[str, ...]:
    order = tuple(name.strip() for name in text.split(",") if name.strip()) or joints
    if sorted(order) != sorted(joints):
        raise ConfigError(
            f"hand_joints is '{text}'; with hand_interface forward it must name each actuated joint once: "
            f"{', '.join(joints)}"
        )
    return order


def trajectory_to(positions: Positions, seconds: float, stamp: Time) -> JointTrajectory:
    """A trajectory of one point."""
    point = JointTrajectoryPoint(positions=list(positions.values()), time_from_start=to_duration(seconds))
    message = JointTrajectory(joint_names=list(positions), points=[point])
    message.header.stamp = stamp
    return message


class TrajectoryTopicLink:
    """Joint trajectories on a topic."""

    def __init__(self, host: Host, controller: str) -> None:
        self._host = host
        self._publisher = host.command_on(JointTrajectory, f"{controller}/joint_trajectory")

    def send(self, positions: Positions, seconds: float) -> None:
        """Publish a trajectory of one point: joint positions (rad or m) that are reached after so many s."""
        self._publisher.publish(trajectory_to(positions, seconds, self._host.stamp()))


class ForwardLink:
    """Positions in a fixed order to a forward controller, which jumps to each: they are interpolated here."""

    def __init__(
        self, host: Host, controller: str, order: tuple[str, ...], measured: Callable[[], Positions]
    ) -> None:
        self._order, self._measured = order, measured
        self._publisher = host.command_on(Float64MultiArray, f"{controller}/commands")
        self._path: FingerPath | None = None
        self._timer = host.create_timer(PERIOD_S, self.tick, clock=host.steady)
        self._timer.cancel()
        host.add_cleanup(lambda: host.destroy_timer(self._timer))

    def send(self, positions: Positions, seconds: float) -> None:
        """Begin a path from where the fingers are."""
        self._path = FingerPath(self._measured(), positions, seconds, time.monotonic())
        self._timer.reset()

    def tick(self) -> None:
        """Publish where the path is; the last time at its end."""
        now, path = time.monotonic(), self._path
        if path is None:
            return
        at = path.at(now)
        self._publisher.publish(Float64MultiArray(data=[float(at[name]) for name in self._order]))
        if path.is_done(now):
            self._path = None
            self._timer.cancel()


class _ActionLink:
    """Goals of an action, of which the newest takes the place of the one before."""

    def __init__(self, host: Host, kind: type, name: str, parameter: str) -> None:
        self._host, self._name, self._parameter = host, name, parameter
        self._client = host.action_client_of(kind, name)
        self._number = 0

    def _send(self, goal: Any) -> None:
        if not self._client.server_is_ready():
            self._host.report_error(
                f"{self._name}: no such action; is the controller active, and is {self._parameter} its name?",
                self._parameter,
            )
        self._number += 1
        number = self._number
        self._client.send_goal_async(goal).add_done_callback(
            lambda done: self._accepted(number, done.result())
        )

    def _accepted(self, number: int, handle: Any) -> None:
        if handle is None or not handle.accepted:
            self._host.report_error(f"{self._name}: the controller rejected the goal", self._parameter)
            return
        handle.get_result_async().add_done_callback(lambda done: self._ended(number, done.result()))

    def _ended(self, number: int, answer: Any) -> None:
        """Tell of a goal that was broken off; one in whose place a newer one came is not told of."""
        said = self._failure(answer) if number == self._number else ""
        if said:
            self._host.report_error(said, self._parameter)

    def _failure(self, answer: Any) -> str:
        """Why a goal did not reach its end; empty if it did, or where its result does not tell."""
        return ""


class TrajectoryActionLink(_ActionLink):
    """Joint trajectories as goals of `follow_joint_trajectory`."""

    def __init__(self, host: Host, controller: str) -> None:
        try:
            from control_msgs.action import FollowJointTrajectory
        except ModuleNotFoundError as error:
            raise _missing("hand_interface action", "hand_interface topic") from error
        self._goal = FollowJointTrajectory.Goal
        super().__init__(
            host, FollowJointTrajectory, f"{controller}/follow_joint_trajectory", "hand_controller"
        )

    def send(self, positions: Positions, seconds: float) -> None:
        """Send one as a goal that starts at once."""
        self._send(self._goal(trajectory=trajectory_to(positions, seconds, Time())))

    def _failure(self, answer: Any) -> str:
        # An object between the fingers keeps them from their goal: that is a grasp, no fault.
        return "" if answer.result.error_code in TOLERANCES else trajectory_failure(self._name, answer)


class GripperActionLink(_ActionLink):
    """Openings and forces as goals of `gripper_cmd` (ParallelGripperCommand)."""

    def __init__(self, host: Host, controller: str, joint: str) -> None:
        try:
            from control_msgs.action import ParallelGripperCommand
        except (ModuleNotFoundError, ImportError) as error:
            raise _missing("gripper_interface action", "gripper_interface topic") from error
        self._goal, self._joint = ParallelGripperCommand.Goal, joint
        super().__init__(host, ParallelGripperCommand, f"{controller}/gripper_cmd", "gripper_controller")

    def send(self, width: float, force: float) -> None:
        """Send an opening, m, and the force to reach it with, N."""
        goal = self._goal()
        goal.command.name, goal.command.position, goal.command.effort = [self._joint], [width], [force]
        self._send(goal)


def _missing(choice: str, other: str) -> ConfigError:
    return ConfigError(
        f"{choice} needs the ROS package control_msgs, which is not here; install it "
        f"(apt install ros-$ROS_DISTRO-control-msgs) or choose {other}"
    )
