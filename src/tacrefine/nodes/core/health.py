"""What a node tells about itself on /diagnostics; plain bookkeeping without ROS."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass, field

OK, WARN, ERROR, STALE = 0, 1, 2, 3
LIMITS_HIT, LAST_ERROR = "limits hit", "last error"
"""keys that every node has"""
QUIET_S = 5.0
"""time in which errors of one kind are logged once, and for which an error counts as present"""
RATE_S = 2.0
"""stretch over which rates are measured"""


@dataclass
class Stream:
    """Rate and age of one topic, by the wall clock."""

    arrivals: deque[float] = field(default_factory=lambda: deque(maxlen=200))

    def tick(self) -> None:
        """Count one message."""
        self.arrivals.append(time.monotonic())

    def rate(self) -> float:
        """Messages per second over the last two seconds."""
        now = time.monotonic()
        arrivals = self.arrivals.copy()  # in one go: another thread may be counting
        recent = [arrival for arrival in arrivals if now - arrival <= RATE_S]
        return (
            (len(recent) - 1) / (recent[-1] - recent[0])
            if len(recent) > 2 and recent[-1] > recent[0]
            else 0.0
        )

    def age(self) -> float:
        """Seconds since the last message, infinite before the first."""
        return time.monotonic() - self.arrivals[-1] if self.arrivals else float("inf")


class LogThrottle:
    """Lets one log line of each kind pass in `QUIET_S` seconds, whatever the lines say, and counts the others."""

    def __init__(self) -> None:
        self._last: dict[str, float] = {}
        self._held_back: dict[str, int] = {}

    def line(self, sentence: str, kind: str) -> str:
        """The line to log now, empty if one of its kind was logged a moment ago."""
        now = time.monotonic()
        if now - self._last.get(kind, -float("inf")) <= QUIET_S:
            self._held_back[kind] = self._held_back.get(kind, 0) + 1
            return ""
        self._last[kind] = now
        more = self._held_back.pop(kind, 0)
        return f"{sentence} ({more} more of this kind were not logged)" if more else sentence


class Health:
    """Streams, errors and free values of one node."""

    def __init__(self) -> None:
        self.streams: dict[str, Stream] = {}
        self.values: dict[str, str] = {}
        self.limits_hit = 0
        self.last_limit = ""
        self.last_error = ""
        self.failure = ""
        """why the node does not work until it is configured anew; empty: it works"""
        self.warned = False
        """whether the node itself judges something to be wrong at present"""
        self.sampled = False
        """whether messages are only looked at now and then, so that their rate is not known"""
        self._error_time = -float("inf")
        self._throttle = LogThrottle()

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

    def error(self, sentence: str, kind: str) -> str:
        """Remember an error; returns the line to log, empty if one of this kind was logged a moment ago."""
        self.last_error, self._error_time = sentence, time.monotonic()
        return self.log_line(sentence, kind)

    def log_line(self, sentence: str, kind: str) -> str:
        """The line to log for something that is no error of this node, throttled in the same way."""
        return self._throttle.line(sentence, kind)

    def level(self, state: str) -> int:
        """OK, WARN or ERROR, judged from the lifecycle state and the last error."""
        if self.failure:
            return ERROR
        recent = time.monotonic() - self._error_time < QUIET_S
        return WARN if state != "active" or self.warned or recent else OK

    def report(self) -> dict[str, str]:
        """Key and value pairs."""
        pairs = {}
        for name, stream in list(self.streams.items()):
            if not self.sampled:
                pairs[f"{name} rate [Hz]"] = f"{stream.rate():.1f}"
            pairs[f"{name} age [s]"] = f"{stream.age():.3f}"
        limits = {LIMITS_HIT: str(self.limits_hit)} | (
            {"last limit": self.last_limit} if self.limits_hit else {}
        )
        return pairs | self.values | limits | {LAST_ERROR: self.last_error}
