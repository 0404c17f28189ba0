"""What the loop asks of its estimator, and the estimator of a correction."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import RigidTransform

from tacrefine.geometry import HasGraspCentre
from tacrefine.refine.samples import Decision


class PoseMeasurement(Protocol):
    """What the estimator needs of a correction: the policy's and the one off the wire both have it."""

    @property
    def increment(self) -> RigidTransform:
        """Move of the wrist in its own frame."""
        ...

    @property
    def standard_deviation(self) -> NDArray[np.float64]:
        """``(6,)`` m and rad over the pose coordinates."""
        ...

    @property
    def observable(self) -> NDArray[np.bool_]:
        """``(6,)``, the axes that touch can tell."""
        ...


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
