"""The unit of a mesh file, which most files do not say: guessed from what the hand can hold."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

UNITS = {"metres": 1.0, "millimetres": 1e-3, "inches": 0.0254, "centimetres": 1e-2}
"""unit: m, the likelier first"""
SHORTEST, LONGEST = 5e-3, 2.0
"""m: a part that is smaller or larger along its longest side was drawn in another unit"""
USUAL = (0.02, 0.4)
"""m along the longest side: what a hand is given to hold"""
THIN, THICK = 1e-3, 0.08
"""m along the shortest side: what a hand closes on"""


def plausibility(extent: NDArray[np.float64]) -> float:
    """How far an extent (3,) m is from what a hand holds: 0 where it is usual, else the natural log of the factor."""
    longest, shortest = float(extent.max()), float(extent.min())
    off = max(np.log(USUAL[0] / longest), np.log(longest / USUAL[1]), 0.0)
    return float(
        off + 0.5 * max(np.log(THIN / max(shortest, 1e-9)), np.log(max(shortest, 1e-9) / THICK), 0.0)
    )


def likeliest(extent: NDArray[np.float64]) -> tuple[str, float] | None:
    """The unit in which a file's extent (3,) is what a hand holds, and that unit in m; None where it is so in none."""
    usable = {
        unit: metres for unit, metres in UNITS.items() if SHORTEST <= metres * float(extent.max()) <= LONGEST
    }
    if not usable:
        return None
    return min(usable.items(), key=lambda item: round(plausibility(item[1] * extent), 1))


def refusal(extent: NDArray[np.float64], scale: float) -> str | None:
    """Why a part of this extent (3,), in units of the file, cannot be what is meant; None where it can be."""
    longest = scale * float(extent.max())
    if SHORTEST <= longest <= LONGEST:
        return None
    return (
        f"with a scale of {scale:g} its longest side is {longest:.4g} m, allowed are {SHORTEST:g} to {LONGEST:g} m; "
        + suggestion(extent, scale)
    )


def warning(extent: NDArray[np.float64], scale: float) -> str | None:
    """What to say of a part that is allowed but unlikely; None where its size is as usual or no unit fits better."""
    now, other = plausibility(scale * extent), likeliest(extent)
    if now == 0.0 or other is None or plausibility(other[1] * extent) >= now or np.isclose(other[1], scale):
        return None
    return f"{_sides(scale * extent)} mm is unusual for this hand; {suggestion(extent, scale)}"


def suggestion(extent: NDArray[np.float64], scale: float) -> str:
    """Another scale than the one given, and what size the part has then."""
    found = likeliest(extent)
    if found is None or np.isclose(found[1], scale):
        wanted = 0.1 / float(extent.max())
        return (
            f"no unit (m, cm, mm, inch) gives a size that a hand holds; for 100 mm the scale is {wanted:.3g}"
        )
    alike = [
        (unit, metres)
        for unit, metres in UNITS.items()
        if plausibility(metres * extent) <= plausibility(found[1] * extent) and not np.isclose(metres, scale)
    ]
    said = [f"in {unit} (--scale {metres:g}) it is {_sides(metres * extent)} mm" for unit, metres in alike]
    return f"if the file is {', '.join(said)}"


def _sides(extent: NDArray[np.float64]) -> str:
    return " x ".join(f"{1e3 * side:.3g}" for side in extent)
