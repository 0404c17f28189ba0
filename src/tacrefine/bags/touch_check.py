"""What a recording says of a robot's touch: the checks of real sensors in the documentation, on any bag."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations, pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tacrefine.bags.extraction import check_hand, recorded_settings, resolved
from tacrefine.bags.inputs import BagInputs
from tacrefine.bags.reading import Bag
from tacrefine.errors import DataError, TacrefineError
from tacrefine.hands import Hand
from tacrefine.touch import ContactState, SourceSettings, TouchFrame, TouchStream, contact_state
from tacrefine.touch import properties as fits
from tacrefine.touch.adapters import JointReading, TouchReading
from tacrefine.touch.adapters.readings import Reading
from tacrefine.touch.agreement import agreement, by_finger, summed
from tacrefine.touch.stream import SETTLED_WINDOW

LEAST_FRAMES = 8
"""frames of a stretch that counts"""
ACTIVE_NOISES = 6.0
"""a taxel is active from so many deviations of the noise above its zero on"""
LEAST_ACTIVE = 0.01
"""and from this share of full scale on"""
LEAST_DRIFT = 4
"""stretches of the open hand from which a drift is told"""


@dataclass
class Stretch:
    """Readings while nothing moved: stamps (F,) s and frames (F, T), shares of full scale, NaN = dead."""

    stamps: list[float] = field(default_factory=list)
    frames: list[NDArray[np.float32]] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.stamps)

    @property
    def readings(self) -> fits.Array:
        """(F, T); a dead taxel reads zero."""
        return np.nan_to_num(np.stack(self.frames)).astype(float)


class Stretches:
    """Cuts a stream of touch into stretches in which the open hand rests, and in which a closed one holds."""

    def __init__(self, hand: Hand, source: SourceSettings) -> None:
        self.hand, self._source, self.stream = hand, source, TouchStream(hand, source)
        self.open: list[Stretch] = []
        self.held: list[Stretch] = []
        self.readings = self.refused = 0
        self.problem = ""
        self._kind = ""

    def observe(self, reading: Reading) -> None:
        """Take what a message became, in order; TouchError where it is no use."""
        if isinstance(reading, JointReading):
            self.stream.observe_joints(reading.stamp.seconds, reading.names, reading.positions)
        elif isinstance(reading, TouchReading):
            self.readings += 1
            self._take(reading.stamp.seconds, self.stream.frame(reading.stamp.seconds, reading.pads))

    def _take(self, stamp: float, frame: TouchFrame) -> None:
        kind = self._kind_of(frame)
        if kind != self._kind:
            self._close()
        if kind and kind != self._kind:
            (self.open if kind == "open" else self.held).append(Stretch())
        self._kind = kind
        if kind:
            stretch = (self.open if kind == "open" else self.held)[-1]
            stretch.stamps.append(stamp)
            stretch.frames.append(frame.tactile)

    def end(self) -> None:
        """What comes next is of another recording."""
        self._close()
        self._kind = ""
        self.stream = TouchStream(self.hand, self._source)

    def _close(self) -> None:
        """Leave out the end of a stretch: rest is told from a window, so the hand may move in its last readings."""
        if self._kind:
            stretch = (self.open if self._kind == "open" else self.held)[-1]
            kept = sum(stamp < stretch.stamps[-1] - SETTLED_WINDOW for stamp in stretch.stamps)
            del stretch.stamps[kept:], stretch.frames[kept:]

    def _kind_of(self, frame: TouchFrame) -> str:
        if not self.stream.rest.is_at_rest():
            return ""
        if self.stream.posture.is_open(frame.joints):
            return "open"
        closed = self.stream.posture.closed(frame.joints)
        return "held" if contact_state(self.hand, frame, closed=closed) is ContactState.GOOD else ""


@dataclass(frozen=True)
class Check:
    """One figure of a recording. `parameter` is the plant's key that it belongs to, '' where there is none.

    `value` is None where the recording does not tell; `note` then says what it would take.
    """

    name: str
    value: float | None
    unit: str
    note: str
    parameter: str = ""


def read_stretches(
    paths: Sequence[Path],
    hand: Hand,
    names: Mapping[str, str] | None = None,
    source: SourceSettings | None = None,
    progress: Callable[[int], None] = lambda messages: None,
) -> Stretches:
    """The stretches of several bags. Raises DataError where a bag is of another hand, or there is nothing to check."""
    found = None
    for path in paths:
        with Bag(path, names) as bag:
            check_hand(bag, hand)
            settings = resolved(source or SourceSettings(rezero=False), recorded_settings(bag))
            inputs = BagInputs(bag, hand, settings, wrist=False)
            if found is None:
                found = Stretches(hand, settings)
            _feed(found, bag, inputs, progress)
            found.end()
    if found is None or not any(len(part) >= LEAST_FRAMES for part in (*found.open, *found.held)):
        problem = f" {found.problem}" if found is not None and found.problem else ""
        raise DataError(
            f"{', '.join(map(str, paths))}: no stretch of {LEAST_FRAMES} readings in which the open hand rests or a "
            f"closed one holds something; record a few grasps.{problem}"
        )
    return found


def _feed(found: Stretches, bag: Bag, inputs: BagInputs, progress: Callable[[int], None]) -> None:
    for number, recorded in enumerate(bag.messages(inputs.topics)):
        progress(number)
        try:
            for reading in inputs.readings(recorded):
                found.observe(reading)
        except TacrefineError as error:
            found.refused += 1
            found.problem = str(error)


def checks(found: Stretches) -> list[Check]:
    """Every figure, of sensors first, then of grasps."""
    open_, held = (
        [part for part in parts if len(part) >= LEAST_FRAMES] for parts in (found.open, found.held)
    )
    still = [part.readings for part in (*open_, *held)]
    noise = fits.frame_noise(still)
    return [
        Check(
            "noise of a frame", noise, "share", f"from {len(still)} stretches in which nothing moved", "noise"
        ),
        *_zeros(open_, noise),
        *_held(held),
        *_readings(found.hand, still, held),
        Check("cross-talk", None, "share", "press single taxels at known places", "cross_talk"),
        *_grasps(found.hand, open_, held, noise),
    ]


def _zeros(open_: Sequence[Stretch], noise: float) -> list[Check]:
    """How zeros differ between the stretches in which the open hand rests."""
    count = len(open_)
    zeros = [part.readings.mean(axis=0)[None] for part in open_]
    if count < 2:
        note = f"{count} stretches with the open hand at rest; open it between grasps"
        return [
            Check("zeros between grasps", None, "share", note, "zero"),
            Check("drift", None, "share", note, "drift"),
        ]
    spread = fits.zero_spread(zeros)
    note = f"from {count} stretches of the open hand; largest difference {spread.detail['largest_difference']:.4f}"
    found = [Check("zeros between grasps", spread.value, "share", note, "zero")]
    if count < LEAST_DRIFT:
        return [
            *found,
            Check(
                "drift", None, "share", f"{count} stretches of the open hand, {LEAST_DRIFT} needed", "drift"
            ),
        ]
    frames = float(np.median([len(part) for part in open_]))
    step = fits.drift_step([np.concatenate(zeros)], noise / np.sqrt(frames))
    note = f"explains {100 * step.explains:.0f} % of how zeros move apart"
    return [*found, Check("drift", step.value, "share", note, "drift")]


def _held(held: Sequence[Stretch]) -> list[Check]:
    """How the load of a held grasp changes; a tenth of the stretch at either end is compared."""
    rises, seconds = [], []
    for part in held:
        load = part.readings.sum(axis=1)
        tenth = max(1, len(load) // 10)
        first = load[:tenth].mean()
        if first > 0:
            rises.append(load[-tenth:].mean() / first - 1)
            seconds.append(part.stamps[-1] - part.stamps[0])
    if not rises:
        return [Check("change of load while held", None, "share", "hold something for some seconds", "creep")]
    note = f"median of {len(rises)} held grasps over {np.median(seconds):.1f} s"
    return [Check("change of load while held", float(np.median(rises)), "share", note, "creep")]


def _readings(hand: Hand, still: Sequence[fits.Array], held: Sequence[Stretch]) -> list[Check]:
    """Steps, repeated frames, smallest and largest readings, silent taxels."""
    steps = [fits.steps(part) for part in still]
    changing = [step for step, _, _ in steps if step > 0]
    resolution = min(changing) if changing else None
    found = [
        Check("smallest change", resolution, "share", "one step of a reading", "resolution"),
        Check(
            "frames that repeat the one before",
            float(np.mean([s for _, _, s in steps])),
            "share",
            "",
            "repeats",
        ),
    ]
    if not held:
        note = "hold something"
        return [
            *found,
            *(
                Check(n, None, "share", note, k)
                for n, k in (("smallest reading", "threshold"), ("largest reading", "saturation"))
            ),
        ]
    readings = np.concatenate([part.readings for part in held])
    positive = readings[readings > 0]
    top = float(readings.max())
    at_top = int((readings >= top - 1e-6).any(axis=0).sum())
    dead = float(np.isnan(np.stack(held[0].frames)).all(axis=0).mean())
    silent = float((readings.max(axis=0) <= 0).mean())
    return [
        *found,
        Check("smallest reading", float(positive.min()) if len(positive) else None, "share", "", "threshold"),
        Check(
            "largest reading",
            top,
            "share",
            f"reached by {at_top} of {hand.taxel_count} taxels",
            "saturation",
        ),
        Check(
            "dead taxels",
            dead,
            "of taxels",
            f"{100 * silent:.0f} % never read more than zero",
            "dead_fraction",
        ),
    ]


def _grasps(hand: Hand, open_: Sequence[Stretch], held: Sequence[Stretch], noise: float) -> list[Check]:
    """How alike two grasps of this recording are: what a prediction of one can reach."""
    unit, name = "of fingers", "fingers alike from grasp to grasp"
    if len(held) < 2:
        return [Check(name, None, unit, f"{len(held)} held grasps; grasp the same object at least twice")]
    rest = open_[0].readings.mean(axis=0) if open_ else np.zeros(hand.taxel_count)
    active = max(LEAST_ACTIVE, ACTIVE_NOISES * noise)
    touches = [np.maximum(part.readings.mean(axis=0) - rest, 0.0) for part in held]
    touches = [np.where(touch >= active, touch, 0.0) for touch in touches]
    sides = [by_finger(hand, touch, active) for touch in touches]
    figures = summed([agreement(a, b) for a, b in combinations(sides, 2)])
    patterns = [float(np.corrcoef(a, b)[0, 1]) for a, b in pairwise(touches) if a.any() and b.any()]
    note = f"share of force within 15 points and active taxels within a factor of 1.5; {len(held)} grasps"
    found = [Check(name, figures["both"], unit, note)]
    found.append(
        Check("difference of a finger's share", figures["median_points"], "points", "median of all pairs")
    )
    if patterns:
        found.append(
            Check("correlation of two grasps", float(np.median(patterns)), "", "median of successive grasps")
        )
    return found
