"""The simulated gel against a real one: the same ball pressed equally deep, seen by the same sensor.

`--recordings` is a folder with a folder for each sensor, as its public repository ships them: `rectify_crop_ref.png`
(untouched), `rectify_crop_sample.png` (a ball of 4.0 mm radius pressed in) and `Pixel_to_Depth.npy` (mm for each grey
level that a pixel darkens by). The ball is pressed into the simulated gel at the same place until it is as deep, its
depth goes back through the sensor's table onto the sensor's own untouched image, and both presses are measured alike.
The recordings are not part of this project.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq

from tacrefine.errors import DataError
from tacrefine.provenance import write_figures
from tacrefine.sim.gripper.gel import Gel, Pad, Press, membrane, pixel_centres
from tacrefine.sim.gripper.model import GEL_STIFFNESS
from tacrefine.vision.contact_patch import blur

MM_PER_PIXEL = {"sensor_1": 0.0510, "sensor_2": 0.0500}
BALL_RADIUS = 4.0
"""mm"""
CORE = 0.4
"""share of the largest depth: what is deeper is of the ball, whatever the gel's skin does around it"""
SMOOTHING = 2.0
"""pixels, against the noise of two 8-bit images"""
FARTHEST = 6.0
"""mm from the ball's middle that is compared: what lies beyond is untouched in both"""
Map = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Press4mm:
    """One recorded press. Grey levels; depth in mm."""

    rest: Map
    pressed: Map
    table: Map
    pixel: float
    """mm"""

    @property
    def darkening(self) -> Map:
        """Grey levels that each pixel lost."""
        return blur(self.rest - self.pressed, SMOOTHING)

    @property
    def depth(self) -> Map:
        """Mm by the sensor's own table."""
        levels = np.arange(len(self.table))
        return np.interp(self.darkening, levels, np.concatenate([[0.0], self.table[1:]]))


def read_press(folder: Path) -> Press4mm:
    """Raises DataError where a file is missing."""
    from matplotlib.image import imread

    try:
        grey = [
            255.0 * np.asarray(imread(folder / f"rectify_crop_{name}.png"), float)[..., :3].mean(-1)
            for name in ("ref", "sample")
        ]
        table = np.load(folder / "Pixel_to_Depth.npy")
    except OSError as error:
        raise DataError(f"{folder}: not a sensor's recordings ({error}).") from error
    return Press4mm(grey[0], grey[1], table, MM_PER_PIXEL.get(folder.name, 0.05))


def simulated_depth(real: Press4mm) -> Map:
    """Depth (mm) of the same ball in the simulated gel, at the same place and equally deep."""
    shape = real.rest.shape
    metres = (shape[0] * real.pixel * 1e-3, shape[1] * real.pixel * 1e-3)
    plain = Gel(**{**vars(Gel.sample(np.random.default_rng(0))), "dome": 0.0, "softness": 1.0})
    pad = Pad(plain, GEL_STIFFNESS, shape, metres)
    row, column = middle(real.depth)
    down, right = pixel_centres(shape, metres)
    away = np.hypot(down - down[row, 0], right - right[0, column])
    ball = BALL_RADIUS * 1e-3
    gap = np.where(away < ball, ball - np.sqrt(np.maximum(ball**2 - away**2, 0.0)), np.inf)
    deepest = real.depth.max()

    def surface(force: float) -> Map:
        return 1e3 * membrane(pad.depth(Press(gap, force)), pad.pixel)

    return surface(brentq(lambda force: surface(force).max() - deepest, 0.01, 300.0, xtol=1e-3))


def middle(depth: Map) -> tuple[int, int]:
    """Row and column of the middle of what is pressed in."""
    rows, columns = np.nonzero(depth > 0.5 * depth.max())
    return round(float(rows.mean())), round(float(columns.mean()))


def contact_radius(depth: Map, pixel: float) -> float:
    """Mm: where a sphere's parabola through what is surely pressed in reaches zero depth."""
    row, column = middle(depth)
    rows, columns = np.indices(depth.shape)
    squared = ((rows - row) ** 2 + (columns - column) ** 2) * pixel**2
    core = depth > CORE * depth.max()
    slope, top = np.polyfit(squared[core], depth[core], 1)
    return float(np.sqrt(-top / slope))


def compare(real: Press4mm) -> tuple[dict[str, float], Map]:
    """Figures of one press, and the simulated image."""
    depth, made = real.depth, simulated_depth(real)
    levels = np.interp(made, np.concatenate([[0.0], real.table[1:]]), np.arange(len(real.table)))
    image = real.rest - levels
    row, column = middle(depth)
    rows, columns = np.indices(depth.shape)
    away = np.hypot(rows - row, columns - column) * real.pixel
    deepest = float(depth.max())
    inside = away < contact_radius(depth, real.pixel)
    near = away < FARTHEST
    error = made - depth
    real_radius, simulated_radius = contact_radius(depth, real.pixel), contact_radius(made, real.pixel)
    figures = {
        "deepest_mm": deepest,
        "ball_geometry_radius_mm": float(np.sqrt(2 * BALL_RADIUS * deepest - deepest**2)),
        "real_radius_mm": real_radius,
        "simulated_radius_mm": simulated_radius,
        "radius_error_mm": simulated_radius - real_radius,
        "depth_rms_inside_mm": float(np.sqrt((error[inside] ** 2).mean())),
        "depth_rms_near_mm": float(np.sqrt((error[near] ** 2).mean())),
        "depth_correlation_near": float(np.corrcoef(made[near], depth[near])[0, 1]),
        "grey_rms_inside": float(np.sqrt(((image - real.pressed)[inside] ** 2).mean())),
        "grey_rms_near": float(np.sqrt(((image - real.pressed)[near] ** 2).mean())),
    }
    return {name: round(value, 4) for name, value in figures.items()}, image


def draw(presses: dict[str, Press4mm], images: dict[str, Map], path: Path) -> None:
    """Real and simulated image side by side, and a cut through both depths."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(len(presses), 3, figsize=(11, 3 * len(presses)), squeeze=False)
    for line, (name, real) in zip(axes, presses.items(), strict=True):
        made, row = simulated_depth(real), middle(real.depth)[0]
        limits = {"cmap": "gray", "vmin": 60, "vmax": 220}
        line[0].imshow(real.pressed, **limits)
        line[0].set_title(f"{name}: real")
        line[1].imshow(images[name], **limits)
        line[1].set_title("simulated")
        x = np.arange(real.rest.shape[1]) * real.pixel
        line[2].plot(x, real.depth[row], label="real, by the sensor's table")
        line[2].plot(x, made[row], label="simulated")
        line[2].set_xlabel("mm")
        line[2].set_ylabel("depth, mm")
        line[2].legend(fontsize=7)
        for axis in line[:2]:
            axis.axis("off")
    figure.tight_layout()
    figure.savefig(path, dpi=110)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--recordings", type=Path, required=True, help="folder with a folder for each sensor")
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    parser.add_argument("--plot", type=Path, help="draw both side by side into this file")
    options = parser.parse_args()
    folders = sorted(path.parent for path in options.recordings.glob("*/Pixel_to_Depth.npy"))
    if not folders:
        parser.error(f"{options.recordings}: holds no sensor's recordings (*/Pixel_to_Depth.npy).")
    presses = {folder.name: read_press(folder) for folder in folders}
    figures: dict[str, Any] = {}
    images: dict[str, Map] = {}
    for name, real in presses.items():
        figures[name], images[name] = compare(real)
        print(name, figures[name])
    if options.json:
        origin = "9DTact, github.com/linchangyi1/9DTact (MIT): two sensors, a ball of 4.0 mm radius"
        write_figures(options.json, {"origin": origin, "sensors": figures})
    if options.plot:
        draw(presses, images, options.plot)


if __name__ == "__main__":
    main()
