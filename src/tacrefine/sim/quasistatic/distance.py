"""Signed distances of the analytic shapes with their gradients, free of branches so that loops over them vectorise.

Each function takes the shape's kernel parameters, a table that only grids use (:mod:`.tables`), and a point in the
shape's own frame (float32, m), and returns the distance (m, negative inside) and the outward unit gradient.
"""

from __future__ import annotations

from math import sqrt

import numpy as np
from numba import njit

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
def analytic_parameters(shape):
    """A shape's row of numbers as :func:`rod`, :func:`plate` and :func:`disk` take it."""
    return shape[0], shape[1], shape[2]
