"""What recordings of real sensors say of the sensor properties that plants have.

    TACREFINE_REAL_TOUCH=FOLDER python benchmarks/sensor_properties.py --json results/sensor_properties.json

FOLDER (or the first argument) holds recordings that are not part of this project: `icub_grasps/icub_grasps.npz` (grasps
of a hand with 5 x 12 capacitive taxels), `eflesh/eflesh.npz` (a magnetic skin under a load cell),
`interdigitation/presses.npz` (piezoresistive strips pressed at known places), and optionally
`paxini/press_z.csv` (time and counts of a steady press). What is not there is left out and said.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from tacrefine.errors import ConfigError, TacrefineError
from tacrefine.plants import load_plant
from tacrefine.provenance import write_figures
from tacrefine.touch import properties as fits

VARIABLE = "TACREFINE_REAL_TOUCH"
ICUB_FULL = 242.0
"""counts of the iCub's taxels at rest; pressed ones read less"""
UNTOUCHED = 3.0
"""counts: a taxel that changes by no more in any grasp of a session was not touched"""
ADC = 1023.0
"""largest reading of the strips"""
COVERED = ("noise", "zero", "drift", "creep", "cross_talk", "resolution", "repeats")

Row = dict[str, Any]


def _row(parameter: str, recording: str, value: float, explains: float | None, of: str, **detail: Any) -> Row:
    low, high = getattr(load_plant("training").description.sensor, parameter).bounds
    return {
        "parameter": parameter,
        "recording": recording,
        "value": float(f"{value:.3g}"),
        "explains": None if explains is None else round(explains, 3),
        "explains_of": of,
        "training_low": low,
        "training_high": high,
        "within_training": bool(low <= value <= high),
        **{name: float(f"{number:.3g}") for name, number in detail.items()},
    }


def icub(path: Path) -> list[Row]:
    """Noise, zeros and drift of a real hand's taxels between grasps."""
    with np.load(path) as data:
        names = [key.removesuffix("_taxels") for key in data.files if key.endswith("_taxels")]
        order = sorted(names, key=lambda name: (name.rsplit("_", 1)[0], int(name.rsplit("_", 1)[1])))
        sessions: dict[str, list[fits.Array]] = {}
        for name in order:
            frames = data[f"{name}_taxels"]
            sessions.setdefault(name.rsplit("_", 1)[0], []).append(
                frames.reshape(len(frames), -1).astype(float)
            )
    zeros, still = [], []
    for grasps in sessions.values():
        untouched = (np.stack([np.ptp(grasp, axis=0) for grasp in grasps]) <= UNTOUCHED).all(axis=0)
        zeros.append(np.where(untouched, np.stack([grasp.mean(axis=0) for grasp in grasps]), np.nan))
        still += [grasp[:, untouched] for grasp in grasps]
    noise = fits.frame_noise(still)
    frames_each = float(np.median([len(part) for part in still]))
    zero, drift = fits.zero_spread(zeros), fits.drift_step(zeros, noise / np.sqrt(frames_each))
    said = "iCub hand, 103 grasps"
    return [
        _row("noise", said, noise / ICUB_FULL, None, "measured directly"),
        _row("zero", said, zero.value / ICUB_FULL, zero.explains, zero.of, **zero.detail),
        _row("drift", said, drift.value / ICUB_FULL, drift.explains, drift.of, **drift.detail),
        _row("resolution", said, 1 / ICUB_FULL, None, "whole counts"),
    ]


def eflesh(path: Path) -> list[Row]:
    """Creep of a magnetic skin under repeated loading by a known force."""
    rows = []
    with np.load(path) as data:
        for run in ("normal_1", "normal_2"):
            force, channels = data[f"{run}_load_cell_g"].astype(float), data[f"{run}_channels"]
            known = force >= 0
            force = np.interp(np.arange(len(force)), np.flatnonzero(known), force[known])
            reading = (
                np.linalg.norm(channels.reshape(len(channels), -1, 3), axis=-1).sum(axis=1).astype(float)
            )
            lagged = [
                fits.creep(*_normed(force[lag:], reading[: len(reading) - lag]), cycles=10)
                for lag in range(4)
            ]
            best = min(lagged, key=lambda fit: fit.detail["left_over"])
            rows.append(
                _row("creep", f"eFlesh skin, {run}", best.value, best.explains, best.of, **best.detail)
            )
    return rows


def _normed(force: fits.Array, reading: fits.Array) -> tuple[fits.Array, fits.Array]:
    return force / force.max(), reading / reading.max()


def strips(path: Path) -> list[Row]:
    """Cross-talk of strips of piezoresistive fabric; force is taken to be proportional to their conductance."""
    found = []
    with np.load(path) as data:
        for name in data.files:
            table = data[name].astype(float)
            counts = np.clip(table[:, 2:], 1.0, ADC - 1)
            conductance = (ADC - counts) / counts
            signal = np.maximum(conductance - np.percentile(conductance, 5, axis=0), 0.0)
            found.append(fits.cross_talk(table[:, 0], signal))
    share = np.array([fit.value for fit in found])
    return [
        _row(
            "cross_talk",
            f"interdigitated strips, {len(found)} sensors",
            float(np.median(share)),
            float(np.median([fit.explains for fit in found])),
            found[0].of,
            lowest=float(share.min()),
            highest=float(share.max()),
            explains_without=float(np.median([fit.detail["explains_without"] for fit in found])),
        )
    ]


def paxini(path: Path) -> list[Row]:
    """Resolution and repeated readings of a steady press."""
    table = np.genfromtxt(path, delimiter=",", comments="#")
    readings = table[:, 1:]
    smallest, same, frames = fits.steps(readings)
    said = f"PaXini S1813, one press, {len(readings)} frames"
    return [
        _row(
            "resolution",
            said,
            smallest / readings.max(),
            None,
            "of the largest reading",
            unchanged=same,
        ),
        _row("repeats", said, frames, None, "of the frames are the one before"),
    ]


SOURCES: dict[str, Callable[[Path], list[Row]]] = {
    "icub_grasps/icub_grasps.npz": icub,
    "eflesh/eflesh.npz": eflesh,
    "interdigitation/presses.npz": strips,
    "paxini/press_z.csv": paxini,
}


def run(folder: Path) -> dict[str, Any]:
    """All fits; raises ConfigError where the folder has none of the recordings or one cannot be read."""
    rows: list[Row] = []
    missing = []
    for name, fit in SOURCES.items():
        if not (folder / name).exists():
            missing.append(name)
            continue
        try:
            rows += fit(folder / name)
        except (OSError, KeyError, ValueError, IndexError) as error:
            raise ConfigError(f"{folder / name}: cannot be read as this recording ({error}).") from error
    if not rows:
        raise ConfigError(f"{folder}: holds none of {', '.join(SOURCES)}.")
    return {"fits": {f"{i + 1}": row for i, row in enumerate(rows)}, "missing": missing}


def show(result: dict[str, Any]) -> None:
    """The fits as a table."""
    table = Table("parameter", "recording", "value", "explains", "training")
    for row in result["fits"].values():
        share = "" if row["explains"] is None else f"{100 * row['explains']:.0f} % "
        table.add_row(
            row["parameter"],
            row["recording"],
            f"{row['value']:g}",
            share + row["explains_of"],
            f"{row['training_low']:g} to {row['training_high']:g}",
        )
    Console(width=140).print(table)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    given = os.environ.get(VARIABLE)
    parser.add_argument(
        "folder", type=Path, nargs="?", default=Path(given) if given else None, help=f"default: {VARIABLE}"
    )
    parser.add_argument("--json", type=Path, help="write the figures here")
    chosen = parser.parse_args(arguments)
    try:
        if chosen.folder is None:
            raise ConfigError(f"no folder of recordings: name one, or set {VARIABLE}.")
        result = run(chosen.folder)
    except TacrefineError as error:
        print(error, file=sys.stderr)
        return 2
    show(result)
    if chosen.json is not None:
        write_figures(chosen.json, result, chosen.folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
