"""How every picture looks: colours that colour-blind readers tell apart, shapes that survive grey printing."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import cycle
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

INK, GREY, FAINT = "#1b1b1b", "#5f5f5f", "#d9d9d9"
# Okabe and Ito's palette without its yellow, which vanishes on white.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#1b1b1b")
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
DASHES = ("-", "--", ":")
WIDTH = 9.6
"""inches of a picture as wide as the page"""

SETTINGS: Any = {
    "font.family": "DejaVu Sans",
    "font.size": 10.5,
    "axes.titlesize": 11,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.titlepad": 9,
    "axes.edgecolor": GREY,
    "axes.labelcolor": INK,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "grid.color": FAINT,
    "grid.linewidth": 0.7,
    "legend.frameon": False,
    "legend.fontsize": 10,
    "lines.linewidth": 1.8,
    "lines.markersize": 6.5,
    "xtick.color": INK,
    "ytick.color": INK,
    # Letters as outlines: the same on every machine and on paper.
    "svg.fonttype": "path",
    "svg.hashsalt": "tacrefine",
}


@contextmanager
def house_style() -> Iterator[None]:
    """Everything drawn inside looks alike; matplotlib's own settings come back afterwards."""
    with matplotlib.rc_context(SETTINGS):
        yield


def blank(height: float, width: float = WIDTH) -> Figure:
    """An empty figure in inches that arranges its own parts."""
    return Figure(figsize=(width, height), facecolor="white", layout="constrained")


def lines(count: int) -> list[dict[str, Any]]:
    """Colour, marker and dashes of so many curves, all different up to 21; hollow and dashed from the 8th on."""
    looks = []
    for index, (colour, marker) in zip(range(count), cycle(zip(COLOURS, MARKERS, strict=True)), strict=False):
        turn = index // len(COLOURS) % len(DASHES)
        inside = "white" if turn else colour
        looks.append(
            {"color": colour, "marker": marker, "linestyle": DASHES[turn], "markerfacecolor": inside}
        )
    return looks


def log_axis(axes: Axes, which: str) -> None:
    """A logarithmic axis labelled with plain numbers (0.1, 1, 10)."""
    axis = axes.xaxis if which == "x" else axes.yaxis
    (axes.set_xscale if which == "x" else axes.set_yscale)("log")
    low, high = axes.get_xlim() if which == "x" else axes.get_ylim()
    few = high / low < 1000
    axis.set_major_locator(LogLocator(10, subs=(1.0, 2.0, 5.0) if few else (1.0,), numticks=20))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.10g}"))
    axis.set_minor_formatter(NullFormatter())


def embedded(figure: Figure, picture: str = "svg") -> str:
    """The figure as a `data:` address, sharp at any size as SVG; photographs of touch are smaller as PNG."""
    stream = io.BytesIO()
    metadata = {"Date": None} if picture == "svg" else None
    figure.savefig(stream, format=picture, dpi=200, metadata=metadata)
    mime = "image/svg+xml" if picture == "svg" else "image/png"
    return f"data:{mime};base64,{base64.b64encode(stream.getvalue()).decode('ascii')}"
