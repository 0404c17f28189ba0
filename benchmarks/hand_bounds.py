"""What touch can tell of each axis at best, for each hand and class of objects: Cramer-Rao bounds from simulated touch.

    python benchmarks/hand_bounds.py --json results/hand_bounds.json

At random poses in the sampling box, from one grasp of 8 frames with 3 % noise, on robots of the plant `nominal`. That
box is the prior: an axis that touch tells nothing of has the box's standard deviation. The bounds 'gains' count what a
taxel's unknown gain of 10 % changes as noise of that reading.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track
from rich.table import Table

from tacrefine.geometry import AXES
from tacrefine.hands import load_hand
from tacrefine.objects import GraspObject, load_objects
from tacrefine.plants import load_plant
from tacrefine.provenance import write_figures
from tacrefine.sim import QuasistaticSimulator
from tacrefine.sim.information import TouchInformation

HANDS = "five_finger,inspire_rh56dftp,leap_grid,allegro_gen3,robotiq_2f85_tsf85,parallel_gel"
NOISE, GAIN, FRAMES = 0.03, 0.10, 8


def main(
    hands: Annotated[str, typer.Option(help="Names or files of hands, by commas.")] = HANDS,
    objects: Annotated[str, typer.Option(help="Object set: a name or a YAML file.")] = "fifteen",
    poses: Annotated[int, typer.Option(min=1, help="Poses of each object.")] = 40,
    seed: Annotated[int, typer.Option(min=0)] = 90304,
    json: Annotated[Path | None, typer.Option("--json", help="Write the figures to this file.")] = None,
) -> None:
    """Print the bounds of each hand, class and axis."""
    rows: dict[str, dict[str, Any]] = {}
    for name in track(hands.split(","), "hands"):
        rows |= bounds(name, load_objects(objects).values(), poses, seed)
    table = Table("hand, class, axis", "median", "90 %", "gains: median", "90 %")
    for name, row in rows.items():
        table.add_row(
            f"{name}, {row['unit']}",
            *(f"{row[key]:.2f}" for key in ("median", "p90", "gains_median", "gains_p90")),
        )
    Console().print(table)
    if json is not None:
        write_figures(json, {"poses": poses, "seed": seed, "noise": NOISE, "gain": GAIN, "hands": rows})


def bounds(name: str, objects: Any, poses: int, seed: int) -> dict[str, dict[str, Any]]:
    """Rows of one hand, keyed by hand, class and axis; mm and degrees."""
    hand = load_hand(name)
    simulator, plant = QuasistaticSimulator(hand), load_plant("nominal")
    found: dict[str, list[NDArray[np.float64]]] = {}
    axes: dict[str, NDArray[np.int64]] = {}
    for number, item in enumerate(objects):
        rng = np.random.default_rng([seed, number])
        model = TouchInformation(simulator, item, plant.sample(hand, rng), NOISE)
        found.setdefault(item.object_class, []).append(
            deviations(model, valid_poses(model, item, rng, poses))
        )
        axes[item.object_class] = model.axes
    rows = {}
    for kind, parts in found.items():
        each = np.concatenate(parts, axis=1)
        for column, axis in enumerate(axes[kind]):
            plain, gains = each[..., column] * (1e3 if axis < 3 else np.rad2deg(1.0))
            rows[f"{hand.name}, {kind}, {AXES[axis]}"] = {
                "unit": "mm" if axis < 3 else "deg",
                "median": float(np.median(plain)),
                "p90": float(np.percentile(plain, 90)),
                "gains_median": float(np.median(gains)),
                "gains_p90": float(np.percentile(gains, 90)),
            }
    return rows


def valid_poses(
    model: TouchInformation, item: GraspObject, rng: np.random.Generator, count: int
) -> NDArray[np.float64]:
    """Those of `count` random poses in the box that are grasps, ``(n, 6)``."""
    asked = item.sample_poses(rng, count)
    return np.asarray(asked[model.simulator.grasp(item, asked, model.sample).valid])


def deviations(model: TouchInformation, poses: NDArray[np.float64]) -> NDArray[np.float64]:
    """Bounds without and with unknown gains ``(2, n, A)``, m and rad."""
    readings, jacobian = model.jacobian(poses)
    found = []
    for gain in (0.0, GAIN):
        precision = 1.0 / (model.noise**2 / FRAMES + (gain * readings) ** 2)
        information = np.einsum("nta,ntb,nt->nab", jacobian, jacobian, precision)
        covariance = np.linalg.inv(information + np.diag(model.prior_sigma**-2))
        found.append(np.sqrt(np.einsum("naa->na", covariance)))
    return np.stack(found)


if __name__ == "__main__":
    typer.run(main)
