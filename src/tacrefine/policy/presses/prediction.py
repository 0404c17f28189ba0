"""Predictions of a model as a CSV file."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from tacrefine.data.presses.presses import Presses
from tacrefine.data.presses.units import UNITS
from tacrefine.documents import write_atomically
from tacrefine.errors import ModelError
from tacrefine.policy.presses.model import PressModel


def write_predictions(model: PressModel, presses: Presses, path: Path) -> None:
    """Write row, coordinates and standard deviations, in the units of the model's table.

    Raises ModelError where the table has other columns than the model was trained on.
    """
    if presses.description.taxels.components != model.description.taxels.components:
        raise ModelError(
            f"the model '{model.description.name}' was trained on taxels of {model.description.taxels.components} "
            f"components, the table has {presses.description.taxels.components}."
        )
    mean, deviation = model.absolute(presses)
    coordinates = model.description.coordinates
    text = io.StringIO()
    writer = csv.writer(text)
    names = [f"{c.name}_{c.unit}" for c in coordinates]
    writer.writerow(["row", *names, *(f"{name}_sigma" for name in names)])
    factors = [UNITS[c.unit][1] for c in coordinates]
    for row, values, sigmas in zip(presses.rows, mean / factors, deviation / factors, strict=True):
        writer.writerow([int(row), *(f"{v:.6g}" for v in values), *(f"{s:.4g}" for s in sigmas)])
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, text.getvalue())
