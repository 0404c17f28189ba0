"""The picture of one regrasping: what camera and pads showed in each grasp, and what was decided on it."""

from __future__ import annotations

from pathlib import Path

import matplotlib

matplotlib.use("Agg")

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from tacrefine.demo.picture import BAD, GOOD, INK
from tacrefine.demo.regrasp_run import Grasp, RegraspRun, describe

MOST = 5
"""grasps that are drawn; of more, the first and the last ones"""


def draw(run: RegraspRun, path: Path) -> None:
    """Write the picture as PNG."""
    grasps = run.grasps
    grasps = grasps if len(grasps) <= MOST else [grasps[0], *grasps[1 - MOST :]]
    columns = len(grasps) + 2
    figure = Figure(figsize=(2.3 * columns + 0.9, 6.4), dpi=110, facecolor="white")
    end = f"lifted with {run.force:.1f} N" if run.lifted else "not lifted"
    tries = f"{run.tries} tr{'y' if run.tries == 1 else 'ies'}"
    figure.suptitle(
        f"'{run.object}' grasped by vision and touch: {end} after {tries}",
        fontsize=14,
        fontweight="bold",
        color=INK,
        y=0.975,
    )
    grid = figure.add_gridspec(
        3,
        columns,
        height_ratios=[1.15, 1.0, 1.0],
        left=0.085,
        right=0.985,
        top=0.86,
        bottom=0.15,
        wspace=0.1,
        hspace=0.08,
    )
    for row, name in enumerate(("camera", "left pad", "right pad")):
        box = grid[row, 0].get_position(figure)
        figure.text(0.072, (box.y0 + box.y1) / 2, name, ha="right", va="center", fontsize=11, color=INK)
    first = figure.add_subplot(grid[0, 0])
    _image(first, run.scene, INK)
    first.set_title("ON THE TABLE", fontsize=11, fontweight="bold", color=INK)
    for column, grasp in enumerate(grasps, 1):
        _grasp(figure, grid, column, grasp)
    last = figure.add_subplot(grid[0, columns - 1])
    colour = GOOD if run.lifted else BAD
    _image(last, run.end, colour)
    last.set_title("IN THE END", fontsize=11, fontweight="bold", color=colour)
    figure.text(
        0.985,
        0.012,
        f"simulated gripper, two optical pads and a camera · model {run.model}",
        ha="right",
        fontsize=8,
        color="#666666",
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path)


def _grasp(figure: Figure, grid: object, column: int, grasp: Grasp) -> None:
    colour = GOOD if grasp.lifts else BAD
    for row, name in enumerate(("camera", "left", "right")):
        axes = figure.add_subplot(grid[row, column])  # type: ignore[index]
        _image(axes, grasp.images.get(name), colour)
        if row == 0:
            axes.set_title(
                f"{grasp.name.upper()}, {grasp.force:.1f} N", fontsize=11, fontweight="bold", color=colour
            )
        if row == 2:
            decided = "lift it" if grasp.lifts else describe(grasp.motion).replace(" mm, ", " mm,\n")
            axes.set_xlabel(
                f"{decided}\nsuccess promised: {grasp.probability:.0%}", fontsize=9.5, color=colour
            )


def _image(axes: Axes, pixels: NDArray | None, colour: str) -> None:
    if pixels is not None:
        axes.imshow(pixels, interpolation="nearest")
    axes.set_xticks([])
    axes.set_yticks([])
    for side in axes.spines.values():
        side.set_color(colour)
        side.set_linewidth(1.8)
