"""Pictures about the regrasp benchmarks."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmark_report.regrasp_contents import Curve
from tacrefine.report.style import COLOURS, GREY, blank, lines


def draw_curves(curves: Sequence[Curve], axis: str, scale: float) -> Figure:
    """A panel for each state: what is predicted as a line, what truly happened as dots."""
    figure = blank(2.8)
    panels = np.atleast_1d(figure.subplots(1, len(curves), sharey=True))
    for axes, curve, look in zip(panels, curves, lines(len(curves)), strict=True):
        draw_curve(axes, curve, scale, look["color"])
        axes.set_xlabel(axis)
    panels[0].set_ylabel("success [%]")
    panels[0].legend()
    return figure


def draw_curve(axes: Axes, curve: Curve, scale: float, colour: str = COLOURS[0]) -> None:
    """One of them, its values times `scale`."""
    values = scale * np.array(curve.values)
    axes.plot(values, [100 * value for value in curve.predicted], color=colour, label="predicted")
    pairs = [(x, 100 * y) for x, y in zip(values, curve.observed, strict=False) if y is not None]
    if pairs:
        axes.plot(*zip(*pairs, strict=True), "o", color=GREY, label="simulated")
    axes.set_title(f"{curve.name}: {curve.object}")
    axes.set_ylim(-2, 102)
