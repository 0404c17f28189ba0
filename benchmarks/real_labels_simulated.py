"""A simulated magnetic skin: magnets in rubber above five magnetometers, pressed at random places."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tacrefine.data.presses.presses import Presses

MAGNETOMETERS = np.array([[0.0, 0.0], [-6.5, -6.5], [6.5, -6.5], [-6.5, 6.5], [6.5, 6.5]])
"""mm"""
PITCH, HEIGHT, WIDTH = 10.0, 8.0, 6.0
"""mm: of the magnets, of the magnets above the board, of the dent"""


def simulated_skin(like: Presses, count: int = 3000, seed: int = 0) -> Presses:
    """Presses with the columns, the box of places and the size of readings of `like`; only its ranges are used."""
    rng = np.random.default_rng(seed)
    low, high = like.coordinates.min(axis=0), like.coordinates.max(axis=0)
    places = rng.uniform(low, high, (count, 3))
    centred = (places - (low + high) / 2) * 1e3
    depth = (high[2] - places[:, 2]) * 1e3
    pressed = field(centred[:, :2], depth) - field(centred[:1, :2], np.zeros(1))
    readings = pressed * (like.readings.std() / pressed.std())
    return Presses(
        like.description,
        readings.astype(np.float32),
        places,
        np.arange(count) // 961,
        np.arange(count),
        np.empty((count, 0), np.float32),
    )


def field(places: NDArray[np.float64], depth: NDArray[np.float64]) -> NDArray[np.float64]:
    """Field of all magnets at the magnetometers (n, 15), arbitrary unit, where the skin is dented."""
    grid = (np.arange(4) - 1.5) * PITCH
    magnets = np.stack(np.meshgrid(grid, grid), -1).reshape(-1, 2)
    signs = np.where(np.add(*np.divmod(np.arange(16), 4)) % 2, -1.0, 1.0)
    away = magnets - places[:, None]
    dent = (1.0 + depth[:, None]) * np.exp(-(away**2).sum(-1) / (2 * WIDTH**2)) * (depth[:, None] > 0)
    shift = 0.3 * dent[..., None] * away / WIDTH
    result = np.zeros((len(places), len(MAGNETOMETERS), 3))
    for i in range(len(magnets)):
        horizontal = MAGNETOMETERS - (magnets[i] + shift[:, i])[:, None]
        vertical = np.broadcast_to(-(HEIGHT - dent[:, i])[:, None], horizontal.shape[:2])
        r = np.concatenate([horizontal, vertical[..., None]], axis=2)
        distance = np.linalg.norm(r, axis=2, keepdims=True)
        along = r[..., 2:] * 3 * r / distance**5
        along[..., 2] -= (1 / distance**3)[..., 0]
        result += signs[i] * along
    return result.reshape(len(places), -1)
