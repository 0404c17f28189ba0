"""What the drivers of taxel arrays share: zeroing, configured dead taxels, and a monitor for stuck and silent ones.

Counts are ``(T,)`` over all pads one after the other, each row-major. Pads are anything with name, rows and cols.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tacrefine.errors import ConfigError, DeviceError

MANY = 20
"""readings amid active neighbours after which a silent taxel is reported"""
OF_EACH = 10
"""readings at rest, and as many under load, through which a stuck taxel stays high"""
TURNS = 3
"""changes between rest and load in between"""
SATURATED = 0.98
"""share of the full scale from which on a taxel counts as saturated"""
UNSTEADY = 0.05
"""change during tare, as a share of the full scale, that says that something touches"""
NAMED = 12
"""taxels listed by name in one line of /diagnostics"""


@dataclass(frozen=True)
class PadLayout:
    """A pad as its device numbers it: `rows` x `cols` taxels, row-major, each of one or three force components."""

    name: str
    rows: int
    cols: int
    components: int = 1

    @property
    def size(self) -> int:
        """Number of taxels."""
        return self.rows * self.cols

    @property
    def values(self) -> int:
        """Number of readings: taxels times components."""
        return self.size * self.components

    @property
    def frame_id(self) -> str:
        """The frame's name, as in hand descriptions."""
        return f"{self.name}_pad"


def slices_of(pads: Sequence[PadLayout]) -> tuple[slice, ...]:
    """Where each pad lies on the taxel axis."""
    ends = np.cumsum([0] + [pad.size for pad in pads])
    return tuple(slice(int(a), int(b)) for a, b in itertools.pairwise(ends))


def dead_taxels(text: str, pads: Sequence[PadLayout]) -> NDArray[np.intp]:
    """Indices on the taxel axis from ``pad:index, pad:index``; raises ConfigError that names the entry."""
    starts = {pad.name: (part.start, pad) for pad, part in zip(pads, slices_of(pads), strict=True)}
    found = []
    for entry in filter(None, (part.strip() for part in text.split(","))):
        match = re.fullmatch(r"(\w+):(\d+)", entry)
        if match is None or match[1] not in starts or int(match[2]) >= starts[match[1]][1].size:
            raise ConfigError(
                f"parameter 'dead_taxels': '{entry}' is no pad:index; pads are {', '.join(starts)}, "
                "indices count from 0 row by row"
            )
        found.append(starts[match[1]][0] + int(match[2]))
    return np.array(found, np.intp)


class Zero:
    """The reading of the untouched pads, which is not zero on real sensors.

    Readings are counts; where `full_scale` is 1 they are shares of it, which are not rounded.
    """

    def __init__(self, pads: Sequence[PadLayout], full_scale: float) -> None:
        self._pads, self._full_scale = pads, full_scale
        self.counts: NDArray[np.float32] | None = None

    def take(self, frames: Sequence[NDArray[np.float32]]) -> None:
        """The mean of some readings becomes zero; raises DeviceError if a pad changes meanwhile."""
        stack = np.stack(frames)
        spread = np.ptp(np.nan_to_num(stack), axis=0)
        for pad, part in zip(self._pads, slices_of(self._pads), strict=True):
            if spread[part].max() > UNSTEADY * self._full_scale:
                changed = f"{spread[part].max():.0f} counts"
                if self._full_scale == 1.0:
                    changed = f"{100.0 * spread[part].max():.0f} % of full scale"
                raise DeviceError(
                    f"tare: pad '{pad.name}' changed by {changed} meanwhile; "
                    "nothing may touch it and the hand must stand still"
                )
        mean = np.nan_to_num(stack).mean(0)
        self.counts = (mean if self._full_scale == 1.0 else np.rint(mean)).astype(np.float32)

    def apply(self, counts: NDArray[np.float32]) -> NDArray[np.float32]:
        """Counts above zero, never below 0; NaN stays."""
        return counts if self.counts is None else np.maximum(counts - self.counts, np.float32(0))


class TaxelMonitor:
    """Judges raw counts, before any zero is taken off.

    Stuck: above the rest level without a break while rest and load take turns, so that neither an offset of the
    open hand nor a long grasp is taken for it. Silent: inside a pad, at rest level though all four neighbours are
    above it.
    """

    def __init__(self, pads: Sequence[PadLayout], full_scale: float, rest_level: float = 0.0) -> None:
        self._pads, self._full_scale, self._rest_level = pads, full_scale, rest_level
        size = sum(pad.size for pad in pads)
        self._names = [f"{pad.name} {i}" for pad in pads for i in range(pad.size)]
        self._at_rest = np.zeros(size, int)
        self._loaded = np.zeros(size, int)
        self._turns = np.zeros(size, int)
        self._rested: NDArray[np.bool_] | None = None
        self._silent = np.zeros(size, int)
        self._last = np.zeros(size, np.float32)
        self._unchanged = 0

    def observe(self, counts: NDArray[np.float32], at_rest: bool | NDArray[np.bool_]) -> None:
        """Note one reading; `at_rest`: whether nothing touches, for all taxels or each."""
        high = counts > self._rest_level
        rest = np.broadcast_to(np.asarray(at_rest, bool), high.shape)
        turned = np.zeros_like(rest) if self._rested is None else rest != self._rested
        self._at_rest = np.where(high, self._at_rest + rest, 0)
        self._loaded = np.where(high, self._loaded + ~rest, 0)
        self._turns = np.where(high, self._turns + turned, 0)
        self._rested = rest
        self._silent = np.where(high, 0, self._silent + self._surrounded(high))
        same = np.array_equal(counts, self._last, equal_nan=True) and bool(high.any())
        self._unchanged = self._unchanged + 1 if same else 0
        self._last = counts

    @property
    def stuck(self) -> NDArray[np.bool_]:
        """Taxels that look stuck above the rest level ``(T,)``."""
        return (self._at_rest >= OF_EACH) & (self._loaded >= OF_EACH) & (self._turns >= TURNS)

    @property
    def dead(self) -> NDArray[np.bool_]:
        """Taxels that are NaN or silent ``(T,)``."""
        return np.isnan(self._last) | (self._silent >= MANY)

    @property
    def saturated(self) -> NDArray[np.bool_]:
        """Taxels at the end of their scale in the newest reading ``(T,)``."""
        return self._last >= SATURATED * self._full_scale

    def report(self) -> dict[str, str]:
        """Lines for /diagnostics."""
        active = int((self._last > self._rest_level).sum())
        return {
            "taxels active": f"{active} of {len(self._last)}",
            "taxels that look stuck": self._named(self.stuck),
            "taxels that look dead": self._named(self.dead),
            "taxels saturated": self._named(self.saturated),
            "readings without any change": str(self._unchanged),
        }

    def _named(self, which: NDArray[np.bool_]) -> str:
        names = [self._names[i] for i in np.flatnonzero(which)]
        more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
        return f"{len(names)}" + (": " + ", ".join(names[:NAMED]) + more if names else "")

    def _surrounded(self, high: NDArray[np.bool_]) -> NDArray[np.bool_]:
        parts = []
        for pad, part in zip(self._pads, slices_of(self._pads), strict=True):
            frame = np.pad(
                high[part].reshape(pad.rows, pad.cols), 1
            )  # the rim has too few neighbours to be judged
            around = frame[:-2, 1:-1] & frame[2:, 1:-1] & frame[1:-1, :-2] & frame[1:-1, 2:]
            parts.append(around.ravel())
        return np.concatenate(parts)
