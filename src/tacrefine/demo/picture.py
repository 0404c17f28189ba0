"""The picture of one refinement: what the pads felt before, after and in the target, and the error a step."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.gridspec import GridSpecFromSubplotSpec
from numpy.typing import NDArray

from tacrefine.demo.scenario import Refinement
from tacrefine.hands import Hand
from tacrefine.hands.images import finger_images, image_sizes
from tacrefine.touch.pictures import draw_finger

GOOD, BAD, INK = "#1a7f37", "#b3261e", "#222222"
TOLERANCE_MM, TOLERANCE_DEG = 5.0, 5.0
LONG_FINGER = 16
"""rows from which on the picture is made higher"""


def draw(run: Refinement, hand: Hand, path: Path) -> None:
    """Write the picture as PNG."""
    sizes = image_sizes(hand)
    high = max(rows for rows, _ in sizes) > LONG_FINGER
    figure = Figure(figsize=(12.5, 9.9 if high else 6.6), dpi=110, facecolor="white")
    (start_mm, start_deg), (final_mm, final_deg) = run.errors[0], run.errors[-1]
    moves = f"{run.steps} move{'' if run.steps == 1 else 's'} of the wrist"
    figure.suptitle(
        f"Grasp of '{run.object}' corrected by touch alone: {start_mm:.1f} mm, {start_deg:.1f}° off  →  "
        f"{final_mm:.1f} mm, {final_deg:.1f}° after {moves}",
        fontsize=14,
        fontweight="bold",
        color=INK,
        x=0.5,
        y=0.975,
    )
    outer = figure.add_gridspec(
        1, 2, width_ratios=[2.15, 1.0], left=0.115, right=0.975, top=0.83, bottom=0.10, wspace=0.16
    )
    widths = [float(cols) for _, cols in sizes]
    columns = outer[0].subgridspec(3, len(sizes), width_ratios=widths, wspace=0.08, hspace=0.12)
    _touch(figure, columns, run, hand)
    plots = outer[1].subgridspec(2, 1, hspace=0.28)
    millimetres, degrees = np.array(run.errors).T
    top = figure.add_subplot(plots[0])
    _errors(top, millimetres, "position error [mm]", "mm", TOLERANCE_MM)
    top.set_title("True error after each step", fontsize=12, color=INK, pad=10)
    bottom = figure.add_subplot(plots[1])
    _errors(bottom, degrees, "rotation error [deg]", "°", TOLERANCE_DEG)
    bottom.set_xlabel("moves of the wrist (0 = disturbed grasp)", fontsize=10)
    figure.text(
        0.975,
        0.012,
        f"simulated plant {run.plant} · model {run.model} · random poses (by the seed) · truth from the simulator",
        ha="right",
        fontsize=8,
        color="#666666",
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path)


def _touch(figure: Figure, grid: GridSpecFromSubplotSpec, run: Refinement, hand: Hand) -> None:
    (start_mm, start_deg), (final_mm, final_deg) = run.errors[0], run.errors[-1]
    end = GOOD if final_mm <= TOLERANCE_MM and final_deg <= TOLERANCE_DEG else BAD
    rows: Sequence[tuple[str, str, NDArray[np.float32], str]] = (
        ("BEFORE", f"disturbed:\n{start_mm:.1f} mm\n{start_deg:.1f}° off", run.before, BAD),
        ("AFTER", f"refined:\n{final_mm:.1f} mm\n{final_deg:.1f}° off", run.after, end),
        ("TARGET", "shown once", run.shown, INK),
    )
    top = max(0.3, float(np.nanmax([np.nanmax(data) for *_, data, _ in rows])))
    image = None
    for row, (title, text, data, colour) in enumerate(rows):
        for column, finger in enumerate(finger_images(hand, data)):
            axes = figure.add_subplot(grid[row, column])
            image = draw_finger(axes, finger, top)
            axes.set_xticks([])
            axes.set_yticks([])
            for side in axes.spines.values():
                side.set_color(colour)
                side.set_linewidth(1.8)
            if row == 0:
                axes.set_title(finger.name, fontsize=11, color=INK)
            if column == 0:
                axes.text(
                    -0.22,
                    0.70,
                    title,
                    transform=axes.transAxes,
                    ha="right",
                    va="center",
                    fontsize=13,
                    fontweight="bold",
                    color=colour,
                )
                axes.text(
                    -0.22,
                    0.34,
                    text,
                    transform=axes.transAxes,
                    ha="right",
                    va="center",
                    fontsize=9.5,
                    color=colour,
                )
    pads = f"{len(hand.pads)} fingertips" if len(hand.pads) == len(hand.fingers) else f"{len(hand.pads)} pads"
    figure.text(0.115, 0.895, f"What the {pads} feel", fontsize=12, color=INK)
    assert image is not None
    bar = figure.add_axes((0.30, 0.055, 0.22, 0.018))
    figure.colorbar(image, cax=bar, orientation="horizontal")
    bar.tick_params(labelsize=8)
    figure.text(0.29, 0.056, "pressure [share of full scale]", fontsize=8.5, color=INK, ha="right")


def _errors(axes: Axes, values: NDArray[np.float64], label: str, unit: str, tolerance: float) -> None:
    steps = np.arange(len(values))
    ceiling = 1.25 * max(tolerance, float(values.max()))
    axes.axhspan(0.0, tolerance, color=GOOD, alpha=0.10, lw=0)
    axes.text(
        len(values) - 0.55,
        tolerance * 0.97,
        f"within {tolerance:g}{unit if unit == '°' else ' ' + unit}",
        color=GOOD,
        fontsize=8.5,
        ha="right",
        va="top",
    )
    axes.plot(steps, values, "-", color=INK, lw=1.6, zorder=2)
    for step, value in zip(steps, values, strict=True):
        axes.plot(
            step,
            value,
            "o",
            ms=8,
            color=BAD if value > tolerance else GOOD if step == steps[-1] else INK,
            zorder=3,
        )
        axes.annotate(
            f"{value:.1f}",
            (step, value),
            textcoords="offset points",
            xytext=(0, 9),
            ha="center",
            fontsize=10,
            fontweight="bold",
            color=INK,
        )
    axes.set_xlim(-0.45, len(values) - 0.55)
    axes.set_ylim(0.0, ceiling)
    axes.set_xticks(steps)
    axes.set_ylabel(label, fontsize=10)
    axes.grid(axis="y", color="#dddddd", lw=0.7)
    axes.set_axisbelow(True)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
