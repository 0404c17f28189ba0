"""What each input of a hand needs and what there is of it, as findings, and the text of a first adapter."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import yaml

from tacrefine.doctor.findings import Finding, note, ok, problem
from tacrefine.doctor.listening.robot import propose_joints, propose_wrist
from tacrefine.doctor.listening.touch import Proposal, known_driver, of_driver, propose_touch
from tacrefine.hands import Hand
from tacrefine.supervision.received_topics import ReceivedGraph, ReceivedTopic
from tacrefine.touch.adapters.description import JOINT_STATE
from tacrefine.touch.adapters.wrist import POSE_TYPES

USUAL = {
    "touch": ("tactile", "tacrefine/msg/TactileArray"),
    "joints": ("joint_states", JOINT_STATE),
    "wrist": ("wrist_pose", "geometry_msgs/msg/PoseStamped"),
}
SLOW_HZ = 10.0
"""a slower topic is told; corrections want fresh readings"""
SHOWN = 8
"""topics that a finding repeats"""


class Listened(NamedTuple):
    """Findings, and the text of an adapter; '' where everything comes under its usual name, or nothing was found."""

    findings: list[Finding]
    adapter: str


def judge(received: ReceivedGraph, hand: Hand) -> Listened:
    """What there is for touch, joints and wrist of a hand."""
    needs = {
        "touch": f"{len(hand.pads)} pads with {hand.taxel_count} taxels ({', '.join(p.name for p in hand.pads)})",
        "joints": f"{len(hand.actuated_joints)} driven joints ({', '.join(hand.actuated_joints)})",
        "wrist": f"the pose of frame '{hand.wrist_frame}' in the arm's base frame",
    }
    driver = known_driver(received.topics)
    findings: list[Finding] = []
    content: dict[str, Any] = {}
    for kind, need in needs.items():
        usual = _usual(received, kind, hand)
        if usual is not None:
            findings.append(ok(kind, f"needs {need}; {_about(usual)} has it"))
            continue
        proposal = of_driver(driver, kind, received.topics) if driver else None
        proposal = proposal or _propose(received, kind, hand)
        if proposal is None:
            findings.append(_nothing(received, kind, need))
            continue
        content[kind] = proposal.sources[0] if kind == "wrist" else proposal.sources
        there = ", ".join(_about(topic) for topic in proposal.topics[:SHOWN]) or "TF"
        findings.append(
            note(kind, f"needs {need}; {there} looks like it: {proposal.why}", _slow(proposal.topics))
        )
    return Listened(findings, _text(content, hand) if content else "")


def _propose(received: ReceivedGraph, kind: str, hand: Hand) -> Proposal | None:
    if kind == "touch":
        return propose_touch(received.topics, hand)
    return propose_joints(received.topics, hand) if kind == "joints" else propose_wrist(received, hand)


def _usual(received: ReceivedGraph, kind: str, hand: Hand) -> ReceivedTopic | None:
    """The topic under its usual name, if it is of its usual type and speaks of this hand."""
    name, type_name = USUAL[kind]
    full = f"{received.namespace.rstrip('/')}/{name}"
    found = next((topic for topic in received.topics if topic.name == full and topic.type == type_name), None)
    if found is None or found.sample is None:
        return None
    if kind == "joints" and not set(found.sample.name) >= set(hand.actuated_joints):
        return None
    if kind == "touch" and {pad.name for pad in found.sample.pads} != set(hand.pad_names):
        return None
    return found


def _nothing(received: ReceivedGraph, kind: str, need: str) -> Finding:
    unread = [topic for topic in received.topics if topic.problem]
    silent = [topic.name for topic in received.topics if not topic.problem and topic.sample is None]
    names = [_about(topic) for topic in received.topics if _may_be(topic, kind)]
    there = ", ".join(names[:SHOWN]) + (f" and {len(names) - SHOWN} more" if len(names) > SHOWN else "")
    what = f"needs {need}; nothing looks like it. There is {there or 'no topic with numbers'}"
    if silent:
        what += f"; nothing came on {', '.join(silent[:SHOWN])}"
    remedy = "start the driver, or write the adapter by hand (docs/how_to/connect_your_topics.md)"
    if unread:
        what += f"; {unread[0].problem}"
        remedy = "install the package of that type, or source its workspace, and listen again"
    return problem(kind, what, remedy)


def _may_be(topic: ReceivedTopic, kind: str) -> bool:
    if kind == "wrist":
        return topic.type in POSE_TYPES
    return topic.type == JOINT_STATE if kind == "joints" else topic.type not in (*POSE_TYPES, JOINT_STATE)


def _about(topic: ReceivedTopic) -> str:
    size = f"{topic.size} B" if topic.size < 2000 else f"{topic.size / 1000:.1f} kB"
    rate = f", {topic.rate:.0f} Hz" if topic.rate else ""
    return f"{topic.name} ({topic.type}{rate}, {size})"


def _slow(topics: Sequence[ReceivedTopic]) -> str:
    slow = [topic for topic in topics if 0.0 < topic.rate < SLOW_HZ]
    return (
        f"{slow[0].name} comes {slow[0].rate:.1f} times a second; {SLOW_HZ:g} or more are wanted"
        if slow
        else ""
    )


def _text(content: dict[str, Any], hand: Hand) -> str:
    """The file: what was found, with what to check."""
    head = [
        f"# A first adapter for hand {hand.name}, made of what was received. Check before use:",
        "# - touch: the order of the taxels (row 0 at the tip), the unit, and what an untouched taxel reads (rest)",
        "# - joints: every driven joint under the hand's name",
        "# - wrist: the frame that the arm's controller moves, in the frame in which it is commanded",
        "# Every key: the page Adapter of the reference (make docs)",
    ]
    body = yaml.safe_dump(content, sort_keys=False, default_flow_style=None, width=110)
    return "\n".join(head) + "\n" + body
