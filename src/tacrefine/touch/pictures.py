"""Touch as a picture: one row for each moment, one column for each finger."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tacrefine.hands.images import FingerImage, finger_images, image_sizes
from tacrefine.touch.touch import Touch

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.image import AxesImage

NO_TAXEL, DEAD = "#ffffff", "#9ecae1"
LEAST_TOP = 0.3
"""share of full scale at which the colours end at least, so that noise stays dark"""


def draw_touches(touches: Mapping[str, Touch], path: str | Path | None = None) -> Figure:
    """Draw moments of touch of one hand, one row each with its title, fingertips up; returns the matplotlib figure.

    Pressure is coloured from 0 to the largest reading of all; dead taxels are light blue. With `path` the figure is
    written there too (PNG, PDF, SVG by its suffix).
    """
    from matplotlib.figure import Figure

    hand = next(iter(touches.values())).hand
    widths = [float(cols) for _, cols in image_sizes(hand)]
    rows = max(rows for rows, _ in image_sizes(hand))
    figure = Figure(
        figsize=(1.7 * len(widths) + 1.6, 0.13 * rows * len(touches) + 1.6), dpi=110, facecolor="white"
    )
    grid = figure.add_gridspec(
        len(touches), len(widths), width_ratios=widths, left=0.16, right=0.98, top=0.92, bottom=0.2
    )
    top = max(LEAST_TOP, *(float(np.nanmax(touch.tactile)) for touch in touches.values()))
    image = None
    for row, (title, touch) in enumerate(touches.items()):
        for column, finger in enumerate(finger_images(hand, touch.tactile)):
            axes = figure.add_subplot(grid[row, column])
            image = draw_finger(axes, finger, top)
            axes.set_xticks([])
            axes.set_yticks([])
            if row == 0:
                axes.set_title(finger.name, fontsize=11)
            if column == 0:
                axes.set_ylabel(title, rotation=0, ha="right", va="center", fontsize=11, labelpad=12)
    assert image is not None
    bar = figure.add_axes((0.4, 0.12, 0.3, 0.02))
    figure.colorbar(image, cax=bar, orientation="horizontal")
    bar.set_xlabel("pressure [share of full scale]", fontsize=8.5)
    if path is not None:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path)
    return figure


def draw_finger(axes: Axes, finger: FingerImage, top: float) -> AxesImage:
    """Draw the pads of one finger, tip at the top, in colours from 0 to `top`; dead taxels are light blue."""
    from matplotlib.colors import to_rgb

    ground = np.where(finger.inside[..., None], to_rgb(DEAD), to_rgb(NO_TAXEL))
    axes.imshow(ground, origin="upper", aspect="equal")
    values = np.ma.masked_where(~finger.inside | np.isnan(finger.values), finger.values)
    return axes.imshow(values, cmap="magma", vmin=0.0, vmax=top, origin="upper", aspect="equal")
