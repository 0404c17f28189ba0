"""What is there in the place of a topic that is missing or of another type, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tacrefine.documents import quoted

SHOWN = 6
"""topics that a sentence repeats"""
OWN = ("/rosout", "/parameter_events", "/diagnostics")
"""topics that every stack has and nobody looks for"""


def what_instead(topic: str, kinds: Sequence[str], there: Mapping[str, str]) -> str:
    """Half a sentence on what stands in the place of a topic of one of these types; empty where the topic is there.

    `there` has the type of each topic by its full name; `topic` is a full name too.
    """
    if topic in there:
        if there[topic] in kinds:
            return ""
        return f"topic {quoted(topic)} is of type {quoted(there[topic])}, not {kinds[0]}"
    same = sorted(name for name, kind in there.items() if kind in kinds)
    if same:
        return f"there is no topic {quoted(topic)}; of type {there[same[0]]} there is {_listed(same)}"
    others = sorted(name for name in there if name not in OWN and "/_" not in name)
    return f"there is no topic {quoted(topic)}; there is {_listed(others) or 'no other either'}"


def not_received(topic: str, kind: str, publishers: Mapping[str, str], there: Mapping[str, str]) -> str:
    """One sentence on why nothing comes on a topic of a running graph.

    `publishers` has the type that each node publishes it as, `there` the type of every topic that is published.
    """
    fitting = [node for node, published in publishers.items() if published == kind]
    if fitting:
        return f"{topic}: {fitting[0]} publishes it, but nothing comes"
    if publishers:
        node, published = next(iter(publishers.items()))
        return f"{topic}: {node} publishes it as {published}, not as {kind}"
    instead = what_instead(topic, [kind], there).partition("; ")[2]
    return f"{topic}: nobody publishes it; {instead or 'it has just gone'}"


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(quoted(name) for name in names[:SHOWN])
    return shown if len(names) <= SHOWN else f"{shown} and {len(names) - SHOWN} more"
