"""What a loop with a hand asks about its tactile stream; nodes answer with `tacrefine.nodes.hand.touch_monitor`."""

from __future__ import annotations

from typing import Protocol

from tacrefine.supervision.errors import GoalError


class TouchStream(Protocol):
    """Health of the tactile stream."""

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


class UnmonitoredTouch:
    """No stream is monitored: nothing is known to be wrong."""

    degraded = ""
    since = -float("inf")

    def is_fresh(self, since: float) -> bool:
        """Return True: readings of a recording never age."""
        return True

    def explain(self) -> GoalError | None:
        """Return an empty sentence: there is nothing to explain."""
        return None
