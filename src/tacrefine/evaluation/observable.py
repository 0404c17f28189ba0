"""Which axes a hand cannot tell of a class of objects, and how well it refines along the others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tacrefine.evaluation.trials import TrialErrors
from tacrefine.geometry import AXES

OFTEN = 0.5
"""share of trials at whose end an axis is weakly observable, from which on the hand cannot tell it"""
THRESHOLDS = {
    "observable_5deg_5mm": (5.0, 5.0),
    "observable_2deg_2mm": (2.0, 2.0),
    "observable_1deg_1mm": (1.0, 1.0),
}
"""name: (degrees, millimetres)"""


def hidden_axes(errors: Sequence[TrialErrors]) -> NDArray[np.bool_]:
    """Axes (6,) that were weakly observable at the end of at least half of the trials, all of one class."""
    weak = [e.weak for e in errors if len(e.weak)]
    return np.concatenate(weak).mean(axis=0) >= OFTEN if weak else np.zeros(6, bool)


def observable_figures(
    errors: Sequence[TrialErrors], classes: Mapping[str, str], hidden: Mapping[str, NDArray[np.bool_]]
) -> dict[str, Any]:
    """Success fractions along the axes that the hand can tell; `classes` by object, `hidden` axes by class.

    Trials on objects of which it cannot tell a single axis are left out; None where no others are left.
    """
    mm, deg = [np.zeros(0)], [np.zeros(0)]
    for e in errors:
        told = ~hidden[classes[e.object_name]]
        if e.single.predicted.any() and not e.single.predicted[told].any():
            continue
        mm.append(1e3 * np.linalg.norm(e.final[:, :3] * told[:3], axis=1))
        deg.append(np.rad2deg(np.linalg.norm(e.final[:, 3:] * told[3:], axis=1)))
    millimetres, degrees = np.concatenate(mm), np.concatenate(deg)
    if not len(millimetres):
        return dict.fromkeys(THRESHOLDS)
    return {
        name: float(((millimetres <= most_mm) & (degrees <= most_deg)).mean())
        for name, (most_deg, most_mm) in THRESHOLDS.items()
    }


def sentences(result: Mapping[str, Any]) -> list[str]:
    """What to say of each class of an evaluation of which the hand cannot tell every axis."""
    found = []
    for name, row in result["classes"].items():
        if row.get("cannot_tell"):
            axes = " and ".join(row["cannot_tell"])
            if row[next(iter(THRESHOLDS))] is None:
                found.append(f"{name}: this hand cannot tell {axes}, which is all that touch could tell.")
                continue
            shares = "/".join(f"{100 * row[key]:.1f}" for key in THRESHOLDS)
            found.append(
                f"{name}: this hand cannot tell {axes}; along the other axes {shares} % within 5/5, 2/2, 1/1."
            )
    return found


def axis_names(mask: NDArray[np.bool_]) -> list[str]:
    """Names of the axes that are set."""
    return [name for name, there in zip(AXES, mask, strict=True) if there]
