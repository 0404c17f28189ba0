"""Curves of evaluations: success against threshold, error against move."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, MultipleLocator

from tacrefine.report.contents import Evaluation, StepErrors, Success
from tacrefine.report.style import GREY, INK, blank, lines, log_axis
from tacrefine.report.words import THRESHOLDS, number

SMALLEST = 1e-3
"""mm or deg; what a logarithmic axis shows of a zero"""
FEW_MOVES = 10
"""how many moves are shown where evaluations stand side by side"""
GUIDES = (1.0, 5.0)
"""mm and deg of the thresholds that are marked in pictures of errors"""

Look = dict[str, Any]


def success_overview(names: Sequence[str], evaluations: Sequence[Evaluation]) -> Figure:
    """Success of all trials against the threshold, one curve for each evaluation."""
    figure = blank(3.7 + 0.12 * len(names))
    axes = figure.subplots()
    looks = lines(len(names))
    for name, evaluation, look in zip(names, evaluations, looks, strict=True):
        _success(axes, name, evaluation.all, look)
    _success_axes(axes)
    axes.set_xlabel("final error of the grasp is within …  (easy to hard)")
    _legend(figure, axes)
    return figure


def errors_overview(names: Sequence[str], evaluations: Sequence[Evaluation]) -> Figure:
    """Median error against the number of moves, one curve for each evaluation."""
    figure = blank(3.7 + 0.12 * len(names))
    left, right = figure.subplots(1, 2)
    for name, evaluation, look in zip(names, evaluations, lines(len(names)), strict=True):
        _errors(left, right, name, evaluation.after_each_step[: FEW_MOVES + 1], look)
    _error_axes(left, right, ", median")
    _legend(figure, left)
    return figure


def of_classes(evaluation: Evaluation) -> Figure:
    """Success and errors of one evaluation, a curve for each class of objects."""
    figure = blank(3.7)
    success, left, right = figure.subplots(1, 3, width_ratios=(1.35, 1, 1))
    looks = lines(len(evaluation.classes))
    for (name, figures), look in zip(evaluation.classes.items(), looks, strict=True):
        _success(success, name, figures, look)
    everything: Mapping[str, Sequence[StepErrors]] = evaluation.classes_after_each_step
    for (name, steps), look in zip(everything.items(), looks, strict=False):
        _errors(left, right, name, steps, look, high=True)
    if not everything:
        _errors(left, right, "all objects", evaluation.after_each_step, {"color": INK, "marker": "o"})
    _success_axes(success)
    success.set_title("Success")
    success.set_xlabel("final error within …")
    _error_axes(left, right)
    success.legend(loc="lower left")
    return figure


def _success(axes: Axes, name: str, figures: Success, look: Look) -> None:
    values = [getattr(figures, key) for key in THRESHOLDS]
    percents = [np.nan if value is None else 100.0 * value for value in values]
    axes.plot(range(len(percents)), percents, label=name, clip_on=False, **look)


def _success_axes(axes: Axes) -> None:
    drawn = np.concatenate([np.asarray(line.get_ydata(), float) for line in axes.lines])
    low = max(0.0, 10.0 * np.floor(np.nanmin(drawn) / 10.0) - 10.0)
    axes.set_ylim(low, 100.0)
    axes.yaxis.set_major_locator(MultipleLocator(10.0 if low < 70.0 else 5.0))
    axes.set_xlim(-0.2, len(THRESHOLDS) - 0.8)
    axes.set_xticks(range(len(THRESHOLDS)), [text.replace(" / ", "\n") for text in THRESHOLDS.values()])
    axes.set_ylabel("trials that succeed [%]")
    axes.grid(visible=False, axis="x")


def _errors(
    left: Axes, right: Axes, name: str, steps: Sequence[StepErrors], look: Look, high: bool = False
) -> None:
    moves = [step.step for step in steps]
    look = look | {"markevery": max(1, len(steps) // 12)}
    for axes, unit in ((left, "mm"), (right, "deg")):
        axes.plot(moves, _visible(steps, f"median_{unit}"), label=name, **look)
        if high and all(getattr(step, f"p95_{unit}") is not None for step in steps):
            thin = look | {"linestyle": ":", "linewidth": 1.2, "markersize": 3.5}
            axes.plot(moves, _visible(steps, f"p95_{unit}"), **thin)


def _visible(steps: Sequence[StepErrors], name: str) -> list[float]:
    return [max(SMALLEST, getattr(step, name)) for step in steps]


def _error_axes(left: Axes, right: Axes, which: str = "") -> None:
    for axes, quantity, unit in ((left, "Position", "mm"), (right, "Rotation", "deg")):
        axes.set_title(f"{quantity} error{which}")
        axes.set_ylabel(f"error [{unit}]")
        axes.set_xlabel("moves of the wrist made")
        log_axis(axes, "y")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
        for guide in GUIDES:
            axes.axhline(guide, color=GREY, linewidth=0.9, linestyle=(0, (1, 2)), zorder=1)
            axes.annotate(
                f"{guide:g} {unit}",
                (1.0, guide),
                xycoords=("axes fraction", "data"),
                xytext=(0, 2),
                textcoords="offset points",
                ha="right",
                va="bottom",
                fontsize=8.5,
                color=GREY,
                bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.7, "pad": 0.3},
            )


def _legend(figure: Figure, axes: Axes) -> None:
    handles, texts = axes.get_legend_handles_labels()
    columns = 1 if max(map(len, texts)) > 60 else 2 if max(map(len, texts)) > 28 else 3
    figure.legend(handles, texts, loc="outside lower center", ncols=min(columns, len(texts)))


def first_move(evaluation: Evaluation) -> str | None:
    """What the first move does to the median error; None if none was made."""
    if len(evaluation.after_each_step) < 2:
        return None
    start, after = evaluation.after_each_step[:2]
    return (
        f"from {number(start.median_mm)} mm and {number(start.median_deg)}° "
        f"to {number(after.median_mm)} mm and {number(after.median_deg)}°"
    )
