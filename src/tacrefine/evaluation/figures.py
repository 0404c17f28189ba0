"""From errors of single trials to the figures of a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tacrefine.evaluation.coverage import Coverage
from tacrefine.evaluation.observable import axis_names, hidden_axes, observable_figures
from tacrefine.evaluation.trials import TrialErrors
from tacrefine.geometry import AXES

THRESHOLDS = {
    "success_10deg_10mm": (10.0, 10.0),
    "success_5deg_10mm": (5.0, 10.0),
    "success_5deg_5mm": (5.0, 5.0),
    "success_50mrad_5mm": (float(np.rad2deg(0.05)), 5.0),
    "success_2deg_2mm": (2.0, 2.0),
    "success_1deg_1mm": (1.0, 1.0),
}
"""name: (degrees, millimetres); 50 mrad and 5 mm are those of TacRefineNet's first version"""


def figures(errors: Sequence[TrialErrors]) -> dict[str, Any]:
    """Figures over all trials in `errors`: success fractions and errors where the refinement ended.

    Success means both the distance and the angle of the whole pose, the axes that touch cannot tell included.
    `mean_steps_to_5deg_5mm` is over the trials that get there. `reached_*` count a trial that was inside after any
    move, as the paper does. `coverage` says how often one sigma covers the error, for each axis: of `single`
    corrections and of the `fused` estimate that a trial ended with. `unseen` is the share of trials that ended with a
    weakly observable axis, for each axis and for any of them.
    """
    mm = np.concatenate([e.millimetres for e in errors])
    deg = np.concatenate([e.degrees for e in errors])
    last_mm, last_deg = mm[:, -1], deg[:, -1]
    result: dict[str, Any] = {"trials": len(mm)}
    for name, (degrees, millimetres) in THRESHOLDS.items():
        result[name] = float(((last_mm <= millimetres) & (last_deg <= degrees)).mean())
    for unit, values in (("mm", last_mm), ("deg", last_deg)):
        result[f"mean_{unit}"] = float(values.mean())
        result[f"median_{unit}"] = float(np.median(values))
        result[f"p95_{unit}"] = float(np.percentile(values, 95))
    result["start_mm"], result["start_deg"] = float(mm[:, 0].mean()), float(deg[:, 0].mean())
    inside = (mm <= 5.0) & (deg <= 5.0)
    arrived = inside.any(axis=1)
    result["mean_steps_to_5deg_5mm"] = float(inside.argmax(axis=1)[arrived].mean()) if arrived.any() else None
    for name, (degrees, millimetres) in THRESHOLDS.items():
        reached = ((mm[:, 1:] <= millimetres) & (deg[:, 1:] <= degrees)).any(axis=1)
        result[name.replace("success", "reached")] = float(reached.mean())
    result["mean_moves"] = float(np.concatenate([e.moves for e in errors]).mean())
    single, fused = (
        Coverage.total(parts) for parts in ((e.single for e in errors), (e.fused for e in errors))
    )
    result["one_sigma_coverage"] = single.share
    result["coverage"] = {"single": single.by_axis(), "fused": fused.by_axis()}
    weak = np.concatenate([e.weak for e in errors])
    result["unseen"] = {
        **{name: float(weak[:, i].mean()) for i, name in enumerate(AXES) if weak[:, i].any()},
        "any": float(weak.any(axis=1).mean()) if len(weak) else 0.0,
    }
    return result


def after_each_step(errors: Sequence[TrialErrors]) -> list[dict[str, float]]:
    """Success fractions, median and 95th percentile of the errors after 0, 1, 2 ... moves."""
    mm = np.concatenate([e.millimetres for e in errors])
    deg = np.concatenate([e.degrees for e in errors])
    rows = []
    for step in range(mm.shape[1]):
        row: dict[str, float] = {"step": step}
        for name, (degrees, millimetres) in THRESHOLDS.items():
            row[name] = float(((mm[:, step] <= millimetres) & (deg[:, step] <= degrees)).mean())
        for unit, values in (("mm", mm[:, step]), ("deg", deg[:, step])):
            row[f"median_{unit}"] = float(np.median(values))
            row[f"p95_{unit}"] = float(np.percentile(values, 95))
        rows.append(row)
    return rows


def weak_axes(errors: Sequence[TrialErrors]) -> dict[str, dict[str, list[str]]]:
    """Axes that were weakly observable at the end, by object and number of the trial; other trials are left out."""
    found: dict[str, dict[str, list[str]]] = {}
    counted: dict[str, int] = {}
    for e in errors:
        first = counted.get(e.object_name, 0)
        for i in map(int, np.flatnonzero(e.weak.any(axis=1))):
            axes = [name for name, hidden in zip(AXES, e.weak[i], strict=True) if hidden]
            found.setdefault(e.object_name, {})[str(first + i)] = axes
        counted[e.object_name] = first + len(e.moves)
    return found


def summary(errors: Sequence[TrialErrors], classes: Mapping[str, str]) -> dict[str, Any]:
    """Figures for every class, for every object and for all; `classes` maps object name to class.

    `cannot_tell` are the axes of a class that the hand cannot tell, `told_*` success along the others.
    """
    by_class = {
        name: [e for e in errors if classes[e.object_name] == name]
        for name in dict.fromkeys(classes.values())
    }
    by_object = {name: [e for e in errors if e.object_name == name] for name in classes}
    hidden = {name: hidden_axes(some) for name, some in by_class.items()}

    def row(some: Sequence[TrialErrors]) -> dict[str, Any]:
        return figures(some) | observable_figures(some, classes, hidden)

    return {
        "all": row(errors),
        "classes": {
            name: row(some) | {"cannot_tell": axis_names(hidden[name])} for name, some in by_class.items()
        },
        "objects": {name: row(some) for name, some in by_object.items()},
        "unseen_axes_of_trials": weak_axes(errors),
        "after_each_step": after_each_step(errors),
        "classes_after_each_step": {name: after_each_step(some) for name, some in by_class.items()},
    }
