"""What the console shows at one moment, as plain objects: m, rad, and poses in the arm's base frame."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from tacrefine.bags.schemas import Topic
from tacrefine.hands import Hand
from tacrefine.objects import GraspObject
from tacrefine.viewer.goal import GoalTracker
from tacrefine.viewer.inputs import Input, NodeReport


@dataclass(frozen=True, eq=False)
class Target:
    """The grasp that was shown: readings 0..1 ``(T,)``, joints ``(J,)`` rad, and the object's name."""

    id: str
    name: str
    object: str
    tactile: NDArray[np.float32]
    joints: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Estimate:
    """The newest correction: where the wrist should be, one sigma ``(6,)`` m rad, the contact it rests on (0..2)."""

    wrist: NDArray[np.float64]
    deviation: NDArray[np.float64]
    contact: int
    received: float


@dataclass
class State:
    """Everything that is shown. `wrist` is None while no wrist pose is known."""

    hand: Hand
    objects: dict[str, GraspObject]
    inputs: dict[Topic, Input]
    tactile: NDArray[np.float32] | None = None
    joints: NDArray[np.float64] | None = None
    wrist: NDArray[np.float64] | None = None
    """pose ``(4, 4)``"""
    target: Target | None = None
    estimate: Estimate | None = None
    simulated_object: str = ""
    stopped: bool = False
    """whether the emergency stop was pressed"""
    goals: GoalTracker = field(default_factory=GoalTracker)
    nodes: dict[str, NodeReport] = field(default_factory=dict)
    log: deque[str] = field(default_factory=lambda: deque(maxlen=6))
    """the newest warnings and errors of all nodes, oldest first"""

    def __post_init__(self) -> None:
        self.wrist_from_centre = self.hand.wrist_from_centre.as_matrix()

    @property
    def object(self) -> GraspObject | None:
        """The object that is grasped, as the target or the simulation names it; None if it is not known here."""
        name = self.target.object if self.target is not None else self.simulated_object
        return self.objects.get(name)

    @property
    def object_pose(self) -> NDArray[np.float64] | None:
        """Pose ``(4, 4)`` of the object by the newest estimate: of the target's grasp centre; None before it."""
        return None if self.estimate is None else self.estimate.wrist @ self.wrist_from_centre

    @property
    def difference(self) -> NDArray[np.float32] | None:
        """What is felt less what the target felt, ``(T,)`` shares of full scale; None where one of them is missing."""
        if self.tactile is None or self.target is None:
            return None
        return self.tactile - self.target.tactile
