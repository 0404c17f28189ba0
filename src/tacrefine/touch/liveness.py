"""Tells readings that live from readings that only arrive: fingers without readings, frozen pads.

The very same numbers for `timeout` s mean that nobody reads a pad any more if they should have changed by then:
- the pad is noisy by nature, which is learned from each pad itself, or has never shown the same frame again in a long
  time; a sensor that has shown itself steady may show the same frame for ever;
- it feels something, and its finger moved;
- its device counts its frames in the sequence number, and the number stands.

Everything is judged by the stamps of the messages, so two nodes that receive the same messages judge alike.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from tacrefine.hands import Hand, Pad
from tacrefine.touch.frame import NORMALIZED, PadReading
from tacrefine.touch.joints import JUMP_S

NOISY = 50
"""frames in a row, each unlike the one before it, that show whether a pad is noisy"""
UNLIKE = 50
"""frames, none of which was repeated, after which a pad is taken for noisy though it never stood still to learn that"""
SWING = 8.0
"""steps: so far the sum of a pad's noise swings in that many frames (4 to 6 where it is white); a press goes farther"""
REPEATS = 3
"""frames in a row that must be the same, where few come"""
LIGHT = 0.15
"""of full scale: an untouched pad stays below it"""
LIT = 0.05
"""of full scale: less may be an offset that no noise moves"""
MOVED = 0.05
"""of a joint's range: a finger that moved so far has changed what its pads feel"""
STILL = 0.005
"""of a joint's range: less is the noise of its encoder"""
DEAD_SHARE = 0.5
"""of a pad's taxels that are NaN: then it is not a few dead taxels, then nobody reads the pad"""
DEGRADED_DEVIATION = 2.5
"""by which the network's deviations grow when one finger is left out of both touches: on draws of the plant `training`
68 % of the errors lie within 1.5 to 2.2 predicted deviations, depending on the finger"""


@dataclass
class _Pad:
    joints: NDArray[np.int64]
    """where the joints of its finger stand in the hand's order"""
    data: bytes = b""
    changed: float = -float("inf")
    changed_at: NDArray[np.float64] | None = None
    """where its finger stood then, as shares of the joints' ranges"""
    repeats: int = 0
    proofs: int = 0
    """of them, those that the device has counted as frames of their own"""
    changes: int = 0
    """frames unlike the one before, since the last that was repeated"""
    is_steady: bool = False
    """whether it has shown the same frame again and again, and lived"""
    sums: deque[float] = field(default_factory=lambda: deque(maxlen=NOISY))
    still_at: NDArray[np.float64] | None = None
    """where its finger stood at the first of these"""
    is_noisy_untouched: bool = False
    is_noisy_touched: bool = False
    is_touched: bool = False
    is_absent: bool = False
    is_lit: bool = False
    has_moved: bool = False

    @property
    def is_noisy(self) -> bool:
        """Whether its readings should change by themselves, as they are now."""
        learned = self.is_noisy_untouched or (self.is_touched and self.is_noisy_touched)
        return learned or (self.is_lit and not self.is_steady and self.changes >= UNLIKE)

    @property
    def must_change(self) -> bool:
        """Whether a reading that counts has to differ from those before: not of sensors that are known to be steady."""
        return self.is_noisy or (self.is_lit and not self.is_steady and self.changes > 0)


class Liveness:
    """Fed with every message. `timeout` s of message time without a change make a pad silent; 0: never."""

    def __init__(self, hand: Hand, timeout: float) -> None:
        self._hand, self.timeout = hand, timeout
        self._finger = {pad.name: pad.finger for pad in hand.pads}
        self._described: Mapping[str, Pad] = {pad.name: pad for pad in hand.pads}
        self._range = np.ptp(hand.joint_limits, axis=1)
        index = {name: at for at, name in enumerate(hand.joint_names)}
        chains = {
            finger.name: np.array([index[joint.name] for joint in finger.joints], int)
            for finger in hand.fingers
        }
        self._pads = {pad.name: _Pad(chains[pad.finger]) for pad in hand.pads}
        self._stamp = -float("inf")
        self._sequence: int | None = None
        self._counts = False
        self._counted = -float("inf")
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

    def observe(
        self,
        stamp: float,
        pads: Sequence[PadReading],
        sequence: int | None = None,
        joints: Mapping[str, float] | None = None,
    ) -> None:
        """Take one message; stamps in s, `sequence` as its device counts, `joints` of that moment, rad, if known.

        Nothing is raised: what does not fit the hand is another check's business.
        """
        if stamp < self._stamp - JUMP_S:  # the clock was set back
            for state in self._pads.values():
                state.changed = stamp
            self.since, self._counted = min(self.since, stamp), stamp
        self._stamp = stamp
        self._count(sequence)
        posture = None
        if joints is not None:
            posture = np.array([joints[name] for name in self._hand.joint_names]) / self._range
        present = {pad.name: pad for pad in pads if len(pad.data)}
        for name, state in self._pads.items():
            reading = present.get(name)
            if reading is None or _missing(reading.data) > DEAD_SHARE * len(reading.data):
                state.is_absent = True
                state.sums.clear()
                continue
            self._compare(state, reading, stamp, posture)
        silent = frozenset(name for name, state in self._pads.items() if self._is_silent(state))
        if silent != self.silent:
            self.silent, self.since = silent, stamp

    def is_fresh(self, since: float) -> bool:
        """Whether everything that should change by itself has done so after the stamp `since`: pads, frame counts."""
        if self.timeout <= 0.0:
            return True
        states = [state for name, state in self._pads.items() if name not in self.silent]
        is_counted = not self._counts or self._counted > since
        return is_counted and all(state.changed > since for state in states if state.must_change)

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

    def _count(self, sequence: int | None) -> None:
        """Follow the device's count of its frames; one that never changes is none."""
        if sequence is None:
            return
        if self._sequence is not None and sequence != self._sequence:
            self._counts = True
        if sequence != self._sequence:
            self._sequence, self._counted = sequence, self._stamp

    def _compare(
        self, state: _Pad, reading: PadReading, stamp: float, posture: NDArray[np.float64] | None
    ) -> None:
        state.is_absent = False
        finger = posture[state.joints] if posture is not None and len(state.joints) else None
        data = reading.data.tobytes()
        if data == state.data:
            state.repeats += 1
            state.proofs += not self._counts or self._counted == stamp
            state.sums.clear()
            if finger is not None and state.changed_at is not None:
                moved = float(np.abs(finger - state.changed_at).max())
                state.has_moved = state.has_moved or moved > MOVED
            return
        pad = self._described[reading.name]
        scale = {0: pad.raw_full_scale, 1: 1.0, 2: pad.full_scale_n}.get(reading.unit, 1.0)
        highest = float(np.fmax.reduce(reading.data)) / scale  # without NaN; nanmax takes ten times as long
        if (
            self._is_silent(state) and state.is_noisy
        ):  # it came back: either it had frozen, or it is not that noisy
            state.is_noisy_touched = state.is_noisy_untouched = False
            state.changes = 0
        if state.proofs >= REPEATS:
            state.is_steady, state.changes = True, 0
        state.changes += bool(state.data)
        self._learn(state, reading, highest >= LIGHT, finger)
        state.data, state.changed, state.repeats, state.proofs = data, stamp, 0, 0
        state.changed_at, state.has_moved = finger, False
        state.is_lit = highest > LIT

    def _learn(
        self, state: _Pad, reading: PadReading, is_touched: bool, finger: NDArray[np.float64] | None
    ) -> None:
        """Whether a pad whose finger stands still changes from frame to frame without going anywhere: its noise."""
        if is_touched != state.is_touched:
            state.is_touched = is_touched
            state.sums.clear()
        if state.is_noisy_touched if is_touched else state.is_noisy_untouched:
            return
        start = state.still_at if state.sums else None
        if finger is not None and start is not None and float(np.abs(finger - start).max()) > STILL:
            state.sums.clear()
        if not state.sums:
            state.still_at = finger
        state.sums.append(float(np.nansum(reading.data)))
        if len(state.sums) < NOISY:
            return
        sums = np.array(state.sums)
        if np.ptp(sums) <= SWING * np.abs(np.diff(sums)).mean():
            state.is_steady = False
            if is_touched:
                state.is_noisy_touched = True
            else:
                state.is_noisy_untouched = True

    def _is_silent(self, state: _Pad) -> bool:
        if state.is_absent:
            return True
        if self.timeout <= 0.0 or state.repeats < REPEATS or self._stamp - state.changed < self.timeout:
            return False
        stands = self._counts and self._stamp - self._counted >= self.timeout
        return stands or state.is_noisy or (state.is_lit and state.has_moved)


def _missing(data: NDArray[np.float32]) -> int:
    """Number of readings that are NaN; every message passes here, isnan and mean take five times as long."""
    return int(np.count_nonzero(data != data))


def without_pads(hand: Hand, tactile: NDArray[np.float32], silent: frozenset[str]) -> NDArray[np.float32]:
    """Readings (T,) with zeros in the place of silent pads."""
    blank = np.array(tactile)
    for pad, part in zip(hand.pads, hand.pad_slices, strict=True):
        if pad.name in silent:
            blank[part] = 0.0
    return blank
