"""The goal of refine_grasp that runs or ran last: its phase in words, and the error after each step."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tacrefine.supervision.phases import HandPhase

SENTENCES = {
    HandPhase.PREPARING: "The goal is accepted; the policy is told the target.",
    HandPhase.OPENING: "The hand opens.",
    HandPhase.CLOSING: "The hand closes on the object.",
    HandPhase.SETTLING: "Waiting until fingers and readings are at rest.",
    HandPhase.SENSING: "Collecting corrections of the settled grasp.",
    HandPhase.DECIDING: "Fusing the corrections and choosing the next wrist pose.",
    HandPhase.MOVING: "The arm moves, the hand is open.",
    HandPhase.FINISHING: "Bringing hand and arm into a safe state.",
}
ENDS = {4: "succeeded", 5: "canceled", 6: "ended without success"}
"""by the status of the action"""
ACCEPTED, CANCELING = 1, 3


@dataclass(frozen=True)
class Step:
    """The estimate of one grasp: what remains (m, rad), one sigma (6,) m rad, and where the target lies, seen from
    the hand's grasp centre, (3,) m; None where no correction was seen.
    """

    number: int
    position_error: float
    rotation_error: float
    deviation: NDArray[np.float64]
    offset: NDArray[np.float64] | None


@dataclass
class Goal:
    """One goal, by its id; `end` is how it ended, empty while it runs."""

    id: str
    phase: HandPhase = HandPhase.PREPARING
    is_canceling: bool = False
    moves: int = 0
    degraded: str = ""
    end: str = ""
    sentence: str = ""
    """the server's sentence about the end, once it is known"""
    steps: list[Step] = field(default_factory=list)

    @property
    def is_running(self) -> bool:
        """Whether it has not ended."""
        return not self.end

    @property
    def headline(self) -> str:
        """Its state in one or two words."""
        if self.end:
            return self.end
        return "canceling" if self.is_canceling else self.phase.name.lower()

    @property
    def text(self) -> str:
        """What happens, or how it ended, as a sentence."""
        if self.end:
            return self.sentence or f"The goal has {self.end}."
        return SENTENCES[self.phase]


class GoalTracker:
    """Feed it feedback, status and corrections; `goal` is the newest goal, None before the first."""

    def __init__(self) -> None:
        self.goal: Goal | None = None
        self._offsets: list[NDArray[np.float64]] = []
        self._newest: NDArray[np.float64] | None = None

    def feedback(self, goal_id: str, feedback: Any) -> None:
        """Take a feedback message of the action."""
        goal = self._goal(goal_id)
        phase = HandPhase(feedback.state) if 0 <= feedback.state <= max(HandPhase) else goal.phase
        if phase is HandPhase.SENSING and goal.phase is not phase:
            self._offsets.clear()
        goal.phase, goal.moves, goal.degraded = phase, int(feedback.step), str(feedback.degraded)
        metres, radians = feedback.remaining_position_error, feedback.remaining_rotation_error
        if phase is not HandPhase.DECIDING or not np.isfinite([metres, radians]).all():
            return
        # A short grasp may be sensed between two looks; then the newest correction is its own.
        offset = np.mean(self._offsets, axis=0) if self._offsets else self._newest
        deviation = np.array(feedback.standard_deviation, float)
        step = Step(goal.moves, float(metres), float(radians), deviation, offset)
        goal.steps = [known for known in goal.steps if known.number < step.number] + [step]

    def status(self, states: dict[str, int]) -> None:
        """Take the statuses of all goals, by their ids."""
        for goal_id, state in states.items():
            known = self.goal is not None and self.goal.id == goal_id
            if not known and state not in range(ACCEPTED, CANCELING + 1):
                continue
            goal = self._goal(goal_id)
            goal.is_canceling = state == CANCELING
            goal.end = ENDS.get(state, "")

    def correction(self, offset: NDArray[np.float64]) -> None:
        """Take where the target lies, (3,) m, by one correction."""
        self._newest = offset
        if self.goal is not None and self.goal.phase is HandPhase.SENSING:
            self._offsets.append(offset)

    def log(self, text: str) -> None:
        """Take a line that the server logged; the one about the end of a goal is its sentence."""
        if self.goal is not None and text.startswith("refine_grasp") and "(code " in text:
            self.goal.sentence = text.partition(": ")[2] or text

    def _goal(self, goal_id: str) -> Goal:
        if self.goal is None or self.goal.id != goal_id:
            self.goal = Goal(goal_id)
            self._offsets.clear()
            self._newest = None
        return self.goal
