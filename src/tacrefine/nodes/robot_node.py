"""What every node has in common that moves arm and hand: sensors in, commands out, the guard and the loop between them.

A subclass says what a goal's estimator is and what to do with feedback and outcome; all decisions are taken by
`tacrefine.refine.machine.RefineMachine`, and every command passes `tacrefine.refine.guard.Guard`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from geometry_msgs.msg import PoseStamped
from rclpy.duration import Duration as RosDuration
from sensor_msgs.msg import JointState
from trajectory_msgs.msg import JointTrajectory, JointTrajectoryPoint

from tacrefine.errors import TacrefineError
from tacrefine.hands import load_hand
from tacrefine.msg import GraspTarget, TactileArray
from tacrefine.nodes.arm_links import make_adapter
from tacrefine.nodes.base import RosClock, TacrefineNode
from tacrefine.nodes.convert import from_pads, joint_sample, to_duration, wrist_sample
from tacrefine.nodes.emergency import EmergencyInput
from tacrefine.nodes.qos import LATCHED, RELIABLE, SENSOR
from tacrefine.nodes.tactile_watch import TactileWatch
from tacrefine.objects import load_objects
from tacrefine.refine import errors
from tacrefine.refine.arm import Arm
from tacrefine.refine.guard import Guard
from tacrefine.refine.hand import Hand
from tacrefine.refine.limits import Limits
from tacrefine.refine.machine import Estimator, RefineMachine
from tacrefine.refine.samples import Feedback, Goal, Outcome
from tacrefine.refine.targets import TargetStore
from tacrefine.touch.load import strongest_pad

LAST_WORDS = RosDuration(seconds=0.3)
"""that controllers are given to acknowledge the commands that leave the robot safe"""


class RobotNode(TacrefineNode):
    """See the module. Its parameters are `ServerParameters` or more."""

    # ---- for nodes to override
    @property
    def is_running(self) -> bool:
        """Whether a goal runs."""
        raise NotImplementedError

    def make_estimator(self, goal: Goal) -> Estimator:
        """What decides where a goal goes next."""
        raise NotImplementedError

    def feedback(self, feedback: Feedback) -> None:
        """Hear how a goal goes."""

    def ended(self, outcome: Outcome) -> None:
        """Hear how a goal has ended."""
        raise NotImplementedError

    def is_cancelled(self) -> bool:
        """Whether the running goal is no longer wanted."""
        return False

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
            self.make_estimator,
            self.feedback,
            self.watch.explain,
        )
        self._trajectories = self.command_on(JointTrajectory, "hand/joint_trajectory")
        self.targets = self.publish_on(GraspTarget, "grasp_target", LATCHED)
        self.listen_to(PoseStamped, "wrist_pose", self._on_wrist, SENSOR)
        self.listen_to(JointState, "joint_states", self._on_joints, SENSOR)
        self.listen_to(TactileArray, "tactile", self._on_tactile, SENSOR)
        EmergencyInput(self, self.guard.estop)
        timer = self.create_timer(1.0 / p.arm_rate, self.tick, clock=self.steady)
        self.keep(lambda: self.destroy_timer(timer))

    def stop(self) -> None:
        """End a running goal at once: the arm holds, the hand opens."""
        outcome = self.machine.abort(errors.Preempted("the node left its active state"))
        if outcome is None:
            return
        self.ended(outcome)
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

    def tick(self) -> None:
        """Let the goal go on, if there is one."""
        if not self.is_running:
            return
        if self.is_cancelled():
            self.machine.stop(errors.Canceled("canceled by the client"))
        outcome = self.machine.tick()
        if outcome is not None:
            self.ended(outcome)

    def before_report(self) -> None:
        """What keeps the arm from moving, if anything does."""
        if self.state_label in ("active", "inactive"):
            self.health.values["estop"] = self.guard.estop.reason or "released"
            self.health.values["arm"] = self.arm.missing(self.clock.now()) or "ready"

    def _send_fingers(self, positions: Mapping[str, float], seconds: float) -> None:
        point = JointTrajectoryPoint(positions=list(positions.values()), time_from_start=to_duration(seconds))
        message = JointTrajectory(joint_names=list(positions), points=[point])
        message.header.stamp = self.get_clock().now().to_msg()
        self._trajectories.publish(message)

    def _on_wrist(self, message: PoseStamped) -> None:
        frame = message.header.frame_id
        if self.is_running and frame != self.base_frame:
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
        if not self.is_running:
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
