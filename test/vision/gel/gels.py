"""Gels with known depth: the gripper's simulated ones, which show slope as colour, and a grey one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tacrefine.sim.gripper.gel import Gel, Pad, Press, membrane, pixel_centres
from tacrefine.sim.gripper.model import GEL_STIFFNESS

SIZE, METRES = (72, 54), (0.024, 0.018)


@dataclass
class ColouredGel:
    """A gel of the simulated gripper."""

    seed: int
    size: tuple[int, int] = SIZE

    def __post_init__(self) -> None:
        self.rng = np.random.default_rng(self.seed)
        self.pad = Pad(Gel.sample(self.rng), GEL_STIFFNESS, self.size)
        self.down, self.right = pixel_centres(self.size, METRES)

    def rest(self):
        return self.pad.image(Press(np.full(self.size, np.inf), 0.0), self.rng)

    def press(self, gap, force):
        """The image, and the depth (h, w) m of the gel's surface."""
        press = Press(gap, force)
        return self.pad.image(press, self.rng), membrane(self.pad.depth(press), self.pad.pixel)

    def ball(self, radius, right, down, force):
        square = radius**2 - (self.right - right) ** 2 - (self.down - down) ** 2
        return self.press(np.where(square > 0, radius - np.sqrt(np.maximum(square, 0)), np.inf), force)

    def cylinder(self, radius, right, force):
        square = radius**2 - (self.right - right) ** 2
        return self.press(np.where(square > 0, radius - np.sqrt(np.maximum(square, 0)), np.inf), force)


def coloured_presses(gel, radius):
    """Images of five presses and what they show."""
    places = (
        (0.0, 0.0, 2.0),
        (0.004, 0.006, 1.0),
        (-0.004, 0.005, 3.0),
        (0.003, -0.006, 2.0),
        (-0.004, -0.005, 1.0),
    )
    return [gel.ball(radius, *place) for place in places]


def grey_gel(depth_m, radius, right, down, size=(90, 120), width=0.024, seed=0):
    """Images at rest and under a ball: darker with depth, with a bright ring outside the contact, as grey gels have."""
    rng = np.random.default_rng(seed)
    pixel = width / size[1]
    y, x = np.mgrid[: size[0], : size[1]] * pixel
    away = np.hypot(x - x.mean() - right, y - y.mean() - down)
    contact = np.sqrt(2 * radius * depth_m - depth_m**2)
    cap = np.sqrt(np.maximum(radius**2 - away**2, 0)) - (radius - depth_m)
    depth = np.where(away < contact, np.maximum(cap, 0), 0)
    ring = np.where(away > contact, (away - contact) / 5e-4 * np.exp(1 - (away - contact) / 5e-4), 0)
    bare = 150.0 + 20.0 * (x / x.max()) - 10.0 * (y / y.max())
    share = 1.0 - 0.2e3 * depth + 0.1 * ring

    def shot(shares):
        image = (bare * shares)[..., None] * np.array([1.0, 0.98, 0.95])
        return np.clip(np.rint(image + rng.normal(0, 1.0, image.shape)), 0, 255).astype(np.uint8)

    return [shot(np.ones(size)) for _ in range(5)], shot(share), depth, contact
