"""What the loop asks of its parts that differ from one use to another."""

from __future__ import annotations

from typing import Protocol

from scipy.spatial.transform import RigidTransform

from tacrefine.refine.estimator import Decision, HasGraspCentre, PoseMeasurement
from tacrefine.supervision.errors import GoalError


class Estimator(Protocol):
    """Fuses corrections into a target wrist pose; see `tacrefine.refine.estimator`."""

    def start_grasp(self) -> None:
        """The hand has closed anew."""

    def add(self, wrist: RigidTransform, correction: PoseMeasurement) -> None:
        """One correction, made while the wrist stood there."""

    def refine(self, wrist: RigidTransform, correction: PoseMeasurement) -> None:
        """One correction in the place of all others of this grasp."""

    def decide(self, wrist: RigidTransform, hand: HasGraspCentre) -> Decision:
        """Where to go next, and how far it is."""


class Touch(Protocol):
    """What is known of the tactile stream itself."""

    @property
    def degraded(self) -> str:
        """What is missing while the goal may go on, as a sentence; empty: nothing."""

    @property
    def since(self) -> float:
        """Stamp, s, from which on readings lack what they lack now; older ones are not to be mixed with newer ones."""

    def is_fresh(self, since: float) -> bool:
        """Whether readings have changed after this stamp, s."""

    def explain(self) -> GoalError | None:
        """What is wrong with the stream, None if nothing is."""


class Unwatched:
    """No stream is watched: nothing is known to be wrong."""

    degraded = ""
    since = -float("inf")

    def is_fresh(self, since: float) -> bool:
        """Always."""
        return True

    def explain(self) -> GoalError | None:
        """Nothing."""
        return None
