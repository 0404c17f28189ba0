"""What a recording says about itself: software, hand, object, targets and goals, as texts in the bag's metadata."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tacrefine import __version__
from tacrefine.bags.schemas import FEEDBACK, STATUS, TARGET, Topic, typestore
from tacrefine.hands import Hand

SOFTWARE, HAND, SIGNATURE, OBJECT, FIXED = "software", "hand", "hand_signature", "object", "object_fixed"
TARGET_NAME, TARGET_ID, GOALS, SETTLED = "target", "target_id", "goals", "settled"
ADAPTER = "adapter"
"""the text of the adapter's file through which touch, joints and wrist of a recording are read"""


@dataclass
class GoalEntry:
    """One goal of the refine server that was seen running; target and object are empty until they were received."""

    id: str
    target: str = ""
    target_id: str = ""
    object: str = ""


@dataclass
class Session:
    """Collects while messages pass by. `fixed`: the object does not move during the whole recording.

    `settled` are the settings by which the hand was taken to rest, so that the reader finds the same grasps.
    """

    hand: Hand
    object: str = ""
    target: str = ""
    fixed: bool = False
    target_id: str = ""
    settled: Mapping[str, float] = field(default_factory=dict)
    adapter: str = ""
    goals: dict[str, GoalEntry] = field(default_factory=dict)
    _shown: Any = None

    def note(self, topic: Topic, data: bytes) -> None:
        """Take a serialised message of one of the topics that tell of goals and targets; others say nothing."""
        if topic is TARGET:
            self._shown = typestore().deserialize_cdr(data, topic.type)
            self.target, self.target_id = self._shown.name, self._shown.id
            self.object = self._shown.object
        elif topic is STATUS:
            for status in self._read(topic, data).status_list:
                self._goal(status.goal_info.goal_id)
        elif topic is FEEDBACK:
            # The server shows a goal's target before the goal's first feedback.
            entry, shown = self._goal(self._read(topic, data).goal_id), self._shown
            if shown is not None and not entry.target_id:
                entry.target, entry.target_id, entry.object = shown.name, shown.id, shown.object

    def texts(self) -> dict[str, str]:
        """Keys and values for the metadata."""
        known = {
            OBJECT: self.object,
            TARGET_NAME: self.target,
            TARGET_ID: self.target_id,
            FIXED: "true" if self.fixed else "",
            SETTLED: json.dumps(self.settled) if self.settled else "",
            ADAPTER: self.adapter,
            GOALS: json.dumps([vars(goal) for goal in self.goals.values()]) if self.goals else "",
        }
        return {
            SOFTWARE: f"tacrefine {__version__}",
            HAND: self.hand.name,
            SIGNATURE: self.hand.signature,
        } | {key: value for key, value in known.items() if value}

    def _goal(self, message: Any) -> GoalEntry:
        identity = goal_text(message)
        return self.goals.setdefault(identity, GoalEntry(identity))

    @staticmethod
    def _read(topic: Topic, data: bytes) -> Any:
        return typestore().deserialize_cdr(data, topic.type)


def goal_text(message: Any) -> str:
    """A goal's UUID as 32 hexadecimal digits."""
    return bytes(message.uuid).hex()
