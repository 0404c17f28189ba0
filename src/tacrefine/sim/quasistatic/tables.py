"""Signed distances of any solid from tables (:mod:`tacrefine.objects.grids`), with their gradients, free of branches.

The coarse table holds distances, the fine one distances and gradients in one word. All functions take what
:func:`grid_parameters` gives: the first point (m), 1 / cell, the last cells, the table's strides.
"""

from __future__ import annotations

from math import sqrt

import numpy as np
from numba import njit

from tacrefine.objects import packing
from tacrefine.sim.quasistatic.distance import ONE, OPTIONS, TINY, ZERO, F
from tacrefine.sim.quasistatic.memory import as_index, signed_field, take, whole

HALF = F(0.5)
DISTANCE_UNIT = F(packing.DISTANCE_UNIT)
HALF_SLOPE = F(0.5 * packing.SLOPE_UNIT)
_d, _x, _y, _z = [signed_field(above, width) for above, width in packing.FIELDS]


@njit(inline="always", **OPTIONS)
def grid_parameters(shape):
    """A shape's row of numbers as all functions here take it."""
    return (
        shape[0], shape[1], shape[2], shape[3], shape[4], shape[5], shape[6], as_index(shape[7]), as_index(shape[8]),
    )  # fmt: skip


@njit(inline="always", **OPTIONS)
def _look_up(shape, table, x, y, z):
    """The eight points of a table around a place, where the place lies between them, and how far outside (m)."""
    ox, oy, oz, i_cell, lx, ly, lz, row, plane = shape
    x, y, z = (x - ox) * i_cell, (y - oy) * i_cell, (z - oz) * i_cell
    cx = min(max(x, ZERO), lx)
    cy = min(max(y, ZERO), ly)
    cz = min(max(z, ZERO), lz)
    ix, iy, iz = whole(cx), whole(cy), whole(cz)
    # In float32: whole numbers below 2^24 are exact, and eight look-ups share one vector of 32-bit places.
    at = as_index(ix * F(plane) + iy * F(row) + iz)
    one, up = np.int32(1), np.int32(row + 1)
    low = take(table, np.int32(0), at), take(table, one, at), take(table, row, at), take(table, up, at)
    plane_one, plane_row, plane_up = np.int32(plane + 1), np.int32(plane + row), np.int32(plane + up)
    high = (
        take(table, plane, at),
        take(table, plane_one, at),
        take(table, plane_row, at),
        take(table, plane_up, at),
    )
    beyond = max(abs(x - cx), max(abs(y - cy), abs(z - cz))) / i_cell
    return low, high, cx - ix, cy - iy, cz - iz, beyond


@njit(inline="always", **OPTIONS)
def _between(low, high, a, b, c):
    """Trilinear between the corners of a cell, and its differences along x, y and z."""
    d00, d01, d10, d11 = low[1] - low[0], low[3] - low[2], high[1] - high[0], high[3] - high[2]
    n00, n01, n10, n11 = low[0] + c * d00, low[2] + c * d01, high[0] + c * d10, high[2] + c * d11
    e0, e1 = n01 - n00, n11 - n10
    n0, n1 = n00 + b * e0, n10 + b * e1
    dx = n1 - n0
    f0, f1 = d00 + b * (d01 - d00), d10 + b * (d11 - d10)
    return n0 + a * dx, dx, e0 + a * (e1 - e0), f0 + a * (f1 - f0)


@njit(inline="always", **OPTIONS)
def grid(shape, table, x, y, z):
    """Trilinear in a table of distances (x, y, z in C order); beyond it a lower bound."""
    low, high, a, b, c, beyond = _look_up(shape, table, x, y, z)
    v, gx, gy, gz = _between(low, high, a, b, c)
    scale = ONE / (sqrt(gx * gx + gy * gy + gz * gz) + TINY)
    return (max(v, beyond) if beyond > ZERO else v), gx * scale, gy * scale, gz * scale


@njit(inline="always", **OPTIONS)
def fine_distance(shape, table, x, y, z):
    """Trilinear in a fine table, without its gradients: for which taxels are near."""
    low, high, a, b, c, beyond = _look_up(shape, table, x, y, z)
    low, high = (
        (_d(low[0]), _d(low[1]), _d(low[2]), _d(low[3])),
        (_d(high[0]), _d(high[1]), _d(high[2]), _d(high[3])),
    )
    v, _, _, _ = _between(low, high, a, b, c)
    v *= DISTANCE_UNIT
    return (max(v, beyond) if beyond > ZERO else v), ZERO, ZERO, ZERO


@njit(inline="always", **OPTIONS)
def fine_grid(shape, table, x, y, z, wx, wy, wz):
    """Distance and gradient in a fine table; beyond it a lower bound.

    Gradients are interpolated, distances too, with what the gradients tell of the curvature between the points:
    exact where the distance is quadratic. Also returns, for :func:`fine_grid_further`, how the gradient
    changes along (wx, wy, wz), per metre.
    """
    low, high, a, b, c, beyond = _look_up(shape, table, x, y, z)
    l0, l1, l2, l3 = low
    h0, h1, h2, h3 = high
    v, _, _, _ = _between((_d(l0), _d(l1), _d(l2), _d(l3)), (_d(h0), _d(h1), _d(h2), _d(h3)), a, b, c)
    gx, xx, xy, xz = _between((_x(l0), _x(l1), _x(l2), _x(l3)), (_x(h0), _x(h1), _x(h2), _x(h3)), a, b, c)
    gy, yx, yy, yz = _between((_y(l0), _y(l1), _y(l2), _y(l3)), (_y(h0), _y(h1), _y(h2), _y(h3)), a, b, c)
    gz, zx, zy, zz = _between((_z(l0), _z(l1), _z(l2), _z(l3)), (_z(h0), _z(h1), _z(h2), _z(h3)), a, b, c)
    bend = a * (ONE - a) * xx + b * (ONE - b) * yy + c * (ONE - c) * zz
    v = v * DISTANCE_UNIT - HALF_SLOPE * bend / shape[3]
    scale = ONE / (sqrt(gx * gx + gy * gy + gz * gz) + TINY)
    turn = scale * shape[3]
    tx, ty, tz = xx * wx + xy * wy + xz * wz, yx * wx + yy * wy + yz * wz, zx * wx + zy * wy + zz * wz
    d = max(v, beyond) if beyond > ZERO else v
    return d, gx * scale, gy * scale, gz * scale, (turn * tx, turn * ty, turn * tz)


@njit(inline="always", **OPTIONS)
def fine_grid_further(_shape, _table, _x, _y, _z, seen, wx, wy, wz, step):
    """Distance and gradient ``step`` m back along (wx, wy, wz) from where :func:`fine_grid` saw: to second order."""
    d, gx, gy, gz, (tx, ty, tz) = seen
    d -= step * (gx * wx + gy * wy + gz * wz - HALF * step * (tx * wx + ty * wy + tz * wz))
    gx, gy, gz = gx - step * tx, gy - step * ty, gz - step * tz
    scale = ONE / (sqrt(gx * gx + gy * gy + gz * gz) + TINY)
    return d, gx * scale, gy * scale, gz * scale
