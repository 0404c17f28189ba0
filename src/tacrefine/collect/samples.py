"""Plain objects that enter and leave the collection loop."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import RigidTransform

from tacrefine.supervision.phases import HandPhase


@dataclass(frozen=True)
class CollectGoal:
    """Grasps to make: the first where the hand stands, the others at pose coordinates (n, 6), m and rad.

    They are those of the grasp centre relative to its pose in `reference`, a wrist pose in m; without one, relative to
    where the wrist stands at first.
    """

    coordinates: NDArray[np.float64]
    reference: RigidTransform | None = None

    @property
    def grasps(self) -> int:
        """How many are wanted."""
        return len(self.coordinates) + 1


@dataclass(frozen=True)
class CollectFeedback:
    """How far a collection is: grasps made, poses skipped, and what is worth a warning (empty: nothing)."""

    phase: HandPhase
    made: int
    skipped: int
    warning: str = ""


@dataclass(frozen=True)
class CollectOutcome:
    """How a collection ended: numeric code, one sentence, safe state, grasps made and poses skipped."""

    code: int
    message: str
    safe_state: str
    made: int = 0
    skipped: int = 0
