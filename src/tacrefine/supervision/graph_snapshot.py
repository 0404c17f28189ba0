"""What one look at the ROS graph saw, as plain data: the graph probe makes it, the doctor judges it."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Endpoint:
    """One publisher or subscription; `reliable` and `transient_local` as offered or requested."""

    node: str
    kind: str
    reliable: bool
    transient_local: bool


@dataclass(frozen=True)
class Topic:
    """Both sides of a topic by full name."""

    name: str
    publishers: tuple[Endpoint, ...] = ()
    subscribers: tuple[Endpoint, ...] = ()


@dataclass(frozen=True)
class NodeStatus:
    """What a node says of itself on /diagnostics; `level` 0 is well. `restarts`: how often it died, and how last."""

    node: str
    level: int
    message: str
    last_error: str = ""
    restarts: str = ""


@dataclass(frozen=True)
class GraphSnapshot:
    """What was seen. `ages` are seconds between stamp and clock by topic; negative: stamped in the future."""

    nodes: tuple[str, ...] = ()
    topics: tuple[Topic, ...] = ()
    ages: dict[str, float] = field(default_factory=dict)
    statuses: tuple[NodeStatus, ...] = ()
    namespace: str = "/"
    domain: int = 0
    other_domains: tuple[int, ...] = ()
    """in which UDP ports of DDS are open on this machine"""
    simulated_time: bool = False
