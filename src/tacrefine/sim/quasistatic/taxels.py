"""The two loops over taxels that cost the time: which could touch, and how each spring settles.

Both are written straight-line over contiguous float32 arrays so that they vectorise, and are made once for each
shape by closing over its distance function.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numba import njit

from tacrefine.sim.quasistatic.distance import OPTIONS, ZERO, F, disk, plate, rod

MAX_CORRECTION = F(3e-4)
"""m a spring may move in one Newton step"""
MIN_COSINE = F(0.3)
RETURN_SLACK = F(2e-6)
"""m by which a returning taxel overshoots towards the surface, so that it touches again"""

# Rows of the array of active taxels: centre and normal in the pad frame.
LX, LY, LZ, NX, NY, NZ = range(6)


def _make_screen(distance: Callable[..., Any]) -> Callable[..., Any]:
    @njit(**OPTIONS)
    def screen(shape, frame, centres, start, stop, out):
        """Distance (m) of the uncompressed taxel centres ``start..stop`` into ``out``."""
        s0, s1, s2 = shape[0], shape[1], shape[2]
        r00, r01, r02 = F(frame[0]), F(frame[1]), F(frame[2])
        r10, r11, r12 = F(frame[3]), F(frame[4]), F(frame[5])
        r20, r21, r22 = F(frame[6]), F(frame[7]), F(frame[8])
        o0, o1, o2 = F(frame[9]), F(frame[10]), F(frame[11])
        # Slices from zero: with a start of unknown sign the loop would not vectorise.
        lx, ly, lz = centres[0][start:stop], centres[1][start:stop], centres[2][start:stop]
        target = out[start:stop]
        for t in range(stop - start):
            a, b, c = lx[t], ly[t], lz[t]
            d, _x, _y, _z = distance(
                s0,
                s1,
                s2,
                o0 + r00 * a + r01 * b + r02 * c,
                o1 + r10 * a + r11 * b + r12 * c,
                o2 + r20 * a + r21 * b + r22 * c,
            )
            target[t] = d

    return screen


def _make_settle(distance: Callable[..., Any]) -> Callable[..., Any]:
    @njit(inline="always", **OPTIONS)
    def newton(s0, s1, s2, px, py, pz, wx, wy, wz, q, k, kc, radius):
        d, gx, gy, gz = distance(s0, s1, s2, px - wx * q, py - wy * q, pz - wz * q)
        pen = radius - d
        ca = -(gx * wx + gy * wy + gz * wz)
        push = -(k * q - kc * pen * ca) / (k + kc * ca * ca)
        back = -q if q < ZERO else -min(q, -pen / max(ca, MIN_COSINE) + RETURN_SLACK)
        step = push if pen > ZERO else back
        return q + min(max(step, -MAX_CORRECTION), MAX_CORRECTION)

    @njit(**OPTIONS)
    def settle(shape, frame, twist, local, compression, start, stop, k, kc, radius, sums):
        """Two Newton steps for each active taxel, then its share of the drives' torques.

        A taxel is a sphere on a spring (``k`` N/m) along its normal, in series with the contact's own stiffness
        (``kc`` N/m). Adds to ``sums``: resistance against closing (N m), its slope (N m/rad), torque on posture.
        """
        s0, s1, s2 = shape[0], shape[1], shape[2]
        r00, r01, r02 = F(frame[0]), F(frame[1]), F(frame[2])
        r10, r11, r12 = F(frame[3]), F(frame[4]), F(frame[5])
        r20, r21, r22 = F(frame[6]), F(frame[7]), F(frame[8])
        o0, o1, o2 = F(frame[9]), F(frame[10]), F(frame[11])
        w0, w1, w2 = F(twist[0, 0]), F(twist[0, 1]), F(twist[0, 2])
        v0, v1, v2 = F(twist[0, 3]), F(twist[0, 4]), F(twist[0, 5])
        u0, u1, u2 = F(twist[1, 0]), F(twist[1, 1]), F(twist[1, 2])
        z0, z1, z2 = F(twist[1, 3]), F(twist[1, 4]), F(twist[1, 5])
        i_k, i_kc = F(1.0) / k, F(1.0) / kc
        resist, slope, posture = ZERO, ZERO, ZERO
        lx, ly, lz = local[LX][start:stop], local[LY][start:stop], local[LZ][start:stop]
        nx, ny, nz = local[NX][start:stop], local[NY][start:stop], local[NZ][start:stop]
        q_of = compression[start:stop]
        for t in range(stop - start):
            a, b, c = lx[t], ly[t], lz[t]
            px = o0 + r00 * a + r01 * b + r02 * c
            py = o1 + r10 * a + r11 * b + r12 * c
            pz = o2 + r20 * a + r21 * b + r22 * c
            a, b, c = nx[t], ny[t], nz[t]
            wx = r00 * a + r01 * b + r02 * c
            wy = r10 * a + r11 * b + r12 * c
            wz = r20 * a + r21 * b + r22 * c
            q = newton(s0, s1, s2, px, py, pz, wx, wy, wz, q_of[t], k, kc, radius)
            q_of[t] = newton(s0, s1, s2, px, py, pz, wx, wy, wz, q, k, kc, radius)
        # A second loop: one that both stores compressions and sums torques would not vectorise.
        for t in range(stop - start):
            a, b, c = lx[t], ly[t], lz[t]
            px = o0 + r00 * a + r01 * b + r02 * c
            py = o1 + r10 * a + r11 * b + r12 * c
            pz = o2 + r20 * a + r21 * b + r22 * c
            a, b, c = nx[t], ny[t], nz[t]
            wx = r00 * a + r01 * b + r02 * c
            wy = r10 * a + r11 * b + r12 * c
            wz = r20 * a + r21 * b + r22 * c
            q = q_of[t]
            px, py, pz = px - wx * q, py - wy * q, pz - wz * q
            d, gx, gy, gz = distance(s0, s1, s2, px, py, pz)
            pen = max(radius - d, ZERO)
            ca = -(gx * wx + gy * wy + gz * wz)
            force = k * q / ca if (ca > MIN_COSINE and pen > ZERO) else kc * pen
            along = (
                gx * (v0 + w1 * pz - w2 * py) + gy * (v1 + w2 * px - w0 * pz) + gz * (v2 + w0 * py - w1 * px)
            )
            turned = (
                gx * (z0 + u1 * pz - u2 * py) + gy * (z1 + u2 * px - u0 * pz) + gz * (z2 + u0 * py - u1 * px)
            )
            stiff = (F(1.0) if pen > ZERO else ZERO) / (ca * ca * i_k + i_kc)
            resist -= force * along
            slope += stiff * along * along
            posture += force * turned
        sums[0] += resist
        sums[1] += slope
        sums[2] += posture

    return settle


def _make_point(distance: Callable[..., Any]) -> Callable[..., Any]:
    @njit(**OPTIONS)
    def point(shape, x, y, z):
        """Distance and gradient at one point."""
        return distance(shape[0], shape[1], shape[2], F(x), F(y), F(z))

    return point


_screens = [_make_screen(f) for f in (rod, plate, disk)]
_settles = [_make_settle(f) for f in (rod, plate, disk)]
_points = [_make_point(f) for f in (rod, plate, disk)]
_screen_rod, _screen_plate, _screen_disk = _screens
_settle_rod, _settle_plate, _settle_disk = _settles
_point_rod, _point_plate, _point_disk = _points


@njit(**OPTIONS)
def screen(kind, shape, frame, centres, start, stop, out):
    """Dispatch by shape; see the factory above."""
    if kind == 0:
        _screen_rod(shape, frame, centres, start, stop, out)
    elif kind == 1:
        _screen_plate(shape, frame, centres, start, stop, out)
    else:
        _screen_disk(shape, frame, centres, start, stop, out)


@njit(**OPTIONS)
def settle(kind, shape, frame, twist, local, compression, start, stop, k, kc, radius, sums):
    """Dispatch by shape; see the factory above."""
    if kind == 0:
        _settle_rod(shape, frame, twist, local, compression, start, stop, k, kc, radius, sums)
    elif kind == 1:
        _settle_plate(shape, frame, twist, local, compression, start, stop, k, kc, radius, sums)
    else:
        _settle_disk(shape, frame, twist, local, compression, start, stop, k, kc, radius, sums)


@njit(**OPTIONS)
def distance_at(kind, shape, x, y, z):
    """Distance (m) and gradient at one point of the object's frame."""
    if kind == 0:
        return _point_rod(shape, x, y, z)
    if kind == 1:
        return _point_plate(shape, x, y, z)
    return _point_disk(shape, x, y, z)
