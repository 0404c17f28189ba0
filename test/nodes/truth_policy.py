"""A policy that answers with the truth of the simulation: makes the stack testable without a model."""

from __future__ import annotations

import numpy as np
from geometry_msgs.msg import PoseStamped
from tacrefine.msg import GraspTarget, PoseCorrection

from tacrefine.hands import load_hand
from tacrefine.nodes.core.convert import to_transform
from tacrefine.nodes.core.qos import LATCHED, RELIABLE, SENSOR
from tacrefine.nodes.tools.client import StackClient
from tacrefine.policy import wrist_increment


class TruthPolicy(StackClient):
    """Answers every ground truth with the right correction."""

    def __init__(self) -> None:
        self.hand = load_hand()
        self.goal = np.zeros(6)
        self._target = None
        super().__init__(use_sim_time=True, name="truth_policy")
        self._answers = self.node.create_publisher(PoseCorrection, "correction", RELIABLE)
        self.wrist = None
        self.node.create_subscription(GraspTarget, "grasp_target", self._on_goal, LATCHED)
        self.node.create_subscription(PoseStamped, "wrist_pose", self._on_wrist, SENSOR)

    def _on_goal(self, message) -> None:
        self._target = message

    def _on_wrist(self, message) -> None:
        self.wrist = message

    def _on_truth(self, message) -> None:
        super()._on_truth(message)
        if self._target is None or self.tactile is None:
            return
        axes = np.array(self._target.observable_axes, bool)
        answer = PoseCorrection(header=message.header, target_id=self._target.id, model_id="truth")
        answer.observable_axes = axes.tolist()
        answer.standard_deviation = np.where(axes, np.repeat([1e-4, 1e-3], 3), 0.0)
        touched = np.nansum([np.nansum(pad.data) for pad in self.tactile.pads])
        answer.contact_state = 2 if touched > 3.0 else 0
        answer.increment = to_transform(wrist_increment(self.hand, self.truth, self.goal - self.truth, axes))
        self._answers.publish(answer)
