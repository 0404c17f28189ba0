"""Which topics look like the joints and the wrist of a hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tacrefine.doctor.listening.touch import Proposal
from tacrefine.hands import Hand
from tacrefine.supervision.received_topics import ReceivedGraph, ReceivedTopic
from tacrefine.touch.adapters.description import JOINT_STATE
from tacrefine.touch.adapters.wrist import POSE_TYPES

WRIST_WORDS = ("wrist", "tcp", "tool", "flange", "ee", "hand", "arm")
"""in names of topics and frames, the best first"""


def propose_joints(topics: Sequence[ReceivedTopic], hand: Hand) -> Proposal | None:
    """The JointState topics that name the hand's joints, with the prefix that they have; None where none does."""
    sources: list[dict[str, Any]] = []
    used: list[ReceivedTopic] = []
    known: set[str] = set()
    for topic in topics:
        if topic.type != JOINT_STATE or topic.sample is None:
            continue
        prefix, own = _prefix(list(topic.sample.name), hand)
        if own - known:
            used.append(topic)
            known |= own
            sources.append({"topic": topic.name, **({"prefix": prefix} if prefix else {})})
    if not used:
        return None
    coupled = {joint.name for joint in hand.joints if joint.mimic}
    missing = [name for name in hand.joint_names if name not in known | coupled]
    why = f"{len(known)} of {len(hand.joint_names)} joints of hand '{hand.name}' are in it"
    if missing:
        why += f"; {', '.join(missing)} are not, map them in 'names'"
    return Proposal(tuple(used), sources, why)


def _prefix(names: Sequence[str], hand: Hand) -> tuple[str, set[str]]:
    """The prefix that lets the most names be joints of the hand, and those joints."""
    prefixes = {
        name.removesuffix(joint) for name in names for joint in hand.joint_names if name.endswith(joint)
    }
    own = frozenset(hand.joint_names)
    best: tuple[str, set[str]] = ("", set())
    for prefix in sorted(prefixes, key=len):
        found = {name.removeprefix(prefix) for name in names if name.startswith(prefix)} & own
        if len(found) > len(best[1]):
            best = (prefix, found)
    return best


def propose_wrist(received: ReceivedGraph, hand: Hand) -> Proposal | None:
    """What is most likely the wrist's pose: TF of the hand's own frame, a topic, or TF of the likeliest frame."""
    frames = received.frames
    if hand.wrist_frame in frames:
        return _from_tf(frames, hand.wrist_frame)
    poses = [topic for topic in received.topics if topic.type in POSE_TYPES and topic.sample is not None]
    likely = [topic for topic in poses if _likeness(topic.name) < len(WRIST_WORDS)]
    if likely:
        topic = min(likely, key=lambda topic: _likeness(topic.name))
        return Proposal(
            (topic,),
            [{"topic": topic.name, "type": topic.type}],
            "it holds a pose; check that it is the wrist's",
        )
    tips = [frame for frame in frames if _likeness(frame) < len(WRIST_WORDS)]
    return _from_tf(frames, min(tips, key=_likeness)) if tips else None


def _from_tf(frames: Mapping[str, str], tip: str) -> Proposal:
    base, seen = tip, {tip}
    while base in frames and frames[base] not in seen:
        base = frames[base]
        seen.add(base)
    why = f"TF has frame '{tip}' below '{base}'; check that the arm's controller moves the one in the other"
    return Proposal((), [{"tf": {"base": base, "tip": tip}}], why)


def _likeness(name: str) -> int:
    last = name.lower()
    return next((at for at, word in enumerate(WRIST_WORDS) if word in last), len(WRIST_WORDS))
