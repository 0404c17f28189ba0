"""Table, plot and the file of the tries."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from rich.table import Table

from tacrefine.errors import DataError
from tacrefine.planner.trees import Way
from tacrefine.provenance import write_figures

NAMES = {
    Way.NONE: "without refinement",
    Way.COMPENSATE: "compensate",
    Way.IN_PLACE: "in_place",
    Way.BOTH: "in_place, then compensate",
    Way.PUT_DOWN: "put_down",
}
COLOURS = {
    Way.NONE: "#b04a3a",
    Way.COMPENSATE: "#c58b1b",
    Way.IN_PLACE: "#5b8c5a",
    Way.BOTH: "#2a6f97",
    Way.PUT_DOWN: "#7a5195",
}


def summary(records: Sequence[dict[str, Any]], slots: Sequence[str]) -> dict[str, Any]:
    """For each way: shares of inserted parts in the order of the slots, errors, seconds, moves and grasps."""
    out: dict[str, Any] = {}
    for way in Way:
        mine = [record for record in records if record["way"] == way]
        if not mine:
            continue
        held = [record for record in mine if record["seconds"] is not None] or mine
        seconds = [record["seconds"] for record in held if record["seconds"] is not None]
        out[str(way)] = {
            "tries": len(mine),
            "inserted": [float(np.mean([record["inserted"][slot] for record in mine])) for slot in slots],
            "lost": sum(record["seconds"] is None for record in mine),
            "median_mm": float(np.median([record["error_mm"] for record in held])),
            "median_deg": float(np.median([record["error_deg"] for record in held])),
            "p95_mm": float(np.percentile([record["error_mm"] for record in held], 95)),
            "p95_deg": float(np.percentile([record["error_deg"] for record in held], 95)),
            "seconds": float(np.mean(seconds)) if seconds else None,
            "moves": float(np.mean([record["moves"] for record in held])),
            "grasps": float(np.mean([record["grasps"] for record in mine])),
        }
    return out


def table(figures: dict[str, Any], slots: Sequence[str]) -> Table:
    """For the terminal."""
    columns = (*(f"{slot} mm" for slot in slots), "seconds", "moves")
    out = Table("parts inserted", *columns, title="clearance of the slot", title_justify="left")
    for way, name in NAMES.items():
        row = figures.get(str(way))
        if row is not None:
            seconds = "" if row["seconds"] is None else f"{row['seconds']:.1f}"
            shares = [f"{share:.0%}" for share in row["inserted"]]
            out.add_row(f"{name} ({row['tries']} tries)", *shares, seconds, f"{row['moves']:.1f}")
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
    path: Path, settings: dict[str, Any], slots: Sequence[str], records: Sequence[dict[str, Any]]
) -> None:
    """All at once: a run that is broken off leaves the file of the last whole try."""
    write_figures(path, {"settings": settings, **summary(records, slots), "runs": list(records)})


def pending(records: Sequence[dict[str, Any]], tries: int, ways: Sequence[Way]) -> list[int]:
    """Numbers of the tries that are not written yet in each of these ways."""
    known = {(record["try"], record["way"]) for record in records}
    return [number for number in range(tries) if any((number, str(way)) not in known for way in ways)]


def plot(path: Path, figures: dict[str, Any], slots: Sequence[str]) -> None:
    """Success over clearance with 95 % intervals (Wilson)."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(5.6, 3.7), constrained_layout=True)
    places = np.arange(len(slots))
    ways = [way for way in NAMES if str(way) in figures]
    for i, way in enumerate(ways):
        values = figures[str(way)]
        share = np.array(values["inserted"])
        low, high = _wilson(share, values["tries"])
        error = np.maximum([share - low, high - share], 0.0) * 100
        at = places + 0.06 * (i - (len(ways) - 1) / 2)
        axes.errorbar(at, share * 100, error, color=COLOURS[way], marker="o", capsize=3, label=NAMES[way])
    axes.set_xticks(places, [f"{slot} mm" for slot in slots])
    axes.set(xlabel="clearance", ylabel="parts inserted (%)", ylim=(-3, 103))
    axes.grid(alpha=0.3)
    axes.legend(fontsize=8)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=150)
    pyplot.close(figure)


def _wilson(share: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    z = 1.96
    centre = (share + z**2 / (2 * count)) / (1 + z**2 / count)
    half = z / (1 + z**2 / count) * np.sqrt(share * (1 - share) / count + z**2 / (4 * count**2))
    return centre - half, centre + half
