"""How the springs of a pad settle, and the wrench that it feels: for fingers with any number of drives.

As :func:`.taxels.make_settle`, but adds up force and moment and how they grow with any small motion of the pad, so that
the work per taxel does not depend on how many drives move it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numba import njit

from tacrefine.sim.quasistatic.distance import (
    INLINED,
    OPTIONS,
    ZERO,
    F,
    analytic_parameters,
    disk,
    plate,
    rod,
)
from tacrefine.sim.quasistatic.memory import get, put, read
from tacrefine.sim.quasistatic.shapes import distance_at, from_formula
from tacrefine.sim.quasistatic.tables import fine_grid, fine_grid_further, grid_parameters
from tacrefine.sim.quasistatic.taxels import correction

TERMS = 27
"""of a pad: force and moment (6), then the upper triangle of their stiffness (21), about the object's origin"""


def make_settle_wrench(
    look: Callable[..., Any], further: Callable[..., Any], parameters: Callable[..., Any]
) -> Callable[..., Any]:
    """As `make_settle`, for ``look`` and ``further`` as there."""

    @njit(**OPTIONS)
    def settle_wrench(shape, table, frame, centres, normals, compression, start, stop, k, kc, radius, out):
        """Two Newton steps for each of the taxels ``start..stop``; adds their wrench and stiffness to ``out``."""
        s = parameters(shape)
        r00, r01, r02 = F(frame[0]), F(frame[1]), F(frame[2])
        r10, r11, r12 = F(frame[3]), F(frame[4]), F(frame[5])
        r20, r21, r22 = F(frame[6]), F(frame[7]), F(frame[8])
        o0, o1, o2 = F(frame[9]), F(frame[10]), F(frame[11])
        f0 = f1 = f2 = f3 = f4 = f5 = ZERO
        a00 = a01 = a02 = a03 = a04 = a05 = ZERO
        a11 = a12 = a13 = a14 = a15 = ZERO
        a22 = a23 = a24 = a25 = ZERO
        a33 = a34 = a35 = a44 = a45 = a55 = ZERO
        lx, ly, lz = centres[0][start:stop], centres[1][start:stop], centres[2][start:stop]
        nx, ny, nz = normals[0][start:stop], normals[1][start:stop], normals[2][start:stop]
        q_of = compression[start:stop]
        for t in range(stop - start):
            a, b, c = read(lx, t), read(ly, t), read(lz, t)
            px = o0 + r00 * a + r01 * b + r02 * c
            py = o1 + r10 * a + r11 * b + r12 * c
            pz = o2 + r20 * a + r21 * b + r22 * c
            a, b, c = read(nx, t), read(ny, t), read(nz, t)
            wx = r00 * a + r01 * b + r02 * c
            wy = r10 * a + r11 * b + r12 * c
            wz = r20 * a + r21 * b + r22 * c
            q = get(q_of, t)
            seen = look(s, table, px - wx * q, py - wy * q, pz - wz * q, wx, wy, wz)
            d, gx, gy, gz, _ = seen
            step, _, _, _, _ = correction(d, gx, gy, gz, wx, wy, wz, q, k, kc, radius)
            q += step
            px, py, pz = px - wx * q, py - wy * q, pz - wz * q
            d, gx, gy, gz = further(s, table, px, py, pz, seen, wx, wy, wz, step)
            step, pen, ca, inverse, hard = correction(d, gx, gy, gz, wx, wy, wz, q, k, kc, radius)
            q += step
            put(q_of, t, q)
            touching = pen > ZERO
            force = hard * max(pen - ca * step, ZERO) if touching else ZERO
            stiff = k * hard * inverse if touching else ZERO
            mx, my, mz = py * gz - pz * gy, pz * gx - px * gz, px * gy - py * gx
            f0 += force * gx
            f1 += force * gy
            f2 += force * gz
            f3 += force * mx
            f4 += force * my
            f5 += force * mz
            x, y, z = stiff * gx, stiff * gy, stiff * gz
            u, v, w = stiff * mx, stiff * my, stiff * mz
            a00 += x * gx
            a01 += x * gy
            a02 += x * gz
            a03 += x * mx
            a04 += x * my
            a05 += x * mz
            a11 += y * gy
            a12 += y * gz
            a13 += y * mx
            a14 += y * my
            a15 += y * mz
            a22 += z * gz
            a23 += z * mx
            a24 += z * my
            a25 += z * mz
            a33 += u * mx
            a34 += u * my
            a35 += u * mz
            a44 += v * my
            a45 += v * mz
            a55 += w * mz
        terms = (
            f0, f1, f2, f3, f4, f5, a00, a01, a02, a03, a04, a05, a11, a12, a13, a14, a15, a22, a23, a24, a25,
            a33, a34, a35, a44, a45, a55,
        )  # fmt: skip
        for i in range(27):
            out[i] += terms[i]

    return settle_wrench


_rod, _plate, _disk = [make_settle_wrench(*from_formula(f), analytic_parameters) for f in (rod, plate, disk)]
_fine = make_settle_wrench(fine_grid, fine_grid_further, grid_parameters)


@njit(**INLINED)
def settle_wrench(kind, shape, table, frame, centres, normals, compression, start, stop, k, kc, radius, out):
    """Springs at rest and their wrench, as ``make_settle_wrench`` says, on a shape of this kind."""
    args = (shape, table, frame, centres, normals, compression, start, stop, k, kc, radius, out)
    if kind == 0:
        _rod(*args)
    elif kind == 1:
        _plate(*args)
    elif kind == 2:
        _disk(*args)
    else:
        _fine(*args)


@njit(**OPTIONS)
def add_contact(kind, shape, table, x, y, z, force, stiffness, out):
    """Add one contact at a point (m) of the object's frame, with its force (N) and stiffness (N/m), to ``out``."""
    _d, nx, ny, nz = distance_at(kind, shape, table, x, y, z)
    gx, gy, gz = (
        np.float64(nx),
        np.float64(ny),
        np.float64(nz),
    )  # all six of one type: they are looked up by number
    h = (gx, gy, gz, y * gz - z * gy, z * gx - x * gz, x * gy - y * gx)
    at = 6
    for i in range(6):
        out[i] += force * h[i]
        for j in range(i, 6):
            out[at] += stiffness * h[i] * h[j]
            at += 1
