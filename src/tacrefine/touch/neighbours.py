"""Which taxels lie next to each other on a pad."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tacrefine.hands import Pad

AROUND = 8
"""neighbours that count"""
REACH = 1.6
"""of the usual distance of neighbours: taxels of a pad that is no grid within it are neighbours"""


def neighbours(pad: Pad) -> NDArray[np.int64]:
    """Flat indices of up to eight neighbours of each taxel, ``(N, 8)``; where there are fewer, the taxel itself."""
    return _on_grid(pad.rows, pad.cols) if pad.is_grid else _among_points(pad)


def _on_grid(rows: int, cols: int) -> NDArray[np.int64]:
    row, col = (index.ravel() for index in np.indices((rows, cols)))
    own = row * cols + col
    steps = [(i, j) for i in (-1, 0, 1) for j in (-1, 0, 1) if (i, j) != (0, 0)]
    table = []
    for i, j in steps:
        inside = (row + i >= 0) & (row + i < rows) & (col + j >= 0) & (col + j < cols)
        table.append(np.where(inside, (row + i) * cols + col + j, own))
    return np.stack(table, axis=1)


def _among_points(pad: Pad) -> NDArray[np.int64]:
    distances = np.linalg.norm(pad.points[:, None] - pad.points[None], axis=-1)
    nearest = np.argsort(distances, axis=1, kind="stable")[:, 1 : AROUND + 1]
    own = np.arange(pad.size)[:, None]
    near = np.take_along_axis(distances, nearest, axis=1) <= REACH * pad.row_pitch
    table = np.where(near, nearest, own)
    return np.concatenate([table, np.repeat(own, AROUND - table.shape[1], axis=1)], axis=1)
