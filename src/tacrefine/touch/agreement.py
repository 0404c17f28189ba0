"""How alike two touches of a hand are, finger by finger: shares of force and numbers of active taxels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tacrefine.hands import Hand

Array = NDArray[np.float64]

SHARE_POINTS, ACTIVE_FACTOR, ACTIVE_COUNT = 15.0, 1.5, 3
"""a share is right within so many points; active taxels within this factor, or within so many where there are few"""


def by_finger(hand: Hand, felt: Array, active_from: float) -> tuple[Array, NDArray[np.int64]]:
    """Shares of force in percent (F,) and active taxels (F,)."""
    sums = np.array([felt[part].sum() for part in hand.finger_slices])
    active = np.array([(felt[part] >= active_from).sum() for part in hand.finger_slices])
    return 100 * sums / max(sums.sum(), 1e-9), active


def agreement(
    real: tuple[Array, NDArray[np.int64]], other: tuple[Array, NDArray[np.int64]]
) -> dict[str, Any]:
    """How well shares and active taxels (F,) agree, finger by finger."""
    points = np.abs(real[0] - other[0])
    most, least = np.maximum(real[1], other[1]), np.minimum(real[1], other[1])
    near = (most <= ACTIVE_FACTOR * least) | (most - least <= ACTIVE_COUNT)
    return {"points": points, "share_right": points <= SHARE_POINTS, "active_right": near}


def summed(found: Sequence[dict[str, Any]]) -> dict[str, float]:
    """Figures over many comparisons."""
    points = np.concatenate([one["points"] for one in found])
    share, active = (np.concatenate([one[key] for one in found]) for key in ("share_right", "active_right"))
    return {
        "fingers": len(points),
        "share_within_15_points": round(float(share.mean()), 3),
        "active_within_factor": round(float(active.mean()), 3),
        "both": round(float((share & active).mean()), 3),
        "median_points": round(float(np.median(points)), 1),
        "largest_points": round(float(points.max()), 1),
    }
