"""The two loops over taxels that cost the time: which could touch, and how each spring settles.

Both are written straight-line over contiguous float32 arrays so that they vectorise, and are made once for each
shape by closing over its distance function (:mod:`.shapes`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numba import njit

from tacrefine.sim.quasistatic.distance import ONE, OPTIONS, ZERO, F
from tacrefine.sim.quasistatic.memory import get, least, most, pick, put, read

MAX_CORRECTION = F(3e-4)
"""m a spring may move in one Newton step"""
MIN_COSINE = F(0.3)
RETURN_SLACK = F(2e-6)
"""m by which a returning taxel overshoots towards the surface, so that it touches again"""
NOWHERE = F(1e9)
HARDEST = F(7.5e-4**2)
"""m^2, square of the depth from which on a contact gets no stiffer"""
HARDENING = (F(2.2832e6), F(1.15213e13), F(-1.83929e19))
"""A contact's stiffness grows with depth as MuJoCo's does: 1 + a s + b s^2 + c s^3 with s the depth's square, m^2.

MuJoCo's contacts at rest press with a force in proportion to d^2 / (1 - d) times depth; ``solimp`` says how d rises
with depth, here (skin and object mixed) from 0.925 to 0.97 within 0.75 mm: 2.5 % stiffer at 0.1 mm, 2.7 times at
0.75 mm. At edges, where a taxel digs in deep, this decides between staying on the edge and sliding off it."""


@njit(inline="always", **OPTIONS)
def hardening(depth):
    """How many times as stiff a contact is at ``depth`` (m) as at the surface."""
    a, b, c = HARDENING
    s = min(depth * depth, HARDEST)
    return ONE + s * (a + s * (b + s * c))


def make_screen(distance: Callable[..., Any], parameters: Callable[..., Any]) -> Callable[..., Any]:
    """Which taxels are near, by a shape's distance at a point."""

    @njit(**OPTIONS)
    def screen(shape, table, frame, centres, start, stop, limit):
        """Least distance (m) of the uncompressed taxel centres ``start..stop``; first and last within ``limit``."""
        s = parameters(shape)
        r00, r01, r02 = F(frame[0]), F(frame[1]), F(frame[2])
        r10, r11, r12 = F(frame[3]), F(frame[4]), F(frame[5])
        r20, r21, r22 = F(frame[6]), F(frame[7]), F(frame[8])
        o0, o1, o2 = F(frame[9]), F(frame[10]), F(frame[11])
        # Slices from zero: with a start of unknown sign the loop would not vectorise.
        lx, ly, lz = centres[0][start:stop], centres[1][start:stop], centres[2][start:stop]
        gap, first, last = NOWHERE, NOWHERE, -NOWHERE
        for t in range(stop - start):
            a, b, c = read(lx, t), read(ly, t), read(lz, t)
            d, _x, _y, _z = distance(
                s,
                table,
                o0 + r00 * a + r01 * b + r02 * c,
                o1 + r10 * a + r11 * b + r12 * c,
                o2 + r20 * a + r21 * b + r22 * c,
            )
            gap = least(gap, d)
            first = least(first, pick(d < limit, F(t), NOWHERE))
            last = most(last, pick(d < limit, F(t), -NOWHERE))
        return gap, first, last

    return screen


@njit(inline="always", **OPTIONS)
def correction(d, gx, gy, gz, wx, wy, wz, q, k, kc, radius):
    """How far the spring moves on, m; penetration (m); cosine between its axis and the surface's normal; 1 / N/m;
    the contact's stiffness at this depth, N/m.

    One division serves both cases, a taxel that presses and one that returns: divisions bound this loop.
    """
    pen = radius - d
    kc *= hardening(pen)
    ca = -(gx * wx + gy * wy + gz * wz)
    touching = pen > ZERO
    inverse = ONE / (k + kc * ca * ca if touching else max(ca, MIN_COSINE))
    push = (kc * pen * ca - k * q) * inverse
    back = -min(q, RETURN_SLACK - pen * inverse)
    step = push if touching else (-q if q < ZERO else back)
    return min(max(step, -MAX_CORRECTION), MAX_CORRECTION), pen, ca, inverse, kc


def make_settle(
    look: Callable[..., Any], further: Callable[..., Any], parameters: Callable[..., Any]
) -> Callable[..., Any]:
    """``look``: distance and gradient at a place; ``further``: again, a step along the spring's axis away from it."""

    @njit(**OPTIONS)
    def settle(shape, table, frame, twist, centres, normals, compression, start, stop, k, kc, radius, sums):
        """Two Newton steps for each of the taxels ``start..stop``, then its share of the drives' torques.

        A taxel is a sphere on a spring (``k`` N/m) along its normal, in series with the contact's own stiffness
        (``kc`` N/m at the surface). Adds to ``sums``: resistance against closing (N m), its slope (N m/rad), torque on
        posture.
        """
        s = parameters(shape)
        r00, r01, r02 = F(frame[0]), F(frame[1]), F(frame[2])
        r10, r11, r12 = F(frame[3]), F(frame[4]), F(frame[5])
        r20, r21, r22 = F(frame[6]), F(frame[7]), F(frame[8])
        o0, o1, o2 = F(frame[9]), F(frame[10]), F(frame[11])
        w0, w1, w2 = F(twist[0, 0]), F(twist[0, 1]), F(twist[0, 2])
        v0, v1, v2 = F(twist[0, 3]), F(twist[0, 4]), F(twist[0, 5])
        u0, u1, u2 = F(twist[1, 0]), F(twist[1, 1]), F(twist[1, 2])
        z0, z1, z2 = F(twist[1, 3]), F(twist[1, 4]), F(twist[1, 5])
        resist, slope, posture = ZERO, ZERO, ZERO
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
            # The second step's force, without asking for the distance once more: it is nearly linear over that step.
            touching = pen > ZERO
            force = hard * max(pen - ca * step, ZERO) if touching else ZERO
            stiff = k * hard * inverse if touching else ZERO
            mx, my, mz = py * gz - pz * gy, pz * gx - px * gz, px * gy - py * gx
            along = gx * v0 + gy * v1 + gz * v2 + mx * w0 + my * w1 + mz * w2
            turned = gx * z0 + gy * z1 + gz * z2 + mx * u0 + my * u1 + mz * u2
            resist -= force * along
            slope += stiff * along * along
            posture += force * turned
        sums[0] += resist
        sums[1] += slope
        sums[2] += posture

    return settle
