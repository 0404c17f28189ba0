"""Signed distances of the analytic shapes with their gradients, free of branches so that loops over them vectorise.

Each function takes the shape's kernel parameters, a table that only grids use, and a point in the shape's own frame
(float32, m), and returns the distance (m, negative inside) and the outward unit gradient.
"""

from __future__ import annotations

from math import sqrt

import numpy as np
from numba import njit

from tacrefine.sim.quasistatic.memory import as_index, take, whole

F = np.float32
ZERO = F(0.0)
ONE = F(1.0)
TINY = F(1e-12)

ALLOCATING = {"fastmath": True, "error_model": "numpy", "cache": True, "nogil": True}
OPTIONS = {**ALLOCATING, "_nrt": False}
"""Kernels allocate nothing; counting references of their views would cost more than their arithmetic."""
INLINED = {**OPTIONS, "forceinline": True}
"""For what is called many times a finger: handing over its arrays would cost as much as the work."""


@njit(inline="always", **OPTIONS)
def _sign(v):
    return ONE if v >= ZERO else -ONE


@njit(inline="always", **OPTIONS)
def rod(shape, _table, x, y, z):
    """Capsule along y."""
    radius, half_length = shape[0], shape[1]
    beyond = max(abs(y) - half_length, ZERO) * _sign(y)
    r = sqrt(x * x + beyond * beyond + z * z) + TINY
    i = ONE / r
    return r - radius, x * i, beyond * i, z * i


@njit(inline="always", **OPTIONS)
def plate(shape, _table, x, y, z):
    """Box with three half extents."""
    hx, hy, hz = shape[0], shape[1], shape[2]
    dx = abs(x) - hx
    dy = abs(y) - hy
    dz = abs(z) - hz
    ax = max(dx, ZERO)
    ay = max(dy, ZERO)
    az = max(dz, ZERO)
    r = sqrt(ax * ax + ay * ay + az * az)
    i = ONE / (r + TINY)
    inside = max(dx, max(dy, dz))
    out = inside > ZERO
    gx = ax * i if out else (ONE if dx >= inside else ZERO)
    gy = ay * i if out else (ONE if dy >= inside else ZERO)
    gz = az * i if out else (ONE if dz >= inside else ZERO)
    return (r if out else inside), gx * _sign(x), gy * _sign(y), gz * _sign(z)


@njit(inline="always", **OPTIONS)
def disk(shape, _table, x, y, z):
    """Cylinder along x."""
    radius, half_thickness = shape[0], shape[1]
    rho = sqrt(y * y + z * z) + TINY
    i_rho = ONE / rho
    a = rho - radius
    b = abs(x) - half_thickness
    aa = max(a, ZERO)
    bb = max(b, ZERO)
    r = sqrt(aa * aa + bb * bb)
    i = ONE / (r + TINY)
    inside = max(a, b)
    out = inside > ZERO
    ga = aa * i if out else (ONE if a >= inside else ZERO)
    gb = bb * i if out else (ONE if b > a else ZERO)
    return (r if out else inside), gb * _sign(x), ga * y * i_rho, ga * z * i_rho


@njit(inline="always", **OPTIONS)
def grid(shape, table, x, y, z):
    """Trilinear in a table of distances (x, y, z in C order); beyond it a lower bound.

    ``shape``: the first point (m), 1 / cell, the last cells, the table's strides.
    """
    ox, oy, oz, i_cell, lx, ly, lz, row, plane = shape
    x, y, z = (x - ox) * i_cell, (y - oy) * i_cell, (z - oz) * i_cell
    cx = min(max(x, ZERO), lx)
    cy = min(max(y, ZERO), ly)
    cz = min(max(z, ZERO), lz)
    beyond = max(abs(x - cx), max(abs(y - cy), abs(z - cz)))
    ix, iy, iz = whole(cx), whole(cy), whole(cz)
    # In float32: whole numbers below 2^24 are exact, and eight look-ups share one vector of 32-bit places.
    at = as_index(ix * F(plane) + iy * F(row) + iz)
    a, b, c = cx - ix, cy - iy, cz - iz
    one, up = np.int32(1), np.int32(row + 1)
    v000, v001 = take(table, np.int32(0), at), take(table, one, at)
    v010, v011 = take(table, row, at), take(table, up, at)
    v100, v101 = take(table, plane, at), take(table, np.int32(plane + 1), at)
    v110, v111 = take(table, np.int32(plane + row), at), take(table, np.int32(plane + up), at)
    # Along z first.
    d00, d01, d10, d11 = v001 - v000, v011 - v010, v101 - v100, v111 - v110
    v00, v01, v10, v11 = v000 + c * d00, v010 + c * d01, v100 + c * d10, v110 + c * d11
    e0, e1 = v01 - v00, v11 - v10
    v0, v1 = v00 + b * e0, v10 + b * e1
    gx = v1 - v0
    gy = e0 + a * (e1 - e0)
    g0, g1 = d00 + b * (d01 - d00), d10 + b * (d11 - d10)
    gz = g0 + a * (g1 - g0)
    v = v0 + a * gx
    i = ONE / (sqrt(gx * gx + gy * gy + gz * gz) + TINY)
    d = max(v, beyond / i_cell) if beyond > ZERO else v
    return d, gx * i, gy * i, gz * i


@njit(inline="always", **OPTIONS)
def analytic_parameters(shape):
    """A shape's row of numbers as :func:`rod`, :func:`plate` and :func:`disk` take it."""
    return shape[0], shape[1], shape[2]


@njit(inline="always", **OPTIONS)
def grid_parameters(shape):
    """A shape's row of numbers as :func:`grid` takes it."""
    return (
        shape[0],
        shape[1],
        shape[2],
        shape[3],
        shape[4],
        shape[5],
        shape[6],
        as_index(shape[7]),
        as_index(shape[8]),
    )
