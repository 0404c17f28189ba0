"""Goals that end well, and goals with another object in the hand: does touch tell, and is the expected error right?

    python benchmarks/touch_mismatch.py --json results/touch_mismatch.json

The decisions are those of the ROS server, in batches without nodes. Four parts: `demos` (plates, with targets
from the inner half of the range, as the demo draws them), `goals` (the fifteen objects and unseen sizes), `classes`
(targets of one class, an object of another in the hand) and `sizes` (the same class, 2 mm or more between them).
Finished batches are in the journal, and a second call goes on there.
"""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from goal_batches import GoalResult, run_goals
from rich.console import Console

from tacrefine.cli.progress import progress_bar
from tacrefine.hands import load_hand
from tacrefine.journal import Journal
from tacrefine.objects import GraspObject, load_objects
from tacrefine.plants import load_plant
from tacrefine.policy import load_policy
from tacrefine.provenance import write_figures
from tacrefine.supervision.errors import SUCCESS, NoContact, TouchMismatch

DEMO_SCALE = 0.5
"""of the range that targets of demos are drawn from"""
LEAST_MM = 2.0
"""difference of diameter or thickness from which two objects of a class are told apart"""
PARTS = ("demos", "goals", "classes", "sizes")


def sizes_of(item: GraspObject) -> dict[str, float]:
    """Diameter and thickness of an object, mm."""
    shape = item.shape
    found = {"thickness": getattr(shape, "thickness", None), "diameter": getattr(shape, "radius", None)}
    return {key: 1e3 * value * (2.0 if key == "diameter" else 1.0) for key, value in found.items() if value}


def pairs(objects: dict[str, GraspObject], same_class: bool, count: int, seed: int) -> list[tuple[str, str]]:
    """Target and held object, drawn without repetition as far as there are enough."""
    every = []
    for a in objects.values():
        for b in objects.values():
            if a.name == b.name or (a.object_class == b.object_class) != same_class:
                continue
            here, there = sizes_of(a), sizes_of(b)
            if not same_class or any(abs(here[key] - there[key]) >= LEAST_MM - 1e-9 for key in here):
                every.append((a.name, b.name))
    order = np.random.default_rng(seed).permutation(len(every))
    return [every[order[i % len(every)]] for i in range(count)]


def figures(results: list[GoalResult]) -> dict[str, Any]:
    """Shares of what ended how; errors are those along the observable axes."""
    good = [r for r in results if r.code == SUCCESS]
    mm, deg = (
        np.array([getattr(r, f"true_{u}") for r in results]) * s for u, s in (("m", 1e3), ("rad", 57.29578))
    )
    ok = np.array([r.code == SUCCESS for r in results], bool)
    expected_mm = np.array([r.expected_m for r in results]) * 1e3
    expected_deg = np.array([r.expected_rad for r in results]) * 57.29578
    off = ((mm > 0.3) & (mm > 3 * expected_mm)) | ((deg > 0.3) & (deg > 3 * expected_deg))
    return {
        "goals": len(results),
        "codes": dict(Counter(str(r.code) for r in results)),
        "mean_moves": float(np.mean([r.moves for r in results])),
        "within_demo_goal": float(((mm <= 1.0) & (deg <= 1.5)).mean()),
        "median_mm": float(np.median(mm)),
        "median_deg": float(np.median(deg)),
        "p95_mm": float(np.percentile(mm, 95)),
        "p95_deg": float(np.percentile(deg, 95)),
        "succeeded": len(good),
        "off_of_succeeded": float(off[ok].mean()) if ok.any() else None,
        "within_expected_mm": float((mm[ok] <= expected_mm[ok]).mean()) if ok.any() else None,
        "within_expected_deg": float((deg[ok] <= expected_deg[ok]).mean()) if ok.any() else None,
        "mismatch": sum(r.code == TouchMismatch.code for r in results) / len(results),
        "mismatch_or_lost": sum(r.code in (TouchMismatch.code, NoContact.code) for r in results)
        / len(results),
        "wrongly_matched": sum(r.code == SUCCESS for r in results) / len(results),
    }


def tasks(part: str, count: int, seed: int, chunk: int) -> list[tuple[str, str, int, int]]:
    """Target, held object, number of goals and seed of every batch of a part."""
    objects = load_objects("fifteen")
    if part in ("classes", "sizes"):
        return [(a, b, 1, seed + i) for i, (a, b) in enumerate(pairs(objects, part == "sizes", count, seed))]
    names = [name for name, item in objects.items() if part == "goals" or item.object_class == "plate"]
    if part == "goals":
        names += list(load_objects("unseen_sizes"))
    shares = [count // len(names) + (i < count % len(names)) for i in range(len(names))]
    return [
        (name, name, min(chunk, share - first), seed + first)
        for name, share in zip(names, shares, strict=True)
        for first in range(0, share, chunk)
    ]


def main(
    plant: Annotated[str, typer.Option(help="Simulated robots.")] = "nominal",
    demos: Annotated[int, typer.Option(min=0, help="Demos on plates.")] = 200,
    goals: Annotated[int, typer.Option(min=0, help="Goals on all objects.")] = 500,
    classes: Annotated[int, typer.Option(min=0, help="Pairs of different classes.")] = 40,
    sizes: Annotated[int, typer.Option(min=0, help="Pairs of one class.")] = 40,
    seed: Annotated[int, typer.Option(min=0, help="Draws robots, poses and pairs.")] = 90500,
    compare: Annotated[bool, typer.Option(help="Compare touch with the target's before success.")] = True,
    json: Annotated[Path | None, typer.Option("--json", help="Write the figures to this file.")] = None,
    journal: Annotated[Path, typer.Option(help="Finished batches, to go on with.")] = Path(
        "out/touch_mismatch.jsonl"
    ),
) -> None:
    """Run all parts and print the figures."""
    console, began = Console(), time.monotonic()
    hand = load_hand()
    policy, robots = load_policy("five_finger", hand), load_plant(plant)
    objects = {**load_objects("fifteen"), **load_objects("unseen_sizes")}
    counts = dict(zip(PARTS, (demos, goals, classes, sizes), strict=True))
    settings = {"plant": plant, "seed": seed, "compare": compare, "model": policy.model_id, **counts}
    finished = Journal(journal, settings)
    results: dict[str, list[GoalResult]] = {part: [] for part in PARTS}
    done = {tuple(key): [GoalResult(**row) for row in rows] for key, rows in finished.parts()}
    work = [(part, *task) for part, count in counts.items() if count for task in tasks(part, count, seed, 20)]
    with progress_bar("goals", len(work)) as advance:
        for number, (part, name, held, count, own) in enumerate(work):
            key = (part, name, held, count, own)
            if key not in done:
                done[key] = run_goals(
                    hand, policy, robots, objects[name], count, own,
                    held=None if held == name else objects[held],
                    target_scale=DEMO_SCALE if part == "demos" else 1.0, compare=compare,
                )  # fmt: skip
                finished.add([key, [asdict(row) for row in done[key]]])
            results[part] += done[key]
            advance(number + 1)
    content = {
        "settings": settings,
        "seconds": round(time.monotonic() - began, 1),
        **{part: figures(rows) for part, rows in results.items() if rows},
        "missed": [asdict(r) for part in ("classes", "sizes") for r in results[part] if r.code == SUCCESS],
    }
    console.print({part: content[part] for part in PARTS if part in content})
    if json is not None:
        write_figures(json, content)
    finished.path.unlink()


if __name__ == "__main__":
    typer.run(main)
