"""An optical fingertip in software: images of a simulated gel at rest and with a ball in it, and a film of a press."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tacrefine.drivers.optional import need
from tacrefine.gripper import PAD_SIZE
from tacrefine.sim.gripper.gel import Gel, Pad, Press, pixel_centres
from tacrefine.sim.gripper.model import GEL_STIFFNESS

SIZE = (240, 180)
"""rows and columns of the camera"""
AT_REST = 10
FILM = "press.avi"
FRAMES = 60
DEEPEST_N = 3.0
MARGIN = 0.004
"""m: balls stay that far from the rim"""


class GelEmulator:
    """One gel, drawn with `seed`, and a ball of `radius` m."""

    def __init__(self, radius: float, seed: int = 0) -> None:
        self._rng = np.random.default_rng(seed)
        self._pad = Pad(Gel.sample(self._rng), GEL_STIFFNESS, SIZE)
        self._radius = radius
        self._down, self._right = pixel_centres(SIZE, PAD_SIZE)

    def image(self, right: float = 0.0, down: float = 0.0, force: float = 0.0) -> NDArray[np.uint8]:
        """What the camera sees (240, 180, 3) with the ball at a place (m) pressed by a force (N); 0: at rest."""
        square = self._radius**2 - (self._right - right) ** 2 - (self._down - down) ** 2
        gap = np.where(square > 0.0, self._radius - np.sqrt(np.maximum(square, 0.0)), np.inf)
        return self._pad.image(Press(gap, force), self._rng)

    def write(self, folder: Path, presses: int) -> None:
        """Fill a folder with images for `tacrefine calibrate-optical` and the film of a press for the driver."""
        folder.mkdir(parents=True, exist_ok=True)
        for number in range(AT_REST):
            Image.fromarray(self.image()).save(folder / f"rest_{number:02d}.png")
        down, right = (length / 2.0 - MARGIN for length in PAD_SIZE)
        for number in range(presses):
            x, y = self._rng.uniform((-right, -down), (right, down))
            force = float(self._rng.uniform(0.3, 1.0)) * DEEPEST_N
            Image.fromarray(self.image(float(x), float(y), force)).save(folder / f"press_{number:02d}.png")
        self._write_film(folder / FILM)

    def _write_film(self, path: Path) -> None:
        cv2 = need("cv2", "opencv-python-headless")
        writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"MJPG"), 30, SIZE[::-1])
        for force in DEEPEST_N * np.sin(np.linspace(0.0, np.pi, FRAMES)):
            writer.write(np.ascontiguousarray(self.image(0.001, 0.002, max(force, 0.0))[..., ::-1]))
        writer.release()
