"""Table, plot and the file of the tries."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from rich.table import Table

from tacrefine.errors import DataError
from tacrefine.provenance import write_figures

WAYS = ((False, "without refinement"), (True, "with refinement"))


def summary(records: Sequence[dict[str, Any]], clearances: Sequence[str]) -> dict[str, Any]:
    """Shares of inserted plates in the order of the clearances, and the errors of the grasps, for both ways."""
    out: dict[str, Any] = {}
    for refined, name in WAYS:
        mine = [record for record in records if record["refined"] is refined]
        if not mine:
            continue
        key = name.split()[0]
        millimetres = [record["error_mm"] for record in mine]
        degrees = [record["error_deg"] for record in mine]
        out[key] = {
            "tries": len(mine),
            "inserted": [float(np.mean([record["inserted"][c] for record in mine])) for c in clearances],
            "not_held": sum(bool(record["grasp"]) for record in mine),
            "median_mm": float(np.median(millimetres)),
            "median_deg": float(np.median(degrees)),
            "p95_mm": float(np.percentile(millimetres, 95)),
            "p95_deg": float(np.percentile(degrees, 95)),
        }
    return out


def table(figures: dict[str, Any], clearances: Sequence[str]) -> Table:
    """For the terminal."""
    out = Table("clearance", *(name for _, name in WAYS), title="plates inserted")
    ways = [figures.get(name.split()[0]) for _, name in WAYS]
    for i, c in enumerate(clearances):
        out.add_row(f"{c} mm", *("" if way is None else f"{way['inserted'][i]:.0%}" for way in ways))
    return out


def read(path: Path, settings: dict[str, Any]) -> list[dict[str, Any]]:
    """Tries of an earlier run that was broken off; raises DataError if it ran with other settings."""
    if not path.exists():
        return []
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        found, records = content["settings"], content["runs"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(f"{path}: is not a file of this program ({type(error).__name__})") from None
    if found != json.loads(json.dumps(settings)):
        raise DataError(f"{path}: was made with {found}, not {settings}; name another file")
    return list(records)


def write(
    path: Path, settings: dict[str, Any], figures: dict[str, Any], records: list[dict[str, Any]]
) -> None:
    """All at once: a run that is broken off leaves the file of the last whole try."""
    write_figures(path, {"settings": settings, **figures, "runs": records})


def plot(path: Path, figures: dict[str, Any], clearances: Sequence[str]) -> None:
    """Success over clearance with 95 % intervals (Wilson)."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(5.4, 3.6), constrained_layout=True)
    places = np.arange(len(clearances))
    for (_, name), colour, marker in zip(WAYS, ("#b04a3a", "#2a6f97"), "so", strict=True):
        values = figures.get(name.split()[0])
        if values is None:
            continue
        share = np.array(values["inserted"])
        low, high = _wilson(share, values["tries"])
        error = np.maximum([share - low, high - share], 0.0) * 100
        axes.errorbar(places, share * 100, error, color=colour, marker=marker, capsize=3, label=name)
    axes.set_xticks(places, [f"{c} mm" for c in clearances])
    axes.set(xlabel="clearance of the slot", ylabel="plates inserted (%)", ylim=(-3, 103))
    axes.grid(alpha=0.3)
    axes.legend()
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=150)
    pyplot.close(figure)


def _wilson(share: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    z = 1.96
    centre = (share + z**2 / (2 * count)) / (1 + z**2 / count)
    half = z / (1 + z**2 / count) * np.sqrt(share * (1 - share) / count + z**2 / (4 * count**2))
    return centre - half, centre + half
