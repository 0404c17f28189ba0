"""`policy`: answers every tactile message with a correction towards the present target.

The tactile callback does everything, on a single-threaded executor: no queue, no lock, no second thread between
a reading and its correction. Without a target the node is silent.
"""

from __future__ import annotations

import sys

import numpy as np
from sensor_msgs.msg import JointState

from tacrefine.bringup.parameters import PolicyParameters
from tacrefine.errors import TacrefineError
from tacrefine.hands import load_hand
from tacrefine.msg import GraspTarget, PoseCorrection, TactileArray
from tacrefine.nodes.base import TacrefineNode, run
from tacrefine.nodes.convert import from_pads, joints_of, to_move, to_seconds
from tacrefine.nodes.qos import LATCHED, NEWEST, RELIABLE
from tacrefine.touch import ContactState, TouchFrame, contact_state, frame_from_arrays

LATENCY_P50, LATENCY_P99 = "stamp to correction p50 [ms]", "stamp to correction p99 [ms]"
LATENCY_COUNT = "stamp to correction samples"
LATENCIES = 20_000


class PolicyNode(TacrefineNode):
    """See the module."""

    group = PolicyParameters

    def __init__(self, name: str) -> None:
        self._latencies = np.zeros(LATENCIES)  # a ring: percentiles of a list of that length would cost 1 ms
        self._measured = 0
        super().__init__(name)

    def setup(self) -> None:
        """Load hand and model; a model for another hand is refused here."""
        from tacrefine.policy import load_policy

        p = self.parameters
        self._hand = load_hand(p.hand)
        self._policy = load_policy(p.model, self._hand, p.backend)
        self._policy_warm_up()
        self._target: GraspTarget | None = None
        self._target_frame: TouchFrame | None = None
        self._joint_state: JointState | None = None
        self._corrections = self.publish_on(PoseCorrection, "correction", RELIABLE)
        self.listen_to(JointState, "joint_states", self._on_joints, NEWEST)
        self.listen_to(GraspTarget, "grasp_target", self._on_target, LATCHED)
        self.listen_to(TactileArray, "tactile", self._on_tactile, NEWEST)
        self.health.values["model"] = self._policy.model_id

    def _policy_warm_up(self) -> None:
        """The first run of a network is slow; it must not be the first correction."""
        hand = self._hand
        frame = TouchFrame(
            np.zeros(hand.taxel_count, np.float32), np.zeros(len(hand.joint_names), np.float32)
        )
        for _ in range(3):
            self._policy.predict(frame, frame, np.ones(6, bool))

    def _on_joints(self, message: JointState) -> None:
        self._joint_state = message

    def _on_target(self, message: GraspTarget) -> None:
        self._target = self._target_frame = None
        try:
            joints = joints_of(message.joint_state)
            self._target_frame = frame_from_arrays(self._hand, from_pads(message.tactile.pads), joints)
        except TacrefineError as error:
            self.complain(f"grasp_target '{message.name}': {error}")
            return
        self._target = message
        self._observable = np.array(message.observable_axes, bool)
        self.health.values["target"] = message.id

    def _on_tactile(self, message: TactileArray) -> None:
        target, target_frame = self._target, self._target_frame
        if not self.is_active or target is None or target_frame is None:
            return
        self.health.tick("tactile")
        try:
            frame = frame_from_arrays(self._hand, from_pads(message.pads), self._joints_for(message))
            self._corrections.publish(self._correct(message, frame, target, target_frame))
        except (TacrefineError, ValueError) as error:
            self.complain(f"tactile: {error}")
            return
        self.health.tick("correction")
        self._measure(message)

    def _joints_for(self, message: TactileArray) -> dict[str, float]:
        """Joint positions that belong to a tactile message; TacrefineError if there are none of its time."""
        if self._joint_state is None:
            raise TacrefineError("no joint_states message has arrived yet")
        age = abs(to_seconds(message.header.stamp) - to_seconds(self._joint_state.header.stamp))
        if age > self.parameters.joint_state_age:
            raise TacrefineError(
                f"the newest joint_states message is {age:.3f} s away from it, "
                f"allowed are {self.parameters.joint_state_age:g} s (joint_state_age)"
            )
        return joints_of(self._joint_state)

    def _correct(
        self, message: TactileArray, frame: TouchFrame, target: GraspTarget, target_frame: TouchFrame
    ) -> PoseCorrection:
        answer = PoseCorrection(header=message.header, tactile_sequence=message.sequence)
        contact = contact_state(self._hand, frame)
        answer.contact_state = int(contact)
        answer.target_id, answer.model_id = target.id, self._policy.model_id
        answer.observable_axes = self._observable.tolist()
        if contact is ContactState.NONE:  # nothing is felt, so nothing is known
            answer.standard_deviation = np.where(self._observable, np.inf, 0.0)
            return answer
        correction = self._policy.predict(frame, target_frame, self._observable)
        answer.increment = to_move(correction)
        answer.standard_deviation = correction.standard_deviation
        return answer

    def _measure(self, message: TactileArray) -> None:
        age = self.get_clock().now().nanoseconds * 1e-9 - to_seconds(message.header.stamp)
        self._latencies[self._measured % LATENCIES] = age
        self._measured += 1

    def before_report(self) -> None:
        """Stamp-to-correction times; the stamp is that of reading, so everything on the way counts."""
        if self._measured:
            p50, p99 = np.percentile(self._latencies[: self._measured], [50, 99]) * 1e3
            self.health.values |= {
                LATENCY_P50: f"{p50:.3f}",
                LATENCY_P99: f"{p99:.3f}",
                LATENCY_COUNT: str(min(self._measured, LATENCIES)),
            }


def main() -> int:
    """Entry point of the executable."""
    return run(PolicyNode, "policy")


if __name__ == "__main__":
    sys.exit(main())
