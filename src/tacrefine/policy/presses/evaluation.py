"""Figures of a model on labelled presses, and of models that each learned from all groups but those they are asked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tacrefine.data.presses.presses import Presses
from tacrefine.data.presses.units import SHOWN
from tacrefine.errors import DataError
from tacrefine.policy.presses.calibration import pairs
from tacrefine.policy.presses.model import PressModel
from tacrefine.policy.presses.settings import PressTraining
from tacrefine.policy.presses.training import train_presses


def press_figures(model: PressModel, presses: Presses) -> dict[str, Any]:
    """Errors for each coordinate: of the coordinates themselves and of increments between presses of a group.

    `rmse`, `median` and `sigma` (root mean square of the predicted standard deviations) in `unit`; `covered` is the
    share of the errors within one predicted standard deviation.
    """
    mean, deviation = model.absolute(presses)
    result: dict[str, Any] = {"presses": len(presses)}
    result["absolute"] = errors_of(presses, mean - presses.coordinates, deviation)
    first, second = pairs(presses.groups, np.random.default_rng(0))
    if len(first):
        current, target = presses.take(first), presses.take(second)
        mean, deviation = model.increments(current, target)
        truth = target.coordinates - current.coordinates
        result["increment"] = errors_of(presses, mean - truth, deviation)
    return result


def errors_of(
    presses: Presses, error: NDArray[np.float64], deviation: NDArray[np.float64]
) -> dict[str, dict[str, Any]]:
    """Figures by coordinate, in the units of tables."""
    figures = {}
    names, units = presses.description.names, presses.description.units
    for k, (name, unit) in enumerate(zip(names, units, strict=True)):
        shown, factor = SHOWN.get(unit, (unit, 1.0))
        figures[name] = {
            "unit": shown,
            "rmse": float(np.sqrt(np.mean(error[:, k] ** 2)) * factor),
            "median": float(np.median(np.abs(error[:, k])) * factor),
            "sigma": float(np.sqrt(np.mean(deviation[:, k] ** 2)) * factor),
            "covered": float((np.abs(error[:, k]) < deviation[:, k]).mean()),
        }
    return figures


def folds(
    presses: Presses,
    settings: PressTraining,
    count: int = 0,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> dict[str, Any]:
    """Figures of each fold and their mean: groups are split into `count` parts (0: each is one), one is the test.

    Raises DataError where there are fewer groups than parts.
    """
    names = np.unique(presses.groups)
    count = count or len(names)
    if not 2 <= count <= len(names):
        raise DataError(
            f"the dataset has {len(names)} group(s) of presses that belong together, {count} fold(s) are asked for; "
            "needed are at least two of both, and no more folds than groups."
        )
    parts = np.arange(len(names)) % count
    rows = []
    for fold in range(count):
        test = np.isin(presses.groups, names[parts == fold])
        model = train_presses(
            presses.take(~test),
            settings,
            progress=lambda done, total, fold=fold: progress(fold * total + done, count * total),  # type: ignore[misc]
        )
        rows.append({"fold": fold, **press_figures(model, presses.take(test))})
    return {"folds": rows, "mean": mean_of(rows)}


def mean_of(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Mean of the figures of several rows, by kind and coordinate."""
    result: dict[str, Any] = {"presses": sum(row["presses"] for row in rows)}
    for kind in ("absolute", "increment"):
        parts = [row[kind] for row in rows if kind in row]
        if parts:
            result[kind] = {
                name: {"unit": first["unit"]}
                | {key: float(np.mean([part[name][key] for part in parts])) for key in first if key != "unit"}
                for name, first in parts[0].items()
            }
    return result
