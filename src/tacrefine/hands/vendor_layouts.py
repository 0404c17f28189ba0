"""Layouts of taxels that vendors publish, by name: PaXini's GEN3 sensors, from the package `paxini-sdk`."""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

from tacrefine.errors import ConfigError

Array = NDArray[np.float64]
NEIGHBOURS = 8
"""taxels that a plane is laid through for the normal of one"""
MILLIMETRES = 1e-3
PATTERN = re.compile(r"px(sr|6ax)-[a-z0-9-]+", re.IGNORECASE)
"""what a part code (PXSR-STDDP03B) or a model (PX6AX-GEN3-DP-M2826-Omega) looks like"""


def is_vendor_layout(name: str) -> bool:
    """Whether this names a vendor's layout rather than a file."""
    return PATTERN.fullmatch(name) is not None


def vendor_layout(name: str) -> tuple[Array, Array]:
    """Places (m) and outward unit normals ``(N, 3)`` of a sensor's taxels in a pad's frame, from its name.

    The frame's origin is the sensor's own: x out of the skin, y across, z towards the wrist. The maker publishes places
    only; a normal is that of the plane through a taxel and its neighbours. Raises ConfigError in one sentence.
    """
    try:
        from paxini_sdk import sensor_registry
    except ImportError as error:
        raise ConfigError(
            f"taxels '{name}': PaXini's layouts come with the package paxini-sdk; "
            "install it with: pip install 'tacrefine[drivers]'."
        ) from error
    wanted = name.lower()
    for sensor in sensor_registry.list_sensors():
        if wanted in (sensor.vendor_part_code.lower(), sensor.sensor_model.lower()):
            points = MILLIMETRES * np.array(sensor_registry.load_points(sensor), float)
            # The maker's frame: x across, y towards the tip, z out of the skin.
            points = points[:, [2, 0, 1]] * np.array([1.0, -1.0, -1.0])
            return points, outward_normals(points)
    known = ", ".join(sorted(sensor.vendor_part_code for sensor in sensor_registry.list_sensors()))
    raise ConfigError(f"taxels '{name}': PaXini's package has no such sensor; it has {known}.")


def outward_normals(points: Array) -> Array:
    """Unit normals ``(N, 3)`` of a surface's points ``(N, 3)`` that bulges towards x and is rounded towards -z."""
    distances = np.linalg.norm(points[:, None] - points[None], axis=-1)
    nearest = np.argsort(distances, axis=1)[:, : min(NEIGHBOURS + 1, len(points))]
    near = points[nearest] - points[nearest].mean(1, keepdims=True)
    normals = np.linalg.svd(near)[2][:, 2]
    # A line along the pad, deep in it, which ends before the tip (the lowest z).
    width = float(np.ptp(points[:, 1])) / 2
    inside = np.stack(
        [
            np.full(len(points), min(points[:, 0].min(), points[:, 0].max() - width)),
            np.full(len(points), (points[:, 1].min() + points[:, 1].max()) / 2),
            np.maximum(points[:, 2], points[:, 2].min() + width),
        ],
        axis=1,
    )
    away = np.sum(normals * (points - inside), axis=1)
    return np.asarray(normals * np.where(away < 0.0, -1.0, 1.0)[:, None])
