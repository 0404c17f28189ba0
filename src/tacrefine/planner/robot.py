"""What a planner's tree needs of a robot. Times are those of stamps, s; poses are in the arm's base frame, m."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from scipy.spatial.transform import RigidTransform

from tacrefine.refine.samples import HOLDS

if TYPE_CHECKING:
    from py_trees.behaviour import Behaviour

Answer = Callable[[], tuple[bool, str] | None]
"""tells success and a sentence once there is an answer, None before"""


@dataclass(frozen=True)
class Refined:
    """How a goal of `refine_grasp` ended: its code, sentence, moves of the wrist, and how to lead the wrist.

    `compensation` takes a wrist pose that was planned for the target's grasp to the one that brings the object there.
    """

    code: int
    message: str
    steps: int
    compensation: RigidTransform
    remaining_m: float = float("nan")
    remaining_rad: float = float("nan")

    @property
    def holds(self) -> bool:
        """Whether the hand holds the object now."""
        return self.code in HOLDS


class Robot(Protocol):
    """One robot with its hand. Requests return at once; nothing here blocks."""

    @property
    def now(self) -> float:
        """Stamp of the newest reading."""

    @property
    def wrist(self) -> RigidTransform:
        """Newest measured wrist pose."""

    @property
    def feels(self) -> bool:
        """Whether thumb and at least two fingers touch something in the newest reading."""

    def send_wrist(self, pose: RigidTransform) -> None:
        """Command a wrist pose."""

    def lead_hand(self, positions: Mapping[str, float], seconds: float) -> None:
        """Lead actuated joints to positions, rad, within that time."""

    def look(self) -> RigidTransform | None:
        """Where the camera sees the part: the wrist pose of its nominal grasp; None if it sees none."""

    def ask(self, what: str, **request: Any) -> Answer:
        """Call a service of the cell: `release` the part from its nest, `place` or `recall` in simulation."""

    def refine_leaf(self, name: str, target: str, strategy: str) -> Behaviour:
        """A leaf that refines the grasp towards a target and leaves a `Refined` on the blackboard, key `result`."""
