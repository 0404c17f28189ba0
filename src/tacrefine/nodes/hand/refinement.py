"""The policy node's second answer: corrections refined by simulated touch, from another process."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from tacrefine.identification.model_based.fit import Observed
from tacrefine.identification.model_based.grasp_mean import GraspMean
from tacrefine.identification.model_based.worker import Answer, Assumptions, Question, RefinementProcess
from tacrefine.msg import GraspTarget, PoseCorrection, TactileArray
from tacrefine.nodes.core.convert import to_move
from tacrefine.touch import ContactState, TouchFrame

if TYPE_CHECKING:
    from tacrefine.nodes.hand.policy import PolicyNode

LEAST_FRAMES = 3
"""a mean of fewer is not worth a fit, and one would not tell a refined correction from others"""
IDLE_S = 0.2
"""A full mean changes little: fits of the same grasp follow each other at this distance."""


class Refinement:
    """Feeds the process with means of grasps and publishes what it believes."""

    def __init__(self, node: PolicyNode) -> None:
        p = node.parameters
        self._node = node
        self._mean = GraspMean(node.hand, p.synthesis_frames)
        self._asked = -float("inf")
        self._believed = self._answered = 0
        assumptions = Assumptions(p.hand, p.objects, p.synthesis, p.model)
        self._process = RefinementProcess(assumptions, self._publish, node.complain)
        node.keep(self._process.close)
        node.health.values["synthesis"] = self._process.plant

    def take(
        self, message: TactileArray, frame: TouchFrame, contact: int, target: GraspTarget, shown: TouchFrame
    ) -> None:
        """One more frame, already answered by the network; asks the process if it is idle."""
        if contact != ContactState.GOOD:
            self._mean.clear()
            return
        self._mean.add(frame)
        if len(self._mean) < LEAST_FRAMES or not self._process.is_free:
            return
        now = time.monotonic()
        if self._mean.is_full and now - self._asked < IDLE_S:
            return
        self._asked = now
        there = Observed(shown.tactile[None], shown.joints[None], float(max(target.frames, 1)))
        key = (message.header, message.sequence)
        self._process.ask(
            Question(key, target.id, target.object, self._node.observable, self._mean.observed(), there)
        )

    def _publish(self, answer: Answer) -> None:
        """Runs in the listener's thread."""
        node, question = self._node, answer.question
        self._answered += 1
        self._believed += answer.believed
        node.health.values |= {
            "synthesis misfit": f"{answer.misfit:.2f}",
            "synthesis fit [ms]": f"{1e3 * answer.seconds:.0f}",
            "synthesis believed": f"{self._believed} of {self._answered}",
        }
        if not answer.believed or not node.is_active or question.target_id != node.target_id:
            return
        header, sequence = question.key
        message = PoseCorrection(header=header, tactile_sequence=sequence)
        message.contact_state = int(ContactState.GOOD)
        message.target_id, message.model_id = question.target_id, node.model_id
        message.observable_axes = question.observable.tolist()
        message.frames = int(question.current.frames)
        message.increment = to_move(answer.correction)
        message.standard_deviation = answer.correction.standard_deviation
        node.publish_correction(message)
