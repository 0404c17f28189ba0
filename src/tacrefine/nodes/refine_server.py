"""`refine_server`: the action `refine_grasp` and the service `capture_target`.

Everything runs on one single-threaded executor; goals and captures are coroutines that wait for futures. One goal
runs at a time; a new one preempts it, and the newest of several waiting ones wins. All decisions are taken by
`tacrefine.refine.machine.RefineMachine`; this node only carries messages.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping
from typing import Any

import numpy as np
from geometry_msgs.msg import PoseStamped
from rclpy.action import ActionServer, CancelResponse
from rclpy.action.server import ServerGoalHandle
from rclpy.callback_groups import MutuallyExclusiveCallbackGroup
from rclpy.duration import Duration as RosDuration
from rclpy.task import Future
from sensor_msgs.msg import JointState
from trajectory_msgs.msg import JointTrajectory, JointTrajectoryPoint

from tacrefine.action import RefineGrasp
from tacrefine.bringup.parameters import ServerParameters
from tacrefine.errors import TacrefineError
from tacrefine.hands import load_hand
from tacrefine.msg import GraspTarget, PoseCorrection, TactileArray
from tacrefine.nodes.arm_links import make_adapter
from tacrefine.nodes.base import RosClock, TacrefineNode, run
from tacrefine.nodes.capture_service import CaptureService
from tacrefine.nodes.convert import (
    correction_sample,
    from_pads,
    joint_sample,
    to_duration,
    to_grasp_target,
    to_pose,
    wrist_sample,
)
from tacrefine.nodes.emergency import EmergencyInput
from tacrefine.nodes.qos import LATCHED, RELIABLE, SENSOR
from tacrefine.nodes.tactile_watch import TactileWatch
from tacrefine.objects import load_objects
from tacrefine.refine import errors
from tacrefine.refine.arm import Arm
from tacrefine.refine.estimator import EstimatorSettings, TargetEstimator
from tacrefine.refine.guard import Guard
from tacrefine.refine.hand import Hand
from tacrefine.refine.limits import Limits
from tacrefine.refine.machine import RefineMachine
from tacrefine.refine.samples import Feedback, Goal, Outcome
from tacrefine.refine.targets import StoredTarget, TargetStore
from tacrefine.srv import CaptureTarget
from tacrefine.touch.load import strongest_pad

LAST_WORDS = RosDuration(seconds=0.3)
"""that controllers are given to acknowledge the commands that leave the robot safe"""


class RefineServer(TacrefineNode):
    """See the module."""

    group = ServerParameters

    # ---- lifecycle
    def setup(self) -> None:
        """Build the machine and the interfaces around it."""
        p = self.parameters
        self.hand = load_hand(p.hand)
        self.objects = load_objects(p.objects)
        self.store = TargetStore(p.targets_folder)
        self.clock = RosClock(self)
        self.watch = TactileWatch(self.hand, self.clock, p.tactile_timeout)
        self.base_frame = ""
        self._joints_shared = p.arm_joint_states == "joint_states"
        self._commands: list[Any] = []
        self.guard = Guard(p, Limits(p, self.hand.wrist_from_centre), self.clock.steady())
        self.arm = Arm(make_adapter(self, self.guard), self.guard, p)
        open_, closed = (
            dict(zip(self.hand.actuated_joints, map(float, positions), strict=True))
            for positions in (self.hand.open_positions, self.hand.closed_positions)
        )
        send = self.guard.gate_fingers(self._send_fingers)
        self.fingers = Hand(send, self.hand.joint_names, open_, closed, p)
        self.machine = RefineMachine(
            p,
            self.clock,
            self.arm,
            self.fingers,
            self.guard,
            self.hand,
            self._estimator,
            self._feedback,
            self.watch.explain,
        )
        self._running: ServerGoalHandle | None = None
        self._ended: Future | None = None
        self._newest_goal: ServerGoalHandle | None = None
        self._trajectories = self.command_on(JointTrajectory, "hand/joint_trajectory")
        self._targets = self.publish_on(GraspTarget, "grasp_target", LATCHED)
        self.listen_to(PoseStamped, "wrist_pose", self._on_wrist, SENSOR)
        self.listen_to(JointState, "joint_states", self._on_joints, SENSOR)
        self.listen_to(PoseCorrection, "correction", self._on_correction, RELIABLE)
        self.listen_to(TactileArray, "tactile", self._on_tactile, SENSOR)
        EmergencyInput(self, self.guard.estop)
        own_group = MutuallyExclusiveCallbackGroup()  # a waiting capture must not hold up the rest
        self.serve(CaptureTarget, "capture_target", CaptureService(self).serve, callback_group=own_group)
        actions = ActionServer(
            self,
            RefineGrasp,
            "refine_grasp",
            self._execute,
            cancel_callback=lambda _goal: CancelResponse.ACCEPT,
        )
        self.keep(actions.destroy)
        timer = self.create_timer(1.0 / p.arm_rate, self.tick, clock=self.steady)
        self.keep(lambda: self.destroy_timer(timer))

    def stop(self) -> None:
        """End a running goal at once: the arm holds, the hand opens."""
        outcome = self.machine.abort(errors.Preempted("the node left its active state"))
        if outcome is None:
            return
        self._end(outcome)
        for publisher in self._commands:
            publisher.wait_for_all_acked(LAST_WORDS)  # a message on its way dies with its process

    def command_on(self, kind: type, topic: str) -> Any:
        """A publisher of commands to arm or hand; in a dry run its topic lies under dry_run/."""
        name = f"dry_run/{topic.lstrip('/')}" if self.parameters.dry_run else topic
        publisher = self.publish_on(kind, name, RELIABLE)
        self._commands.append(publisher)
        return publisher

    def unheard(self, publisher: Any, topic: str) -> str:
        """A sentence if nobody listens to commands on this topic, empty otherwise and in a dry run."""
        if self.parameters.dry_run or publisher.get_subscription_count() > 0:
            return ""
        return f"{topic}: nobody listens; is the controller active, and is arm_controller its name?"

    def frame_fault(self) -> str:
        """A sentence if wrist_pose comes in another frame than the controller's base link, else empty."""
        frame, wanted = self.base_frame, self.parameters.arm_frame
        if not frame:
            return "wrist_pose: frame_id is empty; it must name the base link of the arm's controller"
        if wanted and frame != wanted:
            return f"wrist_pose: frame_id is '{frame}'; allowed is '{wanted}' (arm_frame), the controller's base link"
        return ""

    # ---- goals
    async def _execute(self, handle: ServerGoalHandle) -> RefineGrasp.Result:
        self._newest_goal = handle
        self.machine.stop(errors.Preempted("another goal took over"))
        while self._ended is not None:
            await self._ended
        try:
            if self._newest_goal is not handle:
                raise errors.Preempted("another goal took over before this one began")
            if handle.is_cancel_requested:
                raise errors.Canceled("canceled before it began")
            if not self.is_active:
                raise errors.Preempted("the node is not active")
            goal, target = self._understand(handle.request)
        except errors.RefineError as error:
            outcome = Outcome(error.code, str(error), 0, self.arm.pose, math.nan, math.nan, errors.UNTOUCHED)
            return self._finish(handle, outcome, None)
        self._running, self._ended = handle, Future(executor=self.executor)
        self._targets.publish(to_grasp_target(target))
        self.machine.start(goal)
        return self._finish(handle, await self._ended, target)

    def _end(self, outcome: Outcome) -> None:
        """Wake the goal's coroutine; from here on the next goal may start."""
        ended, self._running, self._ended = self._ended, None, None
        if ended is not None:
            ended.set_result(outcome)

    def _understand(self, request: RefineGrasp.Goal) -> tuple[Goal, StoredTarget]:
        """The goal with defaults filled in, and its target; raises RefineError in one sentence."""
        p = self.parameters
        tolerances = {
            "position_tolerance": (request.position_tolerance or p.position_tolerance, 0.1, "m"),
            "rotation_tolerance": (request.rotation_tolerance or p.rotation_tolerance, math.pi, "rad"),
        }
        for name, (value, limit, unit) in tolerances.items():
            if not 0.0 < value <= limit:
                raise errors.InvalidGoal(
                    f"{name} is {value} {unit}; allowed is 0 (default) to {limit:g} {unit}"
                )
        if request.max_steps > 50:
            raise errors.InvalidGoal(f"max_steps is {request.max_steps}; allowed is 0 (default) to 50")
        try:
            target = self.store.load(request.target)
        except errors.RefineError:
            raise
        except TacrefineError as error:
            raise errors.UnknownTarget(str(error)) from error
        if target.signature != self.hand.signature:
            raise errors.ModelMismatch(
                f"target '{target.name}' was captured with hand '{target.hand}', not '{self.hand.name}'"
            )
        goal = Goal(
            target_id=target.id,
            observable=np.array(target.observable_axes, bool),
            max_steps=request.max_steps or p.max_steps,
            position_tolerance=tolerances["position_tolerance"][0],
            rotation_tolerance=tolerances["rotation_tolerance"][0],
        )
        return goal, target

    def _estimator(self, goal: Goal) -> TargetEstimator:
        settings = EstimatorSettings(
            position_tolerance=goal.position_tolerance, rotation_tolerance=goal.rotation_tolerance
        )
        return TargetEstimator(settings)

    def _finish(
        self, handle: ServerGoalHandle, outcome: Outcome, target: StoredTarget | None
    ) -> RefineGrasp.Result:
        """Set the goal's state and fill its result."""
        if outcome.code == errors.SUCCESS:
            handle.succeed()
        elif handle.is_cancel_requested:
            handle.canceled()
        else:
            handle.abort()
        text = f"refine_grasp '{handle.request.target}': {outcome.message} (code {outcome.code}, {outcome.safe_state})"
        if outcome.code in (errors.SUCCESS, errors.Canceled.code, errors.Preempted.code):
            self.get_logger().info(text)
        else:  # rclpy wants one severity per line of code
            self.get_logger().warning(text)
        result = RefineGrasp.Result(error_code=outcome.code, message=outcome.message, steps=outcome.steps)
        result.final_wrist_pose.header.stamp = self.get_clock().now().to_msg()
        result.final_wrist_pose.header.frame_id = self.base_frame
        if outcome.wrist is not None:
            result.final_wrist_pose.pose = to_pose(outcome.wrist)
        result.remaining_position_error = outcome.remaining_m
        result.remaining_rotation_error = outcome.remaining_rad
        result.safe_state = outcome.safe_state
        if target is not None:
            result.observable_axes = list(target.observable_axes)
        return result

    def tick(self) -> None:
        """Let the goal go on, if there is one."""
        if self._running is None:
            return
        if self._running.is_cancel_requested:
            self.machine.stop(errors.Canceled("canceled by the client"))
        outcome = self.machine.tick()
        if outcome is not None:
            self._end(outcome)

    # ---- machine to wire
    def before_report(self) -> None:
        """What keeps the arm from moving, if anything does."""
        if self.state_label in ("active", "inactive"):
            self.health.values["estop"] = self.guard.estop.reason or "released"
            self.health.values["arm"] = self.arm.missing(self.clock.now()) or "ready"

    def _feedback(self, feedback: Feedback) -> None:
        if self._running is None:
            return
        message = RefineGrasp.Feedback(
            state=int(feedback.state), state_name=feedback.state.name.lower(), step=feedback.step
        )
        message.remaining_position_error = feedback.remaining_m
        message.remaining_rotation_error = feedback.remaining_rad
        message.standard_deviation = np.asarray(feedback.standard_deviation, float)
        self._running.publish_feedback(message)

    def _send_fingers(self, positions: Mapping[str, float], seconds: float) -> None:
        point = JointTrajectoryPoint(positions=list(positions.values()), time_from_start=to_duration(seconds))
        message = JointTrajectory(joint_names=list(positions), points=[point])
        message.header.stamp = self.get_clock().now().to_msg()
        self._trajectories.publish(message)

    # ---- wire to machine
    def _on_wrist(self, message: PoseStamped) -> None:
        frame = message.header.frame_id
        if self._running is not None and frame != self.base_frame:
            self.complain(f"wrist_pose: frame_id changed from '{self.base_frame}' to '{frame}' during a goal")
            return
        try:
            self.machine.observe_wrist(wrist_sample(message))
        except ValueError as error:
            self.complain(f"wrist_pose {error}")
            return
        self.base_frame = frame
        self.health.tick("wrist_pose")
        self.tick()

    def _on_tactile(self, message: TactileArray) -> None:
        self.watch.take(message)
        if self._running is None:
            return
        try:
            pad, newtons = strongest_pad(self.hand, from_pads(message.pads))
        except TacrefineError:
            return  # the watch explains what is wrong with it
        self.guard.observe_force(pad, newtons, self.clock.steady())

    def _on_joints(self, message: JointState) -> None:
        if self._joints_shared and not set(self.hand.joint_names) & set(message.name):
            return  # of the arm alone
        try:
            self.machine.observe_joints(joint_sample(message))
        except TacrefineError as error:
            self.complain(error)
            return
        self.joint_state = message
        self.health.tick("joint_states")

    def _on_correction(self, message: PoseCorrection) -> None:
        try:
            self.machine.observe_correction(correction_sample(message))
        except ValueError as error:
            self.complain(f"correction: its increment {error}")


def main() -> int:
    """Entry point of the executable."""
    return run(RefineServer, "refine_server")


if __name__ == "__main__":
    sys.exit(main())
