"""Touch as a picture for the page: for every finger what it feels, what the target felt, and the difference.

The picture is SVG text with one path for each colour, so that a hand of 500 taxels is drawn in half a millisecond.
Lengths in it are mm. A pad is drawn as seen from outside, its first row at the top, in places of its own taxels.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

import numpy as np
from numpy.typing import NDArray

from tacrefine.hands import Hand, Pad
from tacrefine.viewer.colours import (
    DEAD,
    DIFFERENCE,
    LEVELS,
    PRESSURE,
    difference_levels,
    hex_of,
    pressure_levels,
)

COLUMNS = ("now", "target", "difference")
PAD_GAP, IMAGE_GAP, CARD_GAP = 1.0, 1.5, 4.0
TEXT = 2.6
"""height of letters"""
HEAD = 2 * TEXT + 2.2
"""room for a finger's name and the titles of its images"""
WIDTH = 92.0
"""of the whole picture, about"""
PRESSURE_HEX, DIFFERENCE_HEX = hex_of(PRESSURE), hex_of(DIFFERENCE)


@dataclass(frozen=True)
class _Card:
    """Where one finger's images begin, and how wide one of them is."""

    name: str
    x: float
    y: float
    width: float
    part: slice


class Board:
    """The picture of one hand. `draw` returns the text, or None where nothing visible has changed."""

    def __init__(self, hand: Hand) -> None:
        self._hand = hand
        self._cells: list[list[str]] = [[], [], []]
        self._cards: list[_Card] = []
        self._lay_out()
        self._drawn: tuple[bytes, ...] = ()
        self._images: list[tuple[bytes, str]] = [(b"", "")] * len(COLUMNS)
        self._bars: tuple[tuple[float, bool], str] = ((0.0, False), "")

    def draw(
        self, now: NDArray[np.floating] | None, target: NDArray[np.floating] | None, top: float
    ) -> str | None:
        """The picture of readings ``(T,)``, shares of full scale, in colours that end at `top`."""
        count = self._hand.taxel_count
        nothing = np.full(count, -2, np.int64)
        felt = nothing if now is None else pressure_levels(now, top)
        shown = nothing if target is None else pressure_levels(target, top)
        between = nothing if now is None or target is None else difference_levels(now - target, top)
        forces = self._forces(now), self._forces(target)
        key = (felt.tobytes(), shown.tobytes(), between.tobytes(), repr((forces, top)).encode())
        if key == self._drawn:
            return None
        self._drawn = key
        tables = (PRESSURE_HEX, PRESSURE_HEX, DIFFERENCE_HEX)
        for column, (levels, table) in enumerate(zip((felt, shown, between), tables, strict=True)):
            if self._images[column][0] != key[column]:
                self._images[column] = key[column], _paths(self._cells[column], levels, table)
        if self._bars[0] != (top, target is None):
            self._bars = (top, target is None), self._legend(top, target is None)
        images = "".join(image for _, image in self._images)
        return f"{self._open}{images}{self._titles(*forces)}{self._bars[1]}</svg>"

    # ---- layout, made once
    def _lay_out(self) -> None:
        x = y = row = 0.0
        for finger, part in zip(self._hand.fingers, self._hand.finger_slices, strict=True):
            places, side = zip(*(_places(pad) for pad in finger.pads), strict=True)
            width = max(float(np.ptp(p[:, 0])) + s for p, s in zip(places, side, strict=True))
            whole = 3 * width + 2 * IMAGE_GAP
            if x > 0.0 and x + whole > WIDTH:
                x, y, row = 0.0, y + row + CARD_GAP, 0.0
            top = y + HEAD
            for place, size in zip(places, side, strict=True):
                height = float(np.ptp(place[:, 1])) + size
                middle = place - (place.min(0) + place.max(0)) / 2 + (0.0, top + height / 2)
                for column in range(3):
                    left = x + column * (width + IMAGE_GAP) + width / 2
                    self._cells[column] += [_square(left + u, v, 0.9 * size) for u, v in middle]
                top += height + PAD_GAP
            self._cards.append(_Card(finger.name, x, y, width, part))
            row = max(row, top - y)
            x += whole + CARD_GAP
        self._height = y + row + CARD_GAP
        wide = max(card.x + 3 * card.width + 2 * IMAGE_GAP for card in self._cards)
        self._width = max(wide, 60.0)
        self._open = (
            f'<svg class="tacrefine-board" viewBox="-1 -1 {self._width + 2:.1f} {self._height + 12:.1f}" '
            f'style="width:calc(100% - 12px);display:block" font-family="sans-serif" font-size="{TEXT}" '
            'fill="currentColor">'
        )

    # ---- words, made with every picture
    def _forces(self, values: NDArray[np.floating] | None) -> tuple[str, ...]:
        """Sum of each finger's taxels, in N."""
        if values is None:
            return ("",) * len(self._cards)
        force = np.nan_to_num(values * self._hand.full_scale)
        return tuple(f"{max(0.0, float(force[card.part].sum())):.1f} N" for card in self._cards)

    def _titles(self, now: tuple[str, ...], target: tuple[str, ...]) -> str:
        words = []
        for card, felt, shown in zip(self._cards, now, target, strict=True):
            of = f", target {shown}" if shown else ""
            words.append(
                f'<text x="{card.x:.1f}" y="{card.y + TEXT:.1f}" font-weight="bold">{escape(card.name)}'
                f'<tspan font-weight="normal" dx="1">{felt}{of}</tspan></text>'
            )
            for column, title in enumerate(COLUMNS):
                x = card.x + column * (card.width + IMAGE_GAP) + card.width / 2
                words.append(
                    f'<text x="{x:.1f}" y="{card.y + 2 * TEXT + 1:.1f}" text-anchor="middle" opacity="0.65" '
                    f'font-size="2.2">{title}</text>'
                )
        return "".join(words)

    def _legend(self, top: float, no_target: bool) -> str:
        y, half = self._height + 2.0, (self._width - 6.0) / 2
        bars = []
        for x, table, low, middle, high in (
            (0.0, PRESSURE_HEX, "0", "", f"{100 * top:.0f} % of full scale"),
            (half + 6.0, DIFFERENCE_HEX, "less", "as target", "more"),
        ):
            step = half / LEVELS
            bars += [
                f'<rect x="{x + i * step:.2f}" y="{y:.1f}" width="{step + 0.05:.2f}" height="2" fill="{colour}"/>'
                for i, colour in enumerate(table)
            ]
            for at, anchor, word in ((0.0, "start", low), (half / 2, "middle", middle), (half, "end", high)):
                bars.append(f'<text x="{x + at:.1f}" y="{y + 5:.1f}" text-anchor="{anchor}">{word}</text>')
        if no_target:
            bars.append(
                f'<text x="0" y="{y - 1.2:.1f}" opacity="0.65">no target yet: a goal or a capture brings one</text>'
            )
        return "".join(bars)


def _places(pad: Pad) -> tuple[NDArray[np.float64], float]:
    """Places ``(n, 2)`` of a pad's taxels on paper and the side of one, mm; grids are rolled out flat."""
    count = len(pad.points)
    if pad.cols > 1 and pad.rows * pad.cols == count:
        row, col = np.divmod(np.arange(count), pad.cols)
        places = np.stack([col * pad.col_pitch, row * pad.row_pitch], axis=1)
        return 1e3 * places, 1e3 * min(pad.col_pitch, pad.row_pitch)
    places = 1e3 * np.asarray(pad.points, float)[:, 1:]
    if count == 1:
        return places, 2.0
    apart = np.linalg.norm(places[:, None] - places[None], axis=2) + np.diag(np.full(count, np.inf))
    return places, float(np.clip(np.median(apart.min(axis=1)), 0.5, 5.0))


def _square(x: float, y: float, side: float) -> str:
    return f"M{x - side / 2:.2f} {y - side / 2:.2f}h{side:.2f}v{side:.2f}h-{side:.2f}z"


def _paths(cells: list[str], levels: NDArray[np.int64], table: tuple[str, ...]) -> str:
    """One path for each colour; -1 is a dead taxel, -2 one of which nothing is known."""
    groups: dict[int, list[str]] = {}
    for level, cell in zip(levels.tolist(), cells, strict=True):
        groups.setdefault(level, []).append(cell)
    paths = []
    for level in sorted(groups):
        shape = "".join(groups[level])
        if level == -2:
            paths.append(f'<path d="{shape}" fill="none" stroke="#b8bcc4" stroke-width="0.08"/>')
        else:
            paths.append(f'<path d="{shape}" fill="{DEAD if level < 0 else table[level]}"/>')
    return "".join(paths)
