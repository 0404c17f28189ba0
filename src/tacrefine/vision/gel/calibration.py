"""One optical fingertip: what its gel looks like at rest, how it shades, and the grid of taxels on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tacrefine.errors import DataError, TouchError
from tacrefine.vision.gel.change import Map, change, without_markers, working_size
from tacrefine.vision.gel.heights import surface
from tacrefine.vision.gel.presses import LOPSIDED, BallPress, find, refined, shape, told
from tacrefine.vision.gel.shading import TERMS, Shading, fit, places
from tacrefine.vision.images import averaged

Image = NDArray[np.uint8]

PROPORTIONS = 0.02
"""by how much height over width of an image may differ from the calibrated one"""
ROUNDS = 4
"""in which places of the balls and the shading are found by turns"""
TOLD = 0.35
"""share of the presses' shape that may be left unexplained"""


@dataclass(frozen=True)
class TaxelGrid:
    """Taxels on the image: `rows` x `cols`, `pitch` (m), in the middle of the image.

    `turn` (quarter turns counter-clockwise) and `mirror` (left and right) bring the image into the pad's frame first.
    """

    rows: int
    cols: int
    pitch: float
    turn: int = 0
    mirror: bool = False


@dataclass(frozen=True, eq=False)
class GelCalibration:
    """`rest` (h, w, 3) without markers; `pixel` m; `ball_radius` m; `presses` it was found from.

    `source_size` are rows and columns of the camera's images. `unexplained` is the share of the presses' depth (mean
    square) that the fitted gel does not give back.
    """

    rest: Map
    pixel: float
    shading: Shading
    grid: TaxelGrid
    source_size: tuple[int, int]
    ball_radius: float
    presses: tuple[BallPress, ...]
    unexplained: float

    @property
    def full_scale(self) -> float:
        """Depth (m) that counts as full scale: the deepest press of the calibration."""
        return self.shading.deepest

    def depth(self, image: NDArray[np.generic]) -> Map:
        """How deep the gel is pressed in ``(h, w)`` m >= 0, from an RGB image ``(H, W, 3)`` of the camera.

        Any resolution will do. Raises TouchError where the image has other proportions than the calibrated ones.
        """
        rows, cols = self.source_size
        if (
            image.ndim != 3
            or image.shape[2] != 3
            or 0 in image.shape
            or abs(image.shape[0] * cols - image.shape[1] * rows) > PROPORTIONS * rows * image.shape[1]
        ):
            raise TouchError(
                f"An image {image.shape} came; the calibration is for RGB images of {rows} x {cols} pixels."
            )
        small = averaged(image, (self.rest.shape[0], self.rest.shape[1])).astype(np.float64)
        return np.maximum(_depth(self.shading, change(small, self.rest, self.pixel), self.pixel), 0.0)

    def taxels(self, image: NDArray[np.generic]) -> NDArray[np.float32]:
        """Mean depth under each taxel ``(rows, cols)`` as a share of `full_scale`, 0 to 1; raises TouchError."""
        share = pooled(self.depth(image), self.pixel, self.grid) / self.full_scale
        return np.clip(share, 0.0, 1.0).astype(np.float32)


def pooled(depth: Map, pixel: float, grid: TaxelGrid) -> Map:
    """Mean of a map ``(h, w)`` over each taxel ``(rows, cols)``."""
    turned = np.rot90(depth[:, ::-1] if grid.mirror else depth, grid.turn)
    down = _cells(turned.shape[0], pixel, grid.rows, grid.pitch)
    across = _cells(turned.shape[1], pixel, grid.cols, grid.pitch)
    return np.asarray(down @ turned @ across.T)


def calibrate(
    rest: Sequence[Image],
    presses: Sequence[tuple[str, Image]],
    ball_radius: float,
    width: float,
    grid: TaxelGrid,
) -> GelCalibration:
    """Find a gel's shading from images at rest and named images of a ball pressed in at unknown places.

    `ball_radius` and `width` (of what the image shows, left to right) are in m. Raises DataError in one sentence for
    images of different sizes, images without a press, and presses that tell too little.
    """
    if not rest or not presses:
        raise DataError("A calibration needs at least one image at rest and one with the ball pressed in.")
    source = rest[0].shape[:2]
    for name, image in [("an image at rest", image) for image in rest] + list(presses):
        if image.shape != (*source, 3):
            raise DataError(f"{name}: is {image.shape}, but the first image at rest is {rest[0].shape}.")
    size = working_size((source[0], source[1]))
    pixel = width / size[1]
    bare = np.mean([averaged(image, size) for image in rest], 0).astype(np.float64)
    even = without_markers(bare, pixel)
    changes = [change(averaged(image, size).astype(np.float64), even, pixel) for _, image in presses]
    guesses = [find(c, pixel, ball_radius, name) for c, (name, _) in zip(changes, presses, strict=True)]
    coloured = float(np.mean([lopsided for _, _, lopsided in guesses])) > LOPSIDED
    found = [first if coloured else second for first, second, _ in guesses]
    for _ in range(ROUNDS):
        shading = _fitted(changes, found, pixel, ball_radius, coloured)
        maps = [
            _from_slopes(shading, c, p, pixel) if coloured else _depth(shading, c, pixel)
            for c, p in zip(changes, found, strict=True)
        ]
        found = [refined(p, m, pixel, ball_radius, coloured) for p, m in zip(found, maps, strict=True)]
    shading = _fitted(changes, found, pixel, ball_radius, coloured)
    unexplained = _unexplained(shading, changes, found, pixel, ball_radius)
    if unexplained > TOLD:
        raise DataError(
            f"The presses do not agree: {100 * unexplained:.0f} % of their depth stays unexplained, allowed are "
            f"{100 * TOLD:.0f} %; look at the picture, check ball radius and width, or press elsewhere."
        )
    return GelCalibration(
        even, pixel, shading, grid, (source[0], source[1]), ball_radius, tuple(found), unexplained
    )


def _depth(shading: Shading, changed: Map, pixel: float) -> Map:
    right, down, single, slope_variance, depth_variance = shading.surface(changed)
    whole = surface(right, down, single, pixel, 1.0 / slope_variance, 1.0 / depth_variance)
    return np.asarray(whole)


def _from_slopes(shading: Shading, changed: Map, press: BallPress, pixel: float) -> Map:
    """A map of depth from slopes alone, 0 where the gel is at rest: what depth a press had is not known yet."""
    right, down, single, _, _ = shading.surface(changed)
    whole = surface(right, down, np.zeros_like(single), pixel, 1.0, 0.0)
    _, rest = told(press, (changed.shape[0], changed.shape[1]), pixel)
    return np.asarray(whole - np.median(whole[rest]) if rest.any() else whole - whole.min())


def _fitted(
    changes: Sequence[Map], presses: Sequence[BallPress], pixel: float, ball_radius: float, coloured: bool
) -> Shading:
    """The shading from the pixels of every press whose surface is known; both parts of each press count alike."""
    parts: list[list[Map]] = [[], [], [], [], []]
    for changed, press in zip(changes, presses, strict=True):
        size = (changed.shape[0], changed.shape[1])
        normal, depth = shape(press, size, pixel, ball_radius)
        place = places(*size)
        inside, rest = told(press, size, pixel)
        for where in (inside, rest & _some(size)):
            if where.any():
                values = changed[where], normal[where], depth[where], place[where]
                for part, value in zip(
                    parts, (*values, np.full(where.sum(), 1.0 / where.sum())), strict=True
                ):
                    part.append(value)
    changed, normal, depth, place, weight = (np.concatenate(part) for part in parts)
    return fit(changed, normal, depth, place.reshape(-1, TERMS), weight, coloured)


def _unexplained(
    shading: Shading, changes: Sequence[Map], presses: Sequence[BallPress], pixel: float, ball_radius: float
) -> float:
    """Mean square of what maps of depth lack inside the contacts, as a share of the depth's own."""
    missing = whole = 0.0
    for changed, press in zip(changes, presses, strict=True):
        size = (changed.shape[0], changed.shape[1])
        _, wanted = shape(press, size, pixel, ball_radius)
        inside, _ = told(press, size, pixel)
        missing += float(((_depth(shading, changed, pixel) - wanted)[inside] ** 2).sum())
        whole += float((wanted[inside] ** 2).sum())
    return missing / max(whole, 1e-30)


def _some(size: tuple[int, int]) -> NDArray[np.bool_]:
    """One pixel of nine: rest looks the same everywhere."""
    some = np.zeros(size, bool)
    some[::3, ::3] = True
    return some


def _cells(pixels: int, pixel: float, cells: int, pitch: float) -> Map:
    """``(cells, pixels)``: which share of each taxel every pixel covers; beyond the image there is nothing."""
    edges = (np.arange(cells + 1) - cells / 2.0) * pitch / pixel + pixels / 2.0
    start = np.arange(pixels)
    covered = np.minimum(edges[1:, None], start + 1.0) - np.maximum(edges[:-1, None], start)
    return np.clip(covered, 0.0, None) / (pitch / pixel)
