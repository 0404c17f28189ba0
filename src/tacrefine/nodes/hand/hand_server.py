"""What every node has in common that refines grasps of a hand: touch and joints in, finger commands out.

A subclass says which loop runs (`make_loop`) and what to do with feedback and outcome; every command passes
`tacrefine.supervision.guard.Guard`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from sensor_msgs.msg import JointState

from tacrefine.errors import TacrefineError
from tacrefine.hands import load_hand
from tacrefine.msg import GraspTarget, TactileArray
from tacrefine.nodes.core.arm_node import ArmNode, Machine, OutcomeT, OutcomeT_co
from tacrefine.nodes.core.convert import to_seconds
from tacrefine.nodes.core.hand_links import hand_link
from tacrefine.nodes.core.qos import LATCHED, SENSOR
from tacrefine.nodes.core.robot_inputs import PATIENCE_S, RobotInputs
from tacrefine.nodes.hand.simulated_object import SimulatedObject
from tacrefine.nodes.hand.touch_monitor import TouchMonitor
from tacrefine.objects import load_objects
from tacrefine.refine.targets import TargetStore
from tacrefine.supervision.errors import FrozenTactile, GoalError, InvalidTactile
from tacrefine.supervision.guard import Guard
from tacrefine.supervision.hand import Hand
from tacrefine.supervision.limits import Limits
from tacrefine.supervision.samples import JointSample
from tacrefine.touch import Liveness, RestDetector, TouchStream
from tacrefine.touch.load import strongest_pad


class HandMachine(Machine[OutcomeT_co], Protocol[OutcomeT_co]):
    """Runs goals with a hand; `tacrefine.supervision.hand_loop.HandLoop` is one, whatever its goals are."""

    def observe_joints(self, sample: JointSample) -> None:
        """Take measured joint positions."""

    def refuse_joints(self, reason: str) -> None:
        """A message of the joints could not be used."""

    def topic_fault(self) -> GoalError | None:
        """Which of the robot's topics no longer delivers, None if both do."""


class HandServer(ArmNode[OutcomeT]):
    """Runs goals with a hand. Its parameters are `ServerParameters` or more."""

    machine: HandMachine[OutcomeT]

    # ---- for nodes to override
    def make_loop(self) -> HandMachine[OutcomeT]:
        """The loop, with `self.arm`, `self.fingers`, `self.guard`, `self.clock` and `self.watch` in place."""
        raise NotImplementedError

    def felt(self, message: TactileArray) -> None:
        """A tactile message has come while a goal runs and the stream is usable."""

    # ---- lifecycle
    def setup(self) -> None:
        """Build the machine and the interfaces around it."""
        p = self.parameters
        self.hand = load_hand(p.hand)
        self.objects = load_objects(p.objects)
        self.store = TargetStore(p.targets_folder)
        self.inputs = RobotInputs(self, self.hand, p, self.listen_to_sensor)
        super().setup()
        self.watch.instead = lambda: self.inputs.problem("touch")
        self.health.expect("tactile", "joint_states", "wrist_pose")
        self._measured: Mapping[str, float] = {}
        self._link_fingers = hand_link(self, p, self.hand.actuated_joints, lambda: self._measured)
        self.targets = self.publish_on(GraspTarget, "grasp_target", LATCHED)
        self.inputs.listen("joints", self._on_joints, SENSOR)
        self.inputs.listen("touch", self._on_tactile, SENSOR)
        self.simulated_object = SimulatedObject(self)

    def listen_to_pose(self) -> None:
        """The wrist's pose, wherever the adapter has it."""
        self.inputs.listen("wrist", self.on_wrist, SENSOR)

    def make_guard(self) -> Guard:
        """Limits count at the hand's grasp centre."""
        p = self.parameters
        return Guard(p, Limits(p, self.hand.wrist_from_centre), self.clock)

    def make_machine(self) -> HandMachine[OutcomeT]:
        """This hand's fingers and its touch, and the loop around them."""
        p = self.parameters
        self._liveness = Liveness(self.hand, p.frozen_timeout)
        self.stream = TouchStream(self.hand, p, RestDetector(p.settled_window, p.settled_speed))
        self.watch = TouchMonitor(
            self.stream,
            self.clock,
            p.tactile_timeout,
            self._liveness,
            p.allow_missing_finger,
        )
        open_, closed = (
            dict(zip(self.hand.actuated_joints, map(float, positions), strict=True))
            for positions in (self.hand.open_positions, self.hand.closed_positions)
        )
        send = self.guard.gate_fingers(lambda positions, seconds: self._send_fingers(positions, seconds))
        self.fingers = Hand(send, self.hand.joint_names, open_, closed, p)
        return self.make_loop()

    def parameters_changed(self) -> None:
        """Touch ages by the new timeouts."""
        super().parameters_changed()
        p = self.parameters
        self.watch.timeout, self._liveness.timeout = p.tactile_timeout, p.frozen_timeout

    def _send_fingers(self, positions: Mapping[str, float], seconds: float) -> None:
        """Send positions (rad by joint) to reach within seconds."""
        self._link_fingers(positions, seconds)

    def fingers_without_subscriber(self) -> str:
        """A sentence if nobody listens to what moves the fingers; empty otherwise, in a dry run and with an action."""
        p = self.parameters
        if p.hand_interface == "action" or p.dry_run:
            return ""
        end = "commands" if p.hand_interface == "forward" else "joint_trajectory"
        topic = f"{p.hand_controller}/{end}"
        return "" if self.count_subscribers(self.resolve_topic_name(topic)) else f"{topic}: nobody listens"

    def missing_topic(self) -> GoalError | None:
        """Which of wrist_pose and joint_states does not come, None if both do."""
        return self.machine.topic_fault()

    def before_report(self) -> None:
        """What is wrong with the touch, whether or not a goal runs."""
        super().before_report()
        if not self.is_active:
            return
        self._report_inputs()
        fault = self.watch.explain()
        self.health.values["touch"] = str(fault) if fault is not None else "good"
        if isinstance(fault, InvalidTactile | FrozenTactile):
            self.report_error(fault, "touch")

    def _report_inputs(self) -> None:
        """What does not come, and what comes instead; a goal that fails for want of it says the same."""
        for kind in ("touch", "joints", "wrist"):
            problem = self.inputs.problem(kind)
            self.health.values[f"{kind} input"] = problem or "good"
            if problem and kind == "joints":
                self.machine.refuse_joints(problem)
            elif problem and kind == "wrist":
                self.machine.refuse_wrist(problem)
            if problem and self.active_seconds > PATIENCE_S:
                self.report_error(problem, f"{kind} input")

    def _on_tactile(self, message: TactileArray) -> None:
        self.health.tick("tactile")
        self.watch.take(message)
        if not self.is_running:
            return
        try:
            pad, newtons = strongest_pad(self.hand, self.watch.usable(), self.parameters.negative_limit)
        except TacrefineError:
            return  # the watch explains what is wrong with it
        self.guard.observe_force(pad, newtons, self.clock.steady())
        self.felt(message)

    def _on_joints(self, message: JointState) -> None:
        stamp = to_seconds(message.header.stamp)
        try:
            sample = self.stream.observe_joints(stamp, message.name, message.position)
            if sample is None:
                return  # of the arm alone
            self._measured = sample[1]
            self.machine.observe_joints(JointSample(*sample))
        except TacrefineError as error:
            self.machine.refuse_joints(str(error))
            self.report_error(error, "joint_states")
            return
        self.health.tick("joint_states")
