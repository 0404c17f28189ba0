"""Touch from several topics becomes readings of the whole hand: what belongs together is decided by stamps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tacrefine.touch.adapters.readings import Stamp, TouchReading
from tacrefine.touch.frame import PadReading
from tacrefine.touch.joints import JUMP_S


@dataclass
class _Part:
    stamp: Stamp
    sequence: int | None
    pads: Sequence[PadReading]


class Merger:
    """Feed it the parts as they come; a reading comes out once every topic has sent a new one.

    Its stamp is that of its oldest part, since nothing in it is older. A topic that has been quiet for `timeout` s is
    left out, so that the others go on without its pads.
    """

    def __init__(self, topics: Sequence[str], window: float, timeout: float) -> None:
        self._topics, self._window, self._timeout = topics, window, timeout
        self._parts: dict[int, _Part] = {}
        self._fresh: set[int] = set()
        self._first = self._newest = -float("inf")
        self._emitted = 0
        self.problem = ""
        """why no reading comes out, or what is left out of it, as a sentence; empty: nothing is wrong"""

    def add(
        self, source: int, stamp: Stamp, sequence: int | None, pads: Sequence[PadReading]
    ) -> list[TouchReading]:
        """Take a part; at most one reading, [] while parts are missing or lie too far apart."""
        if len(self._topics) == 1:
            return [self._reading([_Part(stamp, sequence, pads)])]
        seconds = stamp.seconds
        if seconds < self._newest - JUMP_S:
            self._parts.clear()
            self._fresh.clear()
            self._first = self._newest = seconds
        self._newest = max(self._newest, seconds)
        self._first = self._first if self._first > -float("inf") else seconds
        self._parts[source] = _Part(stamp, sequence, pads)
        self._fresh.add(source)
        living = [number for number in range(len(self._topics)) if not self._is_quiet(number)]
        quiet = [number for number in range(len(self._topics)) if number not in living]
        if not self._fresh.issuperset(living):
            return []
        parts = [self._parts[number] for number in living]
        stamps = [part.stamp.seconds for part in parts]
        if max(stamps) - min(stamps) > self._window:
            self.problem = self._apart(living, stamps)
            return []
        self._fresh.clear()
        self.problem = f"{self._topics[quiet[0]]}: {self._quietness(quiet[0])}" if quiet else ""
        return [self._reading(parts)]

    def _is_quiet(self, number: int) -> bool:
        since = self._parts[number].stamp.seconds if number in self._parts else self._first
        return self._newest - since > self._timeout

    def _reading(self, parts: Sequence[_Part]) -> TouchReading:
        oldest = min(parts, key=lambda part: part.stamp)
        counts = [part.sequence for part in parts if part.sequence is not None]
        self._emitted += 1
        sequence = min(counts) if counts else self._emitted
        return TouchReading(oldest.stamp, sequence, [pad for part in parts for pad in part.pads])

    def _apart(self, living: Sequence[int], stamps: Sequence[float]) -> str:
        early = self._topics[living[stamps.index(min(stamps))]]
        late = self._topics[living[stamps.index(max(stamps))]]
        return (
            f"the stamps of {early} and {late} are {max(stamps) - min(stamps):.3f} s apart; allowed are "
            f"{self._window:g} s (merge_window)"
        )

    def _quietness(self, number: int) -> str:
        if number not in self._parts:
            return "no message has come, so its pads are missing"
        seconds = self._newest - self._parts[number].stamp.seconds
        return f"its newest message is {seconds:.2f} s older than that of the others, so its pads are missing"
