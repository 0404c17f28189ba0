"""What every node has in common that moves an arm: its pose in, commands out, the guard and the loop between them.

A subclass says what its guard and its machine are and what to do with outcomes. Every command passes
`tacrefine.supervision.guard.Guard`, every decision is the machine's.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, Generic, Protocol, TypeVar

from geometry_msgs.msg import PoseStamped
from rclpy.duration import Duration as RosDuration
from rclpy.qos import QoSProfile

from tacrefine.nodes.core.arm_links import make_adapter
from tacrefine.nodes.core.base import TacrefineNode
from tacrefine.nodes.core.clock import RosClock
from tacrefine.nodes.core.convert import wrist_sample
from tacrefine.nodes.core.emergency_stop import EmergencyInput
from tacrefine.nodes.core.qos import RELIABLE, SENSOR
from tacrefine.nodes.core.sensor_sampling import SensorSampling
from tacrefine.supervision import errors
from tacrefine.supervision.arm import Arm
from tacrefine.supervision.errors import GoalError
from tacrefine.supervision.goals import GoalOutcome
from tacrefine.supervision.guard import Guard
from tacrefine.supervision.samples import WristSample

LAST_WORDS = RosDuration(seconds=0.3)
"""that controllers are given to acknowledge the commands that leave the robot safe"""


OutcomeT = TypeVar("OutcomeT", bound=GoalOutcome)
OutcomeT_co = TypeVar("OutcomeT_co", bound=GoalOutcome, covariant=True)


class Machine(Protocol[OutcomeT_co]):
    """Runs goals; `tacrefine.supervision.goal_machine.GoalMachine` is one."""

    def stop(self, reason: GoalError) -> None:
        """Cancel or preempt at the next tick."""

    def abort(self, reason: GoalError) -> OutcomeT_co | None:
        """End now; the outcome, None if no goal runs."""

    def tick(self) -> OutcomeT_co | None:
        """Go on; the outcome once the goal has ended."""

    def observe_wrist(self, sample: WristSample) -> None:
        """Take a measured wrist pose."""

    def refuse_wrist(self, reason: str) -> None:
        """A message of the wrist could not be used."""


class ArmNode(TacrefineNode, Generic[OutcomeT]):
    """Runs goals that move an arm. Its parameters are `ArmSettings` and the settings of its guard."""

    prefix: ClassVar[str] = ""
    """before the names of the pose's topic and of `estop_reset`"""
    pose_topic: ClassVar[str] = "wrist_pose"
    """tells where the arm's tip is"""
    machine: Machine[OutcomeT]

    # ---- for nodes to override
    @property
    def is_running(self) -> bool:
        """Whether a goal runs."""
        raise NotImplementedError

    def make_guard(self) -> Guard:
        """The door that every command passes."""
        raise NotImplementedError

    def make_machine(self) -> Machine[OutcomeT]:
        """The loop, with `self.arm`, `self.guard` and `self.clock` in place."""
        raise NotImplementedError

    def listen_to_pose(self) -> None:
        """Subscribe to what tells where the arm's tip is; `on_wrist` takes the messages."""
        self.listen_to_sensor(PoseStamped, f"{self.prefix}{self.pose_topic}", self.on_wrist, SENSOR)

    def ended(self, outcome: OutcomeT) -> None:
        """Hear how a goal has ended."""
        raise NotImplementedError

    def is_cancelled(self) -> bool:
        """Whether the running goal is no longer wanted."""
        return False

    def busy(self) -> str:
        """A goal that runs keeps its parameters."""
        return "a goal is running; set it between goals" if self.is_running else ""

    # ---- lifecycle
    def setup(self) -> None:
        """Build guard, arm and machine and the interfaces around them."""
        p = self.parameters
        self.clock = RosClock(self)
        self.base_frame = ""
        self._commands: list[Any] = []
        self.sensors = SensorSampling(self, self.steady)
        self.add_cleanup(self.sensors.close)
        self.guard = self.make_guard()
        self.arm = Arm(make_adapter(self, p, p, self.guard), self.guard, p)
        self.machine = self.make_machine()
        self.listen_to_pose()
        reset = f"{self.prefix}estop_reset"
        EmergencyInput(self, self.guard.estop, self.clock, reset, on_press=self.tick)
        timer = self.create_timer(1.0 / p.arm_rate, self.tick, clock=self.steady)
        self.sensors.add_ticker(timer)
        self.add_cleanup(lambda: self.destroy_timer(timer))

    def stop(self) -> None:
        """End a running goal at once, in the safe state that can be had without another tick."""
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

    def listen_to_sensor(
        self,
        kind: type,
        topic: str,
        callback: Callable[[Any], None],
        qos: QoSProfile,
        sampled: bool = True,
    ) -> None:
        """A subscription to what tells of arm, hand or object: sampled while the node rests, unless told otherwise."""
        self.listen_to(kind, topic, callback, qos, self.sensors.group if sampled else None)

    def without_subscriber(self, publisher: Any, topic: str) -> str:
        """A sentence if nobody listens to commands on this topic, empty otherwise and in a dry run."""
        if self.parameters.dry_run or publisher.get_subscription_count() > 0:
            return ""
        return f"{topic}: nobody listens; is the controller active, and is arm_controller its name?"

    def frame_problem(self) -> str:
        """A sentence if the pose comes in another frame than the controller's base link, else empty."""
        frame, wanted, topic = self.base_frame, self.parameters.arm_frame, self.pose_topic
        if not frame:
            return f"{topic}: frame_id is empty; it must name the base link of the arm's controller"
        if wanted and frame != wanted:
            return f"{topic}: frame_id is '{frame}'; allowed is '{wanted}' (arm_frame), the controller's base link"
        return ""

    def tick(self) -> None:
        """Let the goal go on, if there is one."""
        if not self.is_running:
            return
        if self.is_cancelled():
            self.machine.stop(errors.Canceled("canceled by the client"))
        outcome = self.machine.tick()
        if outcome is not None:
            if outcome.code in errors.LIMITS:
                self.health.limit(outcome.message)
            self.ended(outcome)

    def before_report(self) -> None:
        """What keeps the arm from moving, if anything does, and how closely the sensors are followed."""
        self.health.sampled = self.state_label == "active" and self.sensors.is_resting
        if self.state_label in ("active", "inactive"):
            self.health.values["estop"] = self.guard.estop.reason or "released"
            self.health.values["arm"] = self.arm.missing(self.clock.now()) or "ready"

    def on_wrist(self, message: PoseStamped) -> None:
        """Take a message with the arm's pose."""
        frame = message.header.frame_id
        if self.is_running and self.base_frame and frame != self.base_frame:
            self.report_error(
                f"{self.pose_topic}: frame_id changed from '{self.base_frame}' to '{frame}' during a goal",
                self.pose_topic,
            )
            return
        try:
            self.machine.observe_wrist(wrist_sample(message))
        except ValueError as error:
            self.machine.refuse_wrist(f"it {error}")
            self.report_error(f"{self.pose_topic} {error}", self.pose_topic)
            return
        self.base_frame = frame
        self.health.tick(self.pose_topic)
        self.tick()
