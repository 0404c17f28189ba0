"""A picture of what a calibration found: every press, its map of depth, and its profile beside the ball's."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Circle
from numpy.typing import NDArray

from tacrefine.vision.gel.calibration import GelCalibration
from tacrefine.vision.gel.presses import pixel_places

MM = 1e3


def draw(calibration: GelCalibration, presses: Sequence[tuple[str, NDArray[np.uint8]]], path: Path) -> None:
    """Write the picture: one row for each press (named image); lengths in mm."""
    figure = Figure(figsize=(13.0, 2.9 * len(presses)), layout="constrained")
    axes = figure.subplots(len(presses), 4, squeeze=False)
    height, width = calibration.rest.shape[:2]
    half_width, half_height = (n * calibration.pixel * MM / 2.0 for n in (width, height))
    extent = (-half_width, half_width, half_height, -half_height)
    right, down = pixel_places((height, width), calibration.pixel)
    for row, (name, image), press in zip(axes, presses, calibration.presses, strict=True):
        depth = calibration.depth(image)
        taxels = calibration.taxels(image)
        row[0].imshow(image, extent=extent)
        row[0].add_patch(
            Circle((press.right * MM, press.down * MM), press.radius * MM, fill=False, color="lime", lw=1.5)
        )
        row[0].set_title(f"{name}: contact radius {press.radius * MM:.2f} mm", fontsize=9)
        shown = row[1].imshow(depth * MM, extent=extent, vmin=0.0)
        figure.colorbar(shown, ax=row[1], label="depth [mm]")
        row[1].set_title(f"deepest {depth.max() * MM:.2f} mm", fontsize=9)
        away = np.hypot(right - press.right, down - press.down)
        radius = calibration.ball_radius
        line = np.linspace(0.0, press.radius, 60)
        ball = np.sqrt(radius**2 - line**2) - (radius - press.depth(radius))
        row[2].plot(away.ravel() * MM, depth.ravel() * MM, ".", ms=1, color="tab:blue", label="measured")
        row[2].plot(line * MM, ball * MM, color="tab:orange", label="ball")
        row[2].set_xlim(0.0, 2.5 * press.radius * MM)
        row[2].set_xlabel("from the middle [mm]")
        row[2].set_ylabel("depth [mm]")
        row[2].legend(fontsize=8)
        row[3].imshow(taxels, vmin=0.0, vmax=1.0, cmap="magma")
        row[3].set_title(f"{taxels.shape[0]} x {taxels.shape[1]} taxels", fontsize=9)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=90)
