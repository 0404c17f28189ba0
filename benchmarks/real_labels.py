"""Learn from labelled real touch, and measure on presses that were kept aside.

Two public recordings in the folder that TACREFINE_REAL_TOUCH names, none of which belongs to this project: a magnetic
skin pressed by a robot (eFlesh) and 17 piezoresistive arrays pressed by a CNC machine (interdigitation). One piece of
work after the other; each is written as soon as it is done, and a piece that is in the JSON file already is skipped.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))

from real_labels_simulated import simulated_skin

from tacrefine.data.presses.description import TableDescription, load_table_description
from tacrefine.data.presses.presses import Presses, presses_of
from tacrefine.data.presses.table import Table, read_table
from tacrefine.policy.presses.evaluation import mean_of, press_figures
from tacrefine.policy.presses.settings import PressTraining
from tacrefine.policy.presses.training import train_presses
from tacrefine.provenance import write_figures

TABLES = Path(__file__).parent / "tables"
SENSORS = 17
STROKES = 22
STROKE_ROWS = 71
SIZES = (20, 50, 100, 300, 1000)
CURVE_SENSORS = (0, 8)
"""left out of the pre-training, one after the other"""
Piece = Callable[[], dict[str, Any]]


def main() -> None:
    """Do the pieces that are missing and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, default=Path("results/real_labels.json"))
    parser.add_argument("--only", default="", help="pieces whose names begin so")
    parser.add_argument("--members", type=int, default=4, help="networks that are averaged, where not fewer")
    parser.add_argument("--steps", type=int, default=0, help="training steps instead of each piece's own")
    args = parser.parse_args()
    folder = Path(os.environ.get("TACREFINE_REAL_TOUCH", "shared/real_touch"))
    done: dict[str, Any] = json.loads(args.json.read_text())["pieces"] if args.json.exists() else {}
    effort = Effort(args.members, args.steps)
    for name, piece in pieces(folder, effort).items():
        if name in done or not name.startswith(args.only):
            continue
        begun, used = time.monotonic(), time.process_time()
        done[name] = piece() | effort._asdict() | {"cpu_seconds": round(time.process_time() - used, 1)}
        print(name, json.dumps(done[name].get("absolute")), f"{time.monotonic() - begun:.0f} s", flush=True)
        write_figures(args.json, {"summary": summary(done), "pieces": done})
    write_figures(args.json, {"summary": summary(done), "pieces": done})


class Effort(NamedTuple):
    """Networks that are averaged at most, and training steps (0: each piece's own)."""

    members: int
    steps: int


def settings(effort: Effort, **changes: Any) -> PressTraining:
    """The shipped settings, with changes."""
    given = {"members": effort.members} | changes | ({"steps": effort.steps} if effort.steps else {})
    given["members"] = min(given["members"], effort.members)
    return PressTraining().model_copy(update=given)


def pieces(folder: Path, effort: Effort) -> dict[str, Piece]:
    """Every piece by its name."""
    eflesh, arrays = folder / "eflesh" / "eflesh.npz", folder / "interdigitation" / "presses.npz"
    found: dict[str, Piece] = {}
    for depth in ("random_depth", "one_depth"):
        for fold in range(3):
            found[f"eflesh/{depth}/{fold}"] = partial(eflesh_fold, eflesh, depth, fold, effort)
    found["eflesh/force"] = partial(force, eflesh, effort)
    for sensor in range(SENSORS):
        found[f"strips/each/{sensor}"] = partial(one_sensor, arrays, sensor, effort)
    found["strips/one_model/half"] = partial(one_model, arrays, 11, effort)
    found["strips/one_model/20_strokes"] = partial(one_model, arrays, 20, effort)
    for sensor in CURVE_SENSORS:
        found[f"curve/strips/{sensor}"] = partial(curve_of_strips, arrays, sensor, effort)
    found["curve/eflesh"] = partial(curve_of_eflesh, eflesh, effort)
    return found


def eflesh_fold(path: Path, depth: str, fold: int, effort: Effort) -> dict[str, Any]:
    """Two passes learned from, the third predicted."""
    presses = presses_of(read_table(path), load_table_description(TABLES / f"eflesh_{depth}.yaml"))
    test = presses.groups == fold
    return press_figures(train_presses(presses.take(~test), settings(effort)), presses.take(test))


def force(path: Path, effort: Effort) -> dict[str, Any]:
    """Learned from run 1, asked on run 2."""
    table = read_table(path)
    first, second = (
        presses_of(table, load_table_description(TABLES / f"eflesh_normal_{run}.yaml")) for run in (1, 2)
    )
    return press_figures(train_presses(first, settings(effort, steps=1500)), second)


def strips(path: Path, sensors: tuple[int, ...], share: bool = False) -> Presses:
    """Presses of some arrays: seven strips, place along their row in steps; groups are strokes.

    With `share` the network is told which array it is.
    """
    stored = read_table(path)
    names = sorted({name.split("[")[0] for name in stored.columns})
    parts = [stored.numbers(stored.names([names[sensor]])) for sensor in sensors]
    columns = {f"strip{i}": np.concatenate([part[:, 2 + i] for part in parts]) for i in range(7)}
    columns["place"] = np.concatenate([part[:, 0] for part in parts])
    if share:
        owner = np.repeat(sensors, [len(part) for part in parts])
        columns |= {f"array{i}": (owner == i).astype(float) for i in range(SENSORS)}
    description = TableDescription.model_validate(
        {
            "name": "strips",
            "taxels": {"columns": "strip*", "rest": 950.0, "sign": -1, "full_scale": 950.0},
            "coordinates": [{"name": "place", "column": "place", "unit": "step"}],
            "context": "array*" if share else [],
            "group_rows": STROKE_ROWS,
        }
    )
    return presses_of(Table(path, columns), description)


def learned_strokes(presses: Presses, count: int) -> np.ndarray:
    """Which presses are of the `count` strokes of each array that are learned from: the same ones for every array."""
    order = np.random.default_rng(0).permutation(STROKES)
    return np.isin(presses.groups % STROKES, order[:count])


def one_sensor(path: Path, sensor: int, effort: Effort) -> dict[str, Any]:
    """Half of the strokes learned from, the other half predicted."""
    presses = strips(path, (sensor,))
    half = learned_strokes(presses, STROKES // 2)
    model = train_presses(presses.take(half), settings(effort, steps=1500))
    return press_figures(model, presses.take(~half))


def one_model(path: Path, strokes: int, effort: Effort) -> dict[str, Any]:
    """One model that knows `strokes` strokes of each array, asked on the others; also by array."""
    presses = strips(path, tuple(range(SENSORS)), share=True)
    learned = learned_strokes(presses, strokes)
    model = train_presses(presses.take(learned), settings(effort))
    test = presses.take(~learned)
    arrays = [test.take(test.groups // STROKES == sensor) for sensor in range(SENSORS)]
    rows = [press_figures(model, part) for part in arrays]
    return {**mean_of(rows), "arrays": [row["absolute"]["place"]["rmse"] for row in rows]}


def curve(
    known: Presses, test: Presses, start: Any, effort: Effort, seed: int = 0, fixed: int = 600
) -> list[dict[str, Any]]:
    """Error by the number of labelled presses, from nothing and from `start`."""
    order = np.random.default_rng(seed).permutation(len(known))
    rows = []
    for size in SIZES:
        if size > len(known):
            break
        some = known.take(np.sort(order[:size]))
        row: dict[str, Any] = {"presses": size}
        for name, begin, rate in (("nothing", None, 3e-3), ("pretrained", start, 1e-3)):
            chosen = settings(effort, steps=fixed, members=2, learning_rate=rate)
            figures = press_figures(train_presses(some, chosen, begin), test)["absolute"]
            row[name] = {axis: one["rmse"] for axis, one in figures.items()}
        rows.append(row)
    return rows


def curve_of_strips(path: Path, sensor: int, effort: Effort) -> dict[str, Any]:
    """Pre-trained on all strokes of the other arrays."""
    others = strips(path, tuple(i for i in range(SENSORS) if i != sensor))
    start = train_presses(others, settings(effort, steps=1500, members=2))
    presses = strips(path, (sensor,))
    learned = learned_strokes(presses, STROKES // 2 + 4)  # 15 strokes are 1065 presses
    return {"curve": curve(presses.take(learned), presses.take(~learned), start, effort)}


def curve_of_eflesh(path: Path, effort: Effort) -> dict[str, Any]:
    """Pre-trained on a simulated skin of five magnetometers, asked on the third pass at random depths."""
    presses = presses_of(read_table(path), load_table_description(TABLES / "eflesh_random_depth.yaml"))
    start = train_presses(simulated_skin(presses), settings(effort, steps=1500, members=2))
    test = presses.groups == 2
    return {"curve": curve(presses.take(~test), presses.take(test), start, effort)}


def summary(done: dict[str, Any]) -> dict[str, Any]:
    """Means of the pieces that belong together."""
    result: dict[str, Any] = {}
    for depth in ("random_depth", "one_depth"):
        rows = [done[f"eflesh/{depth}/{fold}"] for fold in range(3) if f"eflesh/{depth}/{fold}" in done]
        if rows:
            result[f"eflesh_{depth}"] = mean_of(rows) | {"folds": len(rows)}
    if "eflesh/force" in done:
        result["eflesh_force"] = done["eflesh/force"]
    rows = [done[f"strips/each/{i}"] for i in range(SENSORS) if f"strips/each/{i}" in done]
    if rows:
        result["strips_each"] = mean_of(rows) | {"arrays": len(rows)}
    for name in ("half", "20_strokes"):
        if f"strips/one_model/{name}" in done:
            result[f"strips_one_model_{name}"] = done[f"strips/one_model/{name}"]
    curves = [done[f"curve/strips/{i}"]["curve"] for i in CURVE_SENSORS if f"curve/strips/{i}" in done]
    if curves:
        result["curve_strips"] = [
            {
                "presses": rows[0]["presses"],
                **{
                    k: {"place": float(np.mean([row[k]["place"] for row in rows]))}
                    for k in ("nothing", "pretrained")
                },
            }
            for rows in zip(*curves, strict=True)
        ]
    if "curve/eflesh" in done:
        result["curve_eflesh"] = done["curve/eflesh"]["curve"]
    return result


if __name__ == "__main__":
    main()
