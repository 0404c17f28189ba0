"""The kernels of each shape, and which of them serves a solid's ``kind``: 0 rod, 1 plate, 2 disk, 3 grid."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

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
from tacrefine.sim.quasistatic.tables import (
    fine_distance,
    fine_grid,
    fine_grid_further,
    grid,
    grid_parameters,
)
from tacrefine.sim.quasistatic.taxels import make_screen, make_settle


def from_formula(distance: Callable[..., Any]) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """What a kernel that settles springs asks of a shape, for a shape that it can ask as often as it likes."""

    @njit(inline="always", **OPTIONS)
    def look(shape, table, x, y, z, _wx, _wy, _wz):
        d, gx, gy, gz = distance(shape, table, x, y, z)
        return d, gx, gy, gz, (ZERO, ZERO, ZERO)

    @njit(inline="always", **OPTIONS)
    def further(shape, table, x, y, z, _seen, _wx, _wy, _wz, _step):
        return distance(shape, table, x, y, z)

    return look, further


def _make_point(distance: Callable[..., Any], parameters: Callable[..., Any]) -> Callable[..., Any]:
    @njit(**INLINED)
    def point(shape, table, x, y, z):
        """Distance and gradient at one point."""
        return distance(parameters(shape), table, F(x), F(y), F(z))

    return point


_FORMULAS = rod, plate, disk
_screen_rod, _screen_plate, _screen_disk = [make_screen(f, analytic_parameters) for f in _FORMULAS]
_screen_grid, _screen_fine = [make_screen(f, grid_parameters) for f in (grid, fine_distance)]
_settle_rod, _settle_plate, _settle_disk = [
    make_settle(*from_formula(f), analytic_parameters) for f in _FORMULAS
]
_settle_fine = make_settle(fine_grid, fine_grid_further, grid_parameters)
_point_rod, _point_plate, _point_disk = [_make_point(f, analytic_parameters) for f in _FORMULAS]
_point_grid = _make_point(grid, grid_parameters)


@njit(**INLINED)
def screen(kind, shape, table, frame, centres, start, stop, limit):
    """Nearest taxels (as ``make_screen`` says) of what stays away from the object."""
    if kind == 0:
        return _screen_rod(shape, table, frame, centres, start, stop, limit)
    if kind == 1:
        return _screen_plate(shape, table, frame, centres, start, stop, limit)
    if kind == 2:
        return _screen_disk(shape, table, frame, centres, start, stop, limit)
    return _screen_grid(shape, table, frame, centres, start, stop, limit)


@njit(**INLINED)
def screen_near(kind, shape, table, frame, centres, start, stop, limit):
    """Nearest taxels (as ``make_screen`` says) of what may touch the object."""
    if kind == 3:
        return _screen_fine(shape, table, frame, centres, start, stop, limit)
    return screen(kind, shape, table, frame, centres, start, stop, limit)


@njit(**INLINED)
def settle(kind, shape, table, frame, twist, centres, normals, compression, start, stop, k, kc, radius, sums):
    """Springs at rest, as ``make_settle`` says, on a shape of this kind."""
    args = (shape, table, frame, twist, centres, normals, compression, start, stop, k, kc, radius, sums)
    if kind == 0:
        _settle_rod(*args)
    elif kind == 1:
        _settle_plate(*args)
    elif kind == 2:
        _settle_disk(*args)
    else:
        _settle_fine(*args)


@njit(**INLINED)
def distance_at(kind, shape, table, x, y, z):
    """Distance (m) and gradient at one point of the object's frame, for what stays away from it."""
    if kind == 0:
        return _point_rod(shape, table, x, y, z)
    if kind == 1:
        return _point_plate(shape, table, x, y, z)
    if kind == 2:
        return _point_disk(shape, table, x, y, z)
    return _point_grid(shape, table, x, y, z)
