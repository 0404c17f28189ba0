"""`policy`: answers every tactile message with a correction towards the present target.

The tactile callback does everything, on a single-threaded executor: no queue, no lock, no second thread between
a reading and its correction. Without a target the node publishes nothing.

With the parameter `model_based` a process of its own fits simulated touch to the mean of the readings of a grasp at
rest. Where the fit explains what was felt, its correction follows on the same topic, with the stamp of the newest
reading in it and their number in `frames`; where it does not, the network's corrections are all there is.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from rclpy.qos import QoSProfile
from sensor_msgs.msg import JointState

from tacrefine.errors import TacrefineError, TouchError
from tacrefine.hands import load_hand
from tacrefine.msg import GraspTarget, PoseCorrection, TactileArray
from tacrefine.nodes.core.base import TacrefineNode
from tacrefine.nodes.core.convert import from_pads, joints_of, to_move, to_seconds
from tacrefine.nodes.core.qos import LATCHED, NEWEST, RELIABLE
from tacrefine.nodes.core.robot_inputs import PATIENCE_S, RobotInputs
from tacrefine.nodes.core.running import run
from tacrefine.nodes.hand.parameters import PolicyParameters
from tacrefine.policy.correction import deviation_without_contact
from tacrefine.touch import (
    DEGRADED_DEVIATION,
    ContactState,
    Liveness,
    TouchFrame,
    TouchStream,
    contact_state,
    frame_from_arrays,
    without_pads,
)
from tacrefine.touch.zero import drift_sentence

if TYPE_CHECKING:
    from tacrefine.nodes.hand.refinement import Refinement

LATENCY_P50, LATENCY_P99 = "stamp to correction p50 [ms]", "stamp to correction p99 [ms]"
LATENCY_COUNT = "stamp to correction samples"
LATENCIES = 20_000


class PolicyNode(TacrefineNode):
    """Answers touch with corrections."""

    group = PolicyParameters
    low_latency = True

    def __init__(self, name: str, **options: Any) -> None:
        self._latencies = np.zeros(LATENCIES)  # a ring: percentiles of a list of that length would cost 1 ms
        self._measured = 0
        super().__init__(name, **options)

    def setup(self) -> None:
        """Load hand and model; a model for another hand is refused here."""
        from tacrefine.policy import load_policy

        p = self.parameters
        self.hand = load_hand(p.hand)
        self._policy = load_policy(p.model, self.hand, p.backend)
        self._policy_warm_up()
        self._target: GraspTarget | None = None
        self._target_frame: TouchFrame | None = None
        self._stream = TouchStream(self.hand, p)
        self._liveness = Liveness(self.hand, p.frozen_timeout)
        self.health.expect("tactile", "joint_states")
        self._corrections = self.publish_on(PoseCorrection, "correction", RELIABLE)
        self._inputs = RobotInputs(self, self.hand, p, self._listen)
        self._inputs.listen("joints", self._on_joints, NEWEST)
        self.listen_to(GraspTarget, "grasp_target", self._on_target, LATCHED)
        self._inputs.listen("touch", self._on_tactile, NEWEST)
        self.health.values["model"] = self._policy.model_id
        self._refinement: Refinement | None = None
        if p.model_based:
            # With the simulators, which take long to load.
            from tacrefine.identification.model_based.worker import Assumptions
            from tacrefine.nodes.hand.refinement import Refinement

            assumptions = Assumptions(p.hand, p.objects, p.model_based, p.model)
            self._refinement = Refinement(self, assumptions, p.model_based_frames)
            self.add_cleanup(self._refinement.close)

    @property
    def model_id(self) -> str:
        """Name and version of the loaded model."""
        return self._policy.model_id

    @property
    def target_id(self) -> str:
        """Id of the present target, empty without one."""
        return self._target.id if self._target is not None else ""

    def publish_correction(self, message: PoseCorrection) -> None:
        """Publish a correction that was made elsewhere; may be called from any thread."""
        self._corrections.publish(message)

    def _listen(
        self, kind: type, topic: str, callback: Callable[[Any], None], qos: QoSProfile, _: bool
    ) -> None:
        self.listen_to(kind, topic, callback, qos)

    def _policy_warm_up(self) -> None:
        """The first run of a network is slow; it must not be the first correction."""
        hand = self.hand
        frame = TouchFrame(
            np.zeros(hand.taxel_count, np.float32), np.zeros(len(hand.joint_names), np.float32)
        )
        for _ in range(3):
            self._policy.predict(frame, frame, np.ones(6, bool))

    def _on_joints(self, message: JointState) -> None:
        self.health.tick("joint_states")
        try:
            self._stream.observe_joints(to_seconds(message.header.stamp), message.name, message.position)
        except TacrefineError as error:
            self.report_error(error, "joint_states")

    def _on_target(self, message: GraspTarget) -> None:
        self._target = self._target_frame = None
        try:
            joints = joints_of(message.joint_state)
            self._target_frame = frame_from_arrays(self.hand, from_pads(message.tactile.pads), joints)
        except TacrefineError as error:
            self.report_error(f"grasp_target '{message.name}': {error}", "grasp_target")
            return
        self._target = message
        self.observable = np.array(message.observable_axes, bool)
        self.health.values["target"] = message.id

    def _on_tactile(self, message: TactileArray) -> None:
        target, target_frame = self._target, self._target_frame
        self.health.tick("tactile")
        if not self.is_active:
            return
        try:
            frame = self._frame(message)  # readings are judged without a target, too
            if target is None or target_frame is None:
                return
            answer = self._correct(message, frame, target, self._shown(target_frame))
            self._corrections.publish(answer)
        except (TacrefineError, ValueError) as error:
            self.report_error(f"tactile: {error}", "tactile")
            return
        self.health.tick("correction")
        self._measure(message)
        if self._refinement is not None and not self._liveness.silent:
            self._refine(message, frame, answer.contact_state, target, target_frame)

    def _frame(self, message: TactileArray) -> TouchFrame:
        """The reading as it may be used: without the pads of one silent finger; more are refused with TouchError."""
        stamp, pads = to_seconds(message.header.stamp), from_pads(message.pads)
        self._liveness.observe(stamp, pads, message.sequence, self._stream.joints_at(stamp))
        fingers = self._liveness.fingers
        self.health.values["silent fingers"] = ", ".join(fingers) or "none"
        if len(fingers) > 1:
            self._stream.frame(stamp, pads)  # which may know better what is wrong
            raise TouchError(f"fingers {', '.join(fingers)} are silent or frozen; at most one may be")
        if fingers:
            self.report_error(
                f"tactile: finger '{fingers[0]}' is silent or frozen; it is left out", "silent finger"
            )
        return self._stream.frame(stamp, self._liveness.usable(pads))

    def _shown(self, target: TouchFrame) -> TouchFrame:
        """The target without the fingers that the reading lacks: what neither feels tells nothing."""
        silent = self._liveness.silent
        return (
            TouchFrame(without_pads(self.hand, target.tactile, silent), target.joints) if silent else target
        )

    def _correct(
        self, message: TactileArray, frame: TouchFrame, target: GraspTarget, target_frame: TouchFrame
    ) -> PoseCorrection:
        answer = PoseCorrection(header=message.header, tactile_sequence=message.sequence)
        contact = contact_state(self.hand, frame)
        answer.contact_state = int(contact)
        answer.frames = 1
        answer.target_id, answer.model_id = target.id, self._policy.model_id
        answer.observable_axes = self.observable.tolist()
        if contact is ContactState.NONE:  # nothing is felt, so nothing is known
            answer.standard_deviation = deviation_without_contact(self.observable)
            return answer
        correction = self._policy.predict(frame, target_frame, self.observable)
        answer.increment = to_move(correction)
        answer.standard_deviation = correction.standard_deviation
        if self._liveness.silent:
            answer.standard_deviation = DEGRADED_DEVIATION * correction.standard_deviation
        return answer

    def _refine(
        self,
        message: TactileArray,
        frame: TouchFrame,
        contact: int,
        target: GraspTarget,
        target_frame: TouchFrame,
    ) -> None:
        """What comes after the answer must not spoil it."""
        assert self._refinement is not None
        try:
            self._refinement.take(message, frame, contact, target, target_frame)
        except TacrefineError as error:
            self.report_error(f"model-based refinement: {error}", "model-based")

    def _measure(self, message: TactileArray) -> None:
        age = self.get_clock().now().nanoseconds * 1e-9 - to_seconds(message.header.stamp)
        self._latencies[self._measured % LATENCIES] = age
        self._measured += 1

    def before_report(self) -> None:
        """What is slightly wrong with the readings, and stamp-to-correction times, with everything on the way."""
        if self.state_label not in ("active", "inactive"):  # nothing is set up yet, or any more
            return
        if self.is_active:
            for kind in ("touch", "joints"):
                problem = self._inputs.problem(kind)
                self.health.values[f"{kind} input"] = problem or "good"
                if problem and self.active_seconds > PATIENCE_S:
                    self.report_error(problem, f"{kind} input")
        pad, drift = self._stream.zero.largest
        self.health.values["clipped readings"] = str(self._stream.clipped)
        self.health.values["zero drift"] = f"{drift:.1%} ({pad})" if pad else "not known"
        if abs(drift) > self.parameters.drift_limit:
            self.report_error(f"tactile: {drift_sentence(pad, drift, self.parameters.drift_limit)}", "drift")
        if self._measured:
            p50, p99 = np.percentile(self._latencies[: self._measured], [50, 99]) * 1e3
            self.health.values |= {
                LATENCY_P50: f"{p50:.3f}",
                LATENCY_P99: f"{p99:.3f}",
                LATENCY_COUNT: str(min(self._measured, LATENCIES)),
            }


def main() -> int:
    """Entry point of the executable."""
    return run(PolicyNode, "tacrefine_policy")


if __name__ == "__main__":
    sys.exit(main())
