"""What a node tells about itself on /diagnostics; plain bookkeeping without ROS."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass, field

OK, WARN, ERROR, STALE = 0, 1, 2, 3
LIMITS_HIT, LAST_ERROR = "limits hit", "last error"
"""keys that every node has"""


@dataclass
class Stream:
    """Rate and age of one topic, by the wall clock."""

    arrivals: deque[float] = field(default_factory=lambda: deque(maxlen=200))

    def tick(self) -> None:
        """One message came or went."""
        self.arrivals.append(time.monotonic())

    def rate(self) -> float:
        """Messages per second over the last two seconds."""
        now = time.monotonic()
        recent = [arrival for arrival in self.arrivals if now - arrival <= 2.0]
        return (
            (len(recent) - 1) / (recent[-1] - recent[0])
            if len(recent) > 2 and recent[-1] > recent[0]
            else 0.0
        )

    def age(self) -> float:
        """Seconds since the last message, infinite before the first."""
        return time.monotonic() - self.arrivals[-1] if self.arrivals else float("inf")


class Health:
    """Streams, the last error and free values of one node."""

    def __init__(self) -> None:
        self.streams: dict[str, Stream] = {}
        self.values: dict[str, str] = {}
        self.last_error = ""
        self.limits_hit = 0
        self.last_limit = ""
        self._error_time = -float("inf")
        self.failed = False  # an error that only a new configure can end
        self.warned = False  # something that the node itself judges to be wrong at present

    def tick(self, stream: str) -> None:
        """Count one message of a topic."""
        self.streams.setdefault(stream, Stream()).tick()

    def expect(self, *streams: str) -> None:
        """Report these topics even before their first message: their age is infinite then."""
        for stream in streams:
            self.streams.setdefault(stream, Stream())

    def limit(self, sentence: str) -> None:
        """Count one time that a limit ended or refused a motion."""
        self.limits_hit += 1
        self.last_limit = sentence

    def error(self, sentence: str) -> bool:
        """Remember an error; returns whether it should be logged: new, or not said for five seconds."""
        now = time.monotonic()
        say = sentence != self.last_error or now - self._error_time > 5.0
        if say:
            self._error_time = now
        self.last_error = sentence
        self._seen = now
        return say

    def level(self, state: str) -> int:
        """OK, WARN or ERROR, judged from the lifecycle state and the last error."""
        if self.failed:
            return ERROR
        if state != "active":
            return WARN
        if self.warned:
            return WARN
        return WARN if self.last_error and time.monotonic() - self._seen < 5.0 else OK

    def report(self) -> dict[str, str]:
        """Key and value pairs."""
        pairs = {}
        for name, stream in self.streams.items():
            pairs[f"{name} rate [Hz]"] = f"{stream.rate():.1f}"
            pairs[f"{name} age [s]"] = f"{stream.age():.3f}"
        limits = {LIMITS_HIT: str(self.limits_hit)} | (
            {"last limit": self.last_limit} if self.limits_hit else {}
        )
        return pairs | self.values | limits | {LAST_ERROR: self.last_error}
