"""What listening to every topic of a graph for a while gave, as plain data: nodes make it, the doctor judges it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class ReceivedTopic:
    """One topic. `rate` in Hz, `size` in bytes of a message; `sample` is a message, None while none has come.

    `problem` says why its messages cannot be read here, '' if they can.
    """

    name: str
    type: str
    publishers: tuple[str, ...] = ()
    rate: float = 0.0
    size: int = 0
    sample: Any = None
    problem: str = ""


@dataclass(frozen=True)
class ReceivedGraph:
    """Every topic that somebody publishes, and what TF told: the parent of each frame."""

    topics: tuple[ReceivedTopic, ...] = ()
    frames: dict[str, str] = field(default_factory=dict)
    namespace: str = "/"
