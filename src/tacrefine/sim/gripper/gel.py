"""GelSight-like images of a pad: how deep the gel is pressed in, and what its camera then sees.

A pad's image has its first row at the top of the finger and its columns along the gripper's +x, on both pads, so that
one motion of the gripper moves what is felt the same way on both. Lengths in m unless a name says mm.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tacrefine.gripper import PAD_SIZE, TACTILE_SIZE
from tacrefine.vision.contact_patch import blur

Image = NDArray[np.uint8]
Map = NDArray[np.float64]

DEEPEST = 0.0025
"""m: the gel cannot be pressed in further"""
SHEAR_STIFFNESS_SHARE = 0.35
"""of the normal stiffness"""
MOST_SHEAR = 0.0015
"""m: beyond it the surface slips"""
MOST_TWIST = 0.35
"""rad"""
MEMBRANE_MM = (1.2, 0.7, 0.35)
"""standard deviations of the smoothing outside, near and inside the contact"""


@dataclass(frozen=True)
class Gel:
    """One gel, as it was cast and as it has worn: gels differ, and no two give the same image."""

    lights: NDArray[np.float64]
    """``(3, 3)`` unit direction to the red, green and blue light in image axes (right, down, out)"""
    ambient: NDArray[np.float64]
    """``(3,)`` grey levels without a light"""
    diffuse: NDArray[np.float64]
    """``(3,)`` grey levels that a light adds where it strikes at a right angle"""
    uneven: NDArray[np.float64]
    """``(3, 3)`` per colour: brightness along x, along y and toward the rim, shares"""
    deepening: float
    """share of brightness that each mm of depth takes"""
    softness: float
    """factor on how far it gives"""
    dome: float
    """m that the rim lies behind the middle"""
    marker_pitch: float
    """m"""
    marker_radius: float
    """m"""
    marker_turn: float
    """rad"""
    marker_shift: NDArray[np.float64]
    """``(2,)`` shares of the pitch"""
    marker_depth: float
    """share of brightness that a marker takes"""
    noise: float
    """grey levels"""

    @classmethod
    def sample(cls, rng: np.random.Generator) -> Gel:
        """Return a random gel."""
        turn = rng.normal(0.0, 0.08)
        azimuth = np.array([math.pi / 2, math.pi * 7 / 6, math.pi * 11 / 6]) + turn + rng.normal(0.0, 0.05, 3)
        height = np.radians(rng.uniform(30.0, 42.0, 3))
        lights = np.stack(
            [np.cos(height) * np.cos(azimuth), np.cos(height) * np.sin(azimuth), np.sin(height)], 1
        )
        return cls(
            lights=lights,
            ambient=rng.uniform(25.0, 45.0, 3),
            diffuse=rng.uniform(110.0, 150.0, 3),
            uneven=rng.normal(0.0, 0.08, (3, 3)),
            deepening=float(rng.uniform(0.08, 0.2)),
            softness=float(rng.uniform(0.85, 1.2)),
            dome=float(rng.uniform(0.0002, 0.0005)),
            marker_pitch=float(rng.uniform(0.0024, 0.0029)),
            marker_radius=float(rng.uniform(0.00045, 0.0006)),
            marker_turn=float(rng.normal(0.0, 0.05)),
            marker_shift=rng.uniform(0.0, 1.0, 2),
            marker_depth=float(rng.uniform(0.45, 0.75)),
            noise=float(rng.uniform(0.8, 1.8)),
        )


@dataclass(frozen=True)
class Press:
    """Gap, force, shear and moment on a pad, in its image axes (right, down)."""

    gap: Map
    """``(h, w)`` m between the unloaded flat pad and what is before it; infinite where nothing is"""
    force: float
    """N, normal"""
    shear: tuple[float, float] = (0.0, 0.0)
    """N"""
    moment: float = 0.0
    """N m about the pad's normal and centre, positive from right to down"""


def indentation(gap: Map, force: float, stiffness: float, pixel_area: float) -> Map:
    """How far each pixel overlaps with what is before the pad, ``(h, w)`` m >= 0.

    The pad is a bed of independent springs (`stiffness`, Pa/m) that comes nearer until the pressures sum up to `force`.
    """
    flat = np.sort(gap[np.isfinite(gap)], axis=None)
    if force <= 0.0 or flat.size == 0:
        return np.zeros_like(gap)
    needed = force / (stiffness * pixel_area)
    count = np.arange(1, flat.size + 1)
    volume = count * flat - np.cumsum(
        flat
    )  # overlap summed over pixels when the pad has come to the n-th one
    n = int(np.searchsorted(volume, needed, side="right"))
    approach = (needed + flat[:n].sum()) / n
    return np.clip(approach - gap, 0.0, DEEPEST)


def membrane(depth: Map, pixel: float) -> Map:
    """The gel's surface under that indentation: it is a skin, so it hangs over the rim of what is pressed in."""
    touched = depth > 0.0
    surface = depth
    for sigma in MEMBRANE_MM[:2]:
        surface = np.where(touched, depth, blur(surface, sigma * 1e-3 / pixel))
    return blur(surface, MEMBRANE_MM[2] * 1e-3 / pixel)


class Pad:
    """One gel before its camera. Image size and gel size may be those of any sensor."""

    def __init__(
        self,
        gel: Gel,
        stiffness: float,
        size: tuple[int, int] = TACTILE_SIZE,
        metres: tuple[float, float] = PAD_SIZE,
    ) -> None:
        self.gel = gel
        self.size = size
        self.pixel = metres[0] / size[0]
        self._stiffness = stiffness / gel.softness
        self._y, self._x = pixel_centres(size, metres)
        rim = (self._x / metres[1]) ** 2 + (self._y / metres[0]) ** 2
        self._dome = gel.dome * 2.0 * rim
        tilt = np.stack([self._x / metres[1], self._y / metres[0], -rim])
        self._even = 1.0 + np.einsum("ck,khw->hwc", gel.uneven, tilt)

    def depth(self, press: Press, object_stiffness: float = np.inf) -> Map:
        """How deep the gel is pressed in, ``(h, w)`` m, before its skin smooths it."""
        together = 1.0 / (1.0 / self._stiffness + 1.0 / object_stiffness)
        overlap = indentation(press.gap + self._dome, press.force, together, self.pixel**2)
        return overlap * together / self._stiffness

    def image(self, press: Press, rng: np.random.Generator, object_stiffness: float = np.inf) -> Image:
        """What the camera behind the gel sees, ``(h, w, 3)``."""
        depth = self.depth(press, object_stiffness)
        return self.shade(depth, self._shear(depth, press), rng)

    def shade(self, depth: Map, shear: NDArray[np.float64] | None, rng: np.random.Generator) -> Image:
        """Light, markers and noise over an indentation; `shear` is ``(2, h, w)`` m of the surface along itself."""
        gel = self.gel
        surface = membrane(depth, self.pixel) if depth.any() else depth
        down, right = (np.asarray(slope) for slope in np.gradient(surface, self.pixel))
        slopes = right[..., None] * gel.lights[:, 0] + down[..., None] * gel.lights[:, 1] + gel.lights[:, 2]
        length = np.sqrt(1.0 + right[..., None] ** 2 + down[..., None] ** 2)
        light = np.clip(slopes / length, 0.0, None)
        image = (gel.ambient + gel.diffuse * light) * self._even
        image *= (1.0 - gel.deepening * 1e3 * surface)[..., None]
        image *= (1.0 - gel.marker_depth * self._markers(shear))[..., None]
        image += gel.noise * rng.standard_normal(image.shape, np.float32)
        return np.clip(np.rint(image), 0.0, 255.0).astype(np.uint8)

    def _shear(self, depth: Map, press: Press) -> NDArray[np.float64] | None:
        """How far the surface is drawn along, ``(2, h, w)`` m."""
        touched = depth > 0.0
        if not touched.any():
            return None
        weight = depth / depth.sum()
        centre_x, centre_y = float((weight * self._x).sum()), float((weight * self._y).sum())
        dx, dy = self._x - centre_x, self._y - centre_y
        spring = self._stiffness * SHEAR_STIFFNESS_SHARE * self.pixel**2
        shift = np.array(press.shear) / (spring * touched.sum())
        shift *= min(1.0, MOST_SHEAR / max(float(np.hypot(*shift)), 1e-12))
        own_moment = press.moment - (centre_x * press.shear[1] - centre_y * press.shear[0])
        polar = spring * float(((dx**2 + dy**2) * touched).sum())
        twist = float(np.clip(own_moment / max(polar, 1e-9), -MOST_TWIST, MOST_TWIST))
        fade = blur(touched.astype(float), 1e-3 * MEMBRANE_MM[0] * 2 / self.pixel)
        down, right = np.gradient(blur(depth, 1e-3 * MEMBRANE_MM[0] / self.pixel), self.pixel)
        spread = 0.5 * 1e-3  # markers give way sideways where the gel is steep
        return np.stack(
            [fade * (shift[0] - twist * dy) - spread * right, fade * (shift[1] + twist * dx) - spread * down]
        )

    def _markers(self, shear: NDArray[np.float64] | None) -> Map:
        """How much of each pixel a marker covers, ``(h, w)`` in [0, 1]."""
        gel = self.gel
        x, y = (self._x, self._y) if shear is None else (self._x - shear[0], self._y - shear[1])
        cos, sin = math.cos(gel.marker_turn), math.sin(gel.marker_turn)
        u = (cos * x - sin * y) / gel.marker_pitch + gel.marker_shift[0]
        v = (sin * x + cos * y) / gel.marker_pitch + gel.marker_shift[1]
        away = np.hypot(u - np.rint(u), v - np.rint(v)) * gel.marker_pitch
        return np.clip((gel.marker_radius - away) / self.pixel + 0.5, 0.0, 1.0)


def pixel_centres(size: tuple[int, int], metres: tuple[float, float]) -> tuple[Map, Map]:
    """Down and right of the pad's centre, ``(h, w)`` m each."""
    down = ((np.arange(size[0]) + 0.5) / size[0] - 0.5) * metres[0]
    right = ((np.arange(size[1]) + 0.5) / size[1] - 0.5) * metres[1]
    y, x = np.meshgrid(down, right, indexing="ij")
    return y, x
