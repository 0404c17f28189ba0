"""Rates and health of every input, and of every node that reports on /diagnostics. Times are s of one clock."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from tacrefine.bags.schemas import Topic

GOOD, WAITING, BAD = "good", "waiting", "bad"
WINDOW_S = 2.0
"""stretch over which rates are measured"""
LATE_S = 1.0
"""without a message a sensor counts as stopped"""
NODE_LATE_S = 5.0
"""without a report a node counts as gone"""


@dataclass
class Input:
    """One topic: how often it came and what is wrong with what it carries."""

    topic: Topic
    is_continuous: bool = False
    """whether it has to come all the time, as sensors do"""
    count: int = 0
    last: float = -float("inf")
    problem: str = ""
    """what is wrong with the newest message, as a sentence"""
    _marks: deque[tuple[float, int]] = field(default_factory=lambda: deque(maxlen=400))

    def tick(self, now: float, messages: int = 1) -> None:
        """Count messages that came until now."""
        self.count += messages
        self.last = now
        self._marks.append((now, self.count))

    def rate(self, now: float) -> float:
        """Messages a second over the last two seconds."""
        while len(self._marks) > 2 and now - self._marks[0][0] > WINDOW_S:
            self._marks.popleft()
        if len(self._marks) < 2 or now - self.last > WINDOW_S:
            return 0.0
        (began, first), (ended, last) = self._marks[0], self._marks[-1]
        return (last - first) / (ended - began) if ended > began else 0.0

    def health(self, now: float) -> tuple[str, str]:
        """Good, waiting or bad, and a sentence."""
        if not self.count:
            return WAITING, f"nothing has come yet; waiting for a publisher of {self.topic.name}"
        if self.problem:
            return BAD, self.problem
        age = now - self.last
        if self.is_continuous and age > LATE_S:
            return BAD, f"stopped {age:.0f} s ago"
        return GOOD, "comes in" if self.is_continuous else f"last {_ago(age)}"


@dataclass(frozen=True)
class NodeReport:
    """What a node last said of itself."""

    name: str
    level: int
    sentence: str
    received: float

    def health(self, now: float) -> tuple[str, str]:
        """Good, waiting or bad, and a sentence."""
        if now - self.received > NODE_LATE_S:
            return BAD, f"last reported {_ago(now - self.received)}"
        return (GOOD if self.level == 0 else WAITING if self.level == 1 else BAD), self.sentence


def node_reports(message: Any, now: float) -> list[NodeReport]:
    """The nodes that a DiagnosticArray tells of."""
    reports = []
    for status in message.status:
        values = {pair.key: pair.value for pair in status.values}
        level = status.level if isinstance(status.level, int) else int.from_bytes(status.level, "little")
        sentence = str(status.message)
        if level and values.get("last error"):
            sentence = f"{sentence}: {values['last error']}" if sentence != values["last error"] else sentence
        reports.append(NodeReport(str(status.name), int(level), sentence, now))
    return reports


def waiting_for(inputs: Sequence[Input], nodes: Sequence[NodeReport], now: float) -> str:
    """What is missing before anything can be shown, as a sentence; empty if nothing is."""
    sensors = [entry for entry in inputs if entry.is_continuous]
    missing = [entry.topic.name for entry in sensors if not entry.count]
    if len(missing) == len(sensors) and not nodes:
        return (
            "Waiting for a stack: no node reports and no sensor publishes. Start one: tacrefine up --mode sim"
        )
    if missing:
        return f"Waiting for {' and '.join(missing)}: no message has come yet."
    late = [entry.topic.name for entry in sensors if now - entry.last > LATE_S]
    return f"{' and '.join(late)}: no message for more than {LATE_S:g} s." if late else ""


def _ago(seconds: float) -> str:
    return "just now" if seconds < 1.5 else f"{seconds:.0f} s ago"
