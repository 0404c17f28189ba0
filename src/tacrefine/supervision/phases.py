"""The phases that loops with a hand share, and what a guard has to know of a loop's phases."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from tacrefine.supervision.errors import GoalError, NoTactile


class HandPhase(IntEnum):
    """Phases of a goal with a hand; from OPENING on, the values are those of `RefineGrasp.action`."""

    PREPARING = 0
    OPENING = 1
    CLOSING = 2
    SETTLING = 3
    SENSING = 4
    DECIDING = 5
    MOVING = 6
    FINISHING = 7
    LOWERING = 8
    LIFTING = 9


@dataclass(frozen=True)
class GuardedPhases:
    """Which force counts in which phases of a loop, where forces come from, and when the wrist has to hold still."""

    gripping: frozenset[IntEnum]
    """phases under `max_pad_force`"""
    moving: frozenset[IntEnum]
    """phases under `max_moving_force`"""
    source: str
    """topic that tells forces"""
    timeout_error: type[GoalError]
    """what it means if no usable message comes on it"""
    still: frozenset[IntEnum] = frozenset()
    """phases from whose beginning on the wrist has to hold still until a move begins"""
    exiting: frozenset[IntEnum] = frozenset()
    """phases in which a goal comes to its end, which an untrustworthy clock does not stop"""


HAND_PHASES = GuardedPhases(
    frozenset({HandPhase.CLOSING, HandPhase.SETTLING, HandPhase.SENSING, HandPhase.OPENING})
    | {HandPhase.LOWERING, HandPhase.LIFTING},
    frozenset({HandPhase.MOVING}),
    "tactile",
    NoTactile,
    still=frozenset({HandPhase.CLOSING}),
    exiting=frozenset({HandPhase.FINISHING}),
)
