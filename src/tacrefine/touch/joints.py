"""The hand's joints out of `joint_states`: merged from several publishers, renamed, coupled ones filled in.

Which position belongs to which moment is decided by stamps, never by the order of arrival, so the live nodes and the
reader of bags decide alike.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from tacrefine.documents import quoted
from tacrefine.errors import TouchError
from tacrefine.hands import Hand
from tacrefine.touch.settings import TouchSettings

MANY = 20
"""messages without a joint of the hand after which its own are not late any more, but missing"""
KEPT = 1000
"""messages that are remembered"""
JUMP_S = 1.0
"""a stamp that lies so much before the one before it means that the clock was set back"""
SHOWN = 6
"""foreign names that a sentence repeats"""


class _Sample(NamedTuple):
    stamp: float
    positions: Mapping[str, float]


class JointStates:
    """Feed it every message of `joint_states`; positions are rad, stamps s."""

    def __init__(self, hand: Hand, settings: TouchSettings) -> None:
        self._hand, self._settings = hand, settings
        self._renamed = settings.renamed_joints
        self._own = frozenset(hand.joint_names)
        self._places: dict[tuple[str, ...], tuple[tuple[int, str], ...]] = {}
        self._samples: deque[_Sample] = deque(maxlen=KEPT)
        self._newest = -math.inf
        self._measured: set[str] = set()
        self._foreign: dict[str, None] = {}
        self.messages = 0
        """that came, with joints of this hand or not"""

    def observe(self, stamp: float, names: Sequence[str], positions: Sequence[float]) -> bool:
        """Take a message; whether it has joints of this hand. Raises TouchError if names and positions do not pair up.

        Positions that are no finite numbers count as not measured.
        """
        self.messages += 1
        places = self._places_of(tuple(names))
        if names and not places:
            return False
        if len(names) != len(positions):
            raise TouchError(
                f"joint_states names {len(names)} joints and gives {len(positions)} positions, not as many"
            )
        if stamp < self._newest - JUMP_S:
            self._samples.clear()
            self._newest = stamp
        found = {name: float(positions[index]) for index, name in places}
        self._newest = max(self._newest, stamp)
        self._samples.append(_Sample(stamp, found))
        self._measured.update(found)
        return True

    def at(self, stamp: float) -> dict[str, float]:
        """Positions of all joints for a reading of this stamp; TouchError in one sentence where one is not known.

        Of each joint the newest position from before the reading counts; the nearest one only where that is too old.
        One that was measured together with the reading may arrive before or after it, so it is never preferred.
        """
        found = self._before(stamp)
        if len(found) < len(self._measured):
            found = self._after(stamp) | found
        return self._complete(stamp, found)

    def latest(self) -> tuple[float, dict[str, float]]:
        """The newest stamp, s, and positions of all joints then; TouchError like `at`."""
        return self._newest, self._complete(
            self._newest, self._before(math.nextafter(self._newest, math.inf))
        )

    def check(self) -> None:
        """Raise TouchError where many messages have come and none had a joint of this hand."""
        if self.messages >= MANY and not self._measured:
            raise TouchError(self._nothing_of_ours())

    def _places_of(self, names: tuple[str, ...]) -> tuple[tuple[int, str], ...]:
        """Where the hand's joints stand in a message with these names, and what the hand calls them."""
        if names not in self._places:
            if len(self._places) > KEPT:  # somebody makes names up
                self._places.clear()
            named = [(index, self._name(name)) for index, name in enumerate(names)]
            self._places[names] = tuple((index, name) for index, name in named if name in self._own)
            if not self._places[names] and len(self._foreign) < KEPT:
                self._foreign |= dict.fromkeys(names)
        return self._places[names]

    def _name(self, name: str) -> str:
        """What the hand calls a joint; '' if it is none of the hand's."""
        if name in self._renamed:
            return self._renamed[name]
        prefix = self._settings.joint_prefix
        return name.removeprefix(prefix) if name.startswith(prefix) else ""

    def _before(self, stamp: float) -> dict[str, float]:
        """Of each joint the newest position from before the stamp that is young enough."""
        found: dict[str, float] = {}
        age = self._settings.joint_state_age
        for sample in reversed(self._samples):
            if stamp - sample.stamp > age + JUMP_S or len(found) == len(self._measured):
                break
            if 0.0 < stamp - sample.stamp <= age:
                for name, position in sample.positions.items():
                    if name not in found and math.isfinite(position):
                        found[name] = position
        return found

    def _after(self, stamp: float) -> dict[str, float]:
        """Of each joint the position that was measured next from the stamp on, and soon enough."""
        found: dict[str, tuple[float, float]] = {}
        for sample in self._samples:
            if 0.0 <= sample.stamp - stamp <= self._settings.joint_state_age:
                for name, position in sample.positions.items():
                    if math.isfinite(position) and (name not in found or sample.stamp < found[name][0]):
                        found[name] = (sample.stamp, position)
        return {name: position for name, (_, position) in found.items()}

    def _complete(self, stamp: float, found: dict[str, float]) -> dict[str, float]:
        """The positions with those of coupled joints that are not measured; TouchError where some are not known."""
        if len(found) < len(self._own) and self._settings.fill_coupled_joints:
            missing = [joint for joint in self._hand.joints if joint.mimic and joint.name not in found]
            for joint in missing * len(missing):  # a coupled joint may follow another one
                if joint.mimic is not None and joint.mimic.joint in found and joint.name not in found:
                    found[joint.name] = joint.mimic.ratio * found[joint.mimic.joint] + joint.mimic.offset
        if len(found) < len(self._own):
            raise TouchError(self._lacking(stamp, found))
        return found

    def _lacking(self, stamp: float, found: Mapping[str, float]) -> str:
        """What is wrong with joint_states, as a sentence that says what came."""
        age = self._settings.joint_state_age
        if not self._samples:
            return self._nothing_of_ours()
        if not found:
            nearest = min(abs(stamp - sample.stamp) for sample in self._samples)
            if nearest > age:
                return (
                    f"the nearest joint_states message is {nearest:.3f} s away from it, "
                    f"allowed are {age:g} s (joint_state_age)"
                )
        missing = [name for name in self._hand.joint_names if name not in found]
        odd = [name for name in missing if self._is_odd(name)]
        if odd:
            return f"joint_states gives {odd[0]} a position that is not finite; allowed are radians"
        came = ", ".join(sorted(self._measured)) or "no joint by name"
        return (
            f"joint_states lacks {', '.join(missing)} within {age:g} s (joint_state_age); hand '{self._hand.name}' has "
            f"{len(self._own)} joints, there came {came}"
        )

    def _is_odd(self, name: str) -> bool:
        values = [sample.positions[name] for sample in self._samples if name in sample.positions]
        return bool(values) and not math.isfinite(values[-1])

    def _nothing_of_ours(self) -> str:
        if not self.messages:
            return "no joint_states message has arrived yet"
        names = list(self._foreign)
        shown = ", ".join(map(quoted, names[:SHOWN])) + (", ..." if len(names) > SHOWN else "")
        prefixes = {
            name.removesuffix(joint)
            for name in names
            for joint in self._own
            if name.endswith(joint) and name != joint
        }
        fitting = [
            prefix
            for prefix in sorted(prefixes, key=len)
            if sum(f"{prefix}{joint}" in self._foreign for joint in self._own) > len(self._own) // 2
        ]
        hint = (
            f"joint_prefix '{quoted(fitting[0])}' would fit" if fitting else "set joint_prefix or joint_names"
        )
        return (
            f"{self.messages} joint_states messages name {shown} and none of the joints of hand '{self._hand.name}' "
            f"({', '.join(self._hand.joint_names[:SHOWN])}, ...); {hint}"
        )
