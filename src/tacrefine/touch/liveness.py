"""Tells readings that live from readings that only arrive: silent fingers, frozen pads.

A pad that feels something changes from reading to reading, if only by its noise; real fingertips in a steady grasp vary
by some counts a frame. So the very same numbers for `timeout` s mean that nobody reads the pad any more. An untouched
pad may show the same zeros for ever, unless it was noisy at rest before.

Everything is judged by the stamps of the messages, so two nodes that hear the same messages judge alike.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from tacrefine.hands import Hand, Pad
from tacrefine.touch.frame import NORMALIZED, PadReading
from tacrefine.touch.joints import JUMP_S

NOISY = 50
"""changes in a row of an untouched pad after which it counts as noisy at rest"""
REPEATS = 3
"""readings in a row that must be the same, where few come"""
LIGHT = 0.15
"""of full scale: an untouched pad stays below it"""
LIT = 0.05
"""of full scale: less may be an offset that no noise moves"""
DEAD_SHARE = 0.5
"""of a pad's taxels that are NaN: then it is not a few dead taxels, then nobody reads the pad"""
DEGRADED_DEVIATION = 2.5
"""by which the network's deviations grow when one finger is left out of both touches: on samples of plant `training`
68 % of the errors lie within 1.5 to 2.2 predicted deviations, depending on the finger"""


@dataclass
class _Pad:
    data: bytes = b""
    changed: float = -float("inf")
    repeats: int = 0
    streak: int = 0
    is_noisy: bool = False
    is_absent: bool = False
    is_lit: bool = False


class Liveness:
    """Fed with every message. `timeout` s of message time without a change make a pad silent; 0: never."""

    def __init__(self, hand: Hand, timeout: float) -> None:
        self._hand, self.timeout = hand, timeout
        self._finger = {pad.name: pad.finger for pad in hand.pads}
        self._scale: Mapping[str, Pad] = {pad.name: pad for pad in hand.pads}
        self._pads = {pad.name: _Pad() for pad in hand.pads}
        self._stamp = -float("inf")
        self.silent: frozenset[str] = frozenset()
        """names of the pads that nobody reads"""
        self.since = -float("inf")
        """stamp of the message with which `silent` last became another"""

    @property
    def fingers(self) -> tuple[str, ...]:
        """Fingers with a silent pad, in the hand's order."""
        return tuple(
            dict.fromkeys(self._finger[pad.name] for pad in self._hand.pads if pad.name in self.silent)
        )

    @property
    def is_frozen(self) -> bool:
        """Whether silent pads still send the same readings, rather than none."""
        return any(not self._pads[name].is_absent for name in self.silent)

    def observe(self, stamp: float, pads: Sequence[PadReading]) -> None:
        """Take one message; stamps in s. Nothing is raised: what does not fit the hand is another check's business."""
        if stamp < self._stamp - JUMP_S:  # the clock was set back
            for state in self._pads.values():
                state.changed = stamp
            self.since = min(self.since, stamp)
        self._stamp = stamp
        present = {pad.name: pad for pad in pads if len(pad.data)}
        for name, state in self._pads.items():
            reading = present.get(name)
            if reading is None or _missing(reading.data) > DEAD_SHARE * len(reading.data):
                state.is_absent, state.streak = True, 0
                continue
            self._compare(state, reading, stamp)
        silent = frozenset(name for name, state in self._pads.items() if self._is_silent(state))
        if silent != self.silent:
            self.silent, self.since = silent, stamp

    def is_fresh(self, since: float) -> bool:
        """Whether every pad that lives and feels something has changed after the stamp `since`."""
        if self.timeout <= 0.0:
            return True
        states = [state for name, state in self._pads.items() if name not in self.silent]
        return all(state.changed > since for state in states if state.is_lit or state.is_noisy)

    def usable(self, pads: Sequence[PadReading]) -> list[PadReading]:
        """The message with zeros in the place of silent pads: as if they did not touch."""
        if not self.silent:
            return list(pads)
        blank = [
            PadReading(pad.name, pad.rows, pad.cols, NORMALIZED, np.zeros(pad.size, np.float32))
            for pad in self._hand.pads
            if pad.name in self.silent
        ]
        return [pad for pad in pads if pad.name not in self.silent] + blank

    def _compare(self, state: _Pad, reading: PadReading, stamp: float) -> None:
        state.is_absent = False
        data = reading.data.tobytes()
        if data == state.data:
            state.repeats, state.streak = state.repeats + 1, 0
            return
        pad = self._scale[reading.name]
        scale = {0: pad.raw_full_scale, 1: 1.0, 2: pad.full_scale_n}.get(reading.unit, 1.0)
        highest = float(np.fmax.reduce(reading.data)) / scale  # without NaN; nanmax takes ten times as long
        state.data, state.changed, state.repeats = data, stamp, 0
        state.is_lit = highest > LIT
        state.streak = state.streak + 1 if highest < LIGHT else 0
        state.is_noisy = state.is_noisy or state.streak >= NOISY

    def _is_silent(self, state: _Pad) -> bool:
        if state.is_absent:
            return True
        stands = self._stamp - state.changed >= self.timeout > 0.0 and state.repeats >= REPEATS
        return stands and (state.is_lit or state.is_noisy)


def _missing(data: np.ndarray) -> int:
    """Number of readings that are NaN; every message passes here, isnan and mean take five times as long."""
    return int(np.count_nonzero(data != data))


def without_pads(hand: Hand, tactile: np.ndarray, silent: frozenset[str]) -> np.ndarray:
    """Readings (T,) with zeros in the place of silent pads."""
    blank = np.array(tactile)
    for pad, part in zip(hand.pads, hand.pad_slices, strict=True):
        if pad.name in silent:
            blank[part] = 0.0
    return blank
