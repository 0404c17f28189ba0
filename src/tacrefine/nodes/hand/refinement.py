"""The policy node's second answer: corrections refined by simulated touch, from another process."""

from __future__ import annotations

import time
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from tacrefine.hands import Hand
from tacrefine.identification.model_based.fit import Observed
from tacrefine.identification.model_based.grasp_mean import GraspMean
from tacrefine.identification.model_based.worker import Answer, Assumptions, Question, RefinementProcess
from tacrefine.msg import GraspTarget, PoseCorrection, TactileArray
from tacrefine.nodes.core.convert import to_move
from tacrefine.nodes.core.health import Health
from tacrefine.nodes.core.protocols import Reporter
from tacrefine.touch import ContactState, TouchFrame

LEAST_FRAMES = 3
"""a mean of fewer is not worth a fit, and one would not tell a refined correction from others"""
IDLE_S = 0.2
"""A full mean changes little: fits of the same grasp follow each other at this distance."""


class Host(Reporter, Protocol):
    """The node whose network answers first."""

    hand: Hand
    health: Health
    observable: NDArray[np.bool_]

    @property
    def is_active(self) -> bool:
        """Whether the node is active."""

    @property
    def target_id(self) -> str:
        """Id of the present target."""

    @property
    def model_id(self) -> str:
        """Name and version of the network."""

    def publish_correction(self, message: PoseCorrection) -> None:
        """Publish a correction; called from another thread than the executor's."""


class Refinement:
    """Feeds the process with means over `frames` readings of a grasp and publishes what it believes."""

    def __init__(self, node: Host, assumptions: Assumptions, frames: int) -> None:
        self._node = node
        self._mean = GraspMean(node.hand, frames)
        self._asked = -float("inf")
        self._improved = self._answered = 0
        self._process = RefinementProcess(
            assumptions, self._publish, lambda sentence: node.report_error(sentence, "model-based")
        )
        node.health.values["model-based"] = self._process.plant

    def close(self) -> None:
        """End the process that fits the touch model."""
        self._process.close()

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
        self._improved += answer.improved
        node.health.values |= {
            "model-based misfit": f"{answer.misfit:.2f}",
            "model-based fit [ms]": f"{1e3 * answer.seconds:.0f}",
            "model-based improved": f"{self._improved} of {self._answered}",
        }
        if not answer.improved or not node.is_active or question.target_id != node.target_id:
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
