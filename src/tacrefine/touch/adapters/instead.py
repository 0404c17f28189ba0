"""What is there in the place of a topic that is missing or of another type, as half a sentence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tacrefine.documents import did_you_mean, quoted

SHOWN = 6
"""topics that a sentence repeats"""


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
    names = {name: name for name in there}
    near = did_you_mean(topic, names)
    if near:
        return f"there is no topic {quoted(topic)}{near}"
    return f"there is no topic {quoted(topic)}; there is {_listed(sorted(there)) or 'none at all'}"


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(quoted(name) for name in names[:SHOWN])
    return shown if len(names) <= SHOWN else f"{shown}, and {len(names) - SHOWN} more"
