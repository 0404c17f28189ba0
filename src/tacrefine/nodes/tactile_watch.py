"""Keeps the newest tactile message and tells what is wrong with the stream when corrections fail to come."""

from __future__ import annotations

from collections.abc import Callable

from tacrefine.errors import TacrefineError
from tacrefine.hands import Hand
from tacrefine.msg import TactileArray
from tacrefine.nodes.convert import from_pads, to_seconds
from tacrefine.refine.errors import InvalidTactile, NoTactile, RefineError, StaleTactile
from tacrefine.refine.samples import Clock
from tacrefine.touch import frame_from_arrays


class TactileWatch:
    """Cheap for every message; the message is looked into only when somebody asks."""

    def __init__(self, hand: Hand, clock: Clock, timeout: float) -> None:
        self._hand, self._clock, self._timeout = hand, clock, timeout
        self.newest: TactileArray | None = None
        self._arrived = -float("inf")
        self.listener: Callable[[TactileArray], None] | None = None

    def take(self, message: TactileArray) -> None:
        """Note a message and hand it to the listener, if there is one."""
        self.newest, self._arrived = message, self._clock.steady()
        if self.listener is not None:
            self.listener(message)

    def explain(self) -> RefineError | None:
        """What is wrong with the tactile stream, None if nothing is."""
        if self.newest is None or self._clock.steady() - self._arrived > self._timeout:
            return NoTactile(f"tactile: no message for {self._timeout:g} s (tactile_timeout)")
        age = self._clock.now() - to_seconds(self.newest.header.stamp)
        if age > self._timeout:
            return StaleTactile(
                f"tactile: the newest stamp is {age:.2f} s old, allowed are {self._timeout:g} s (tactile_timeout); "
                "stamps must be the time of reading, on the clock of this node"
            )
        try:
            joints = dict.fromkeys(self._hand.joint_names, 0.0)
            frame_from_arrays(self._hand, from_pads(self.newest.pads), joints)
        except TacrefineError as error:
            return InvalidTactile(f"tactile: {error}")
        return None
