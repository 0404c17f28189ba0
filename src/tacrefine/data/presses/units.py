"""Units that a coordinate of a table may have, and what they are in SI."""

from __future__ import annotations

from math import pi

UNITS: dict[str, tuple[str, float]] = {
    "m": ("m", 1.0),
    "cm": ("m", 1e-2),
    "mm": ("m", 1e-3),
    "um": ("m", 1e-6),
    "rad": ("rad", 1.0),
    "deg": ("rad", pi / 180.0),
    "N": ("N", 1.0),
    "mN": ("N", 1e-3),
    "gf": ("N", 9.80665e-3),
    "kgf": ("N", 9.80665),
    "Nm": ("Nm", 1.0),
    "step": ("step", 1.0),
}
"""unit: (SI unit, factor); `step` is a machine's own unit, `gf` and `kgf` are the weight of a gram and of a kilogram"""
SHOWN: dict[str, tuple[str, float]] = {"m": ("mm", 1e3), "rad": ("deg", 180.0 / pi)}
"""SI unit: (unit, factor) in which tables of figures show it; others stay as they are"""
