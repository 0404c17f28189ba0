"""The two tactile models against each other: agreement on identical grasps, and grasps a second.

    python benchmarks/tactile_models.py --grasps 60 --json out/benchmarks/tactile_models.json

Agreement: for each object the same random poses with valid contact are closed by the elastic model (MuJoCo, slowly)
and by the quasistatic one; the figures are the correlation of the two force images of each grasp. Throughput: grasps
a second of processor time of the quasistatic model on one core (before the elastic workers start), with elastic's
beside it, and of all cores in wall time against one.

With --grid the quasistatic model also sees the same objects through grids of distances: the same figures again.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import time
from pathlib import Path

import mujoco
import numba
import numpy as np
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from tacrefine.hands import load_hand
from tacrefine.objects import as_grid, load_objects
from tacrefine.plants import load_plant
from tacrefine.provenance import provenance
from tacrefine.sim import ElasticSimulator, GraspBatch, QuasistaticSimulator

THROUGHPUT_BATCH = 4000
THROUGHPUT_ROUNDS = 5


def throughput(hand_name: str, objects_name: str, plant_name: str, grid: bool) -> dict[str, float]:
    """Grasps a second of processor time on one core for each object: the best of a few rounds, on mixed poses."""
    hand, objects = load_hand(hand_name), load_objects(objects_name)
    rng = np.random.default_rng(7)
    draw = load_plant(plant_name).draw(hand, rng)
    simulator = QuasistaticSimulator(hand, threads=1)
    figures = {}
    for obj in objects.values():
        seen = as_grid(obj) if grid else obj
        poses = obj.sample_poses(rng, THROUGHPUT_BATCH)
        simulator.grasp(seen, poses[:8], draw)
        best = np.inf
        for _ in range(THROUGHPUT_ROUNDS):
            # Processor time: other programs on the machine do not count.
            start = time.process_time()
            simulator.grasp(seen, poses, draw)
            best = min(best, time.process_time() - start)
        figures[obj.name] = THROUGHPUT_BATCH / best
    return figures


def scaling(hand_name: str, objects_name: str, plant_name: str, grid: bool) -> dict[str, float]:
    """Wall-time speed of two threads over one on a batch of all objects; only an idle machine shows it."""
    hand, objects = load_hand(hand_name), list(load_objects(objects_name).values())
    rng = np.random.default_rng(8)
    draw = load_plant(plant_name).draw(hand, rng)
    simulator = QuasistaticSimulator(hand)
    mixed = [
        as_grid(obj) if grid else obj for obj in objects for _ in range(THROUGHPUT_BATCH // len(objects))
    ]
    poses = np.stack([obj.sample_poses(rng, 1)[0] for obj in mixed])
    best = dict.fromkeys((1, 2), np.inf)
    for _ in range(THROUGHPUT_ROUNDS):
        for threads in best:
            numba.set_num_threads(min(threads, numba.config.NUMBA_NUM_THREADS))
            start = time.perf_counter()
            simulator.grasp(mixed, poses, draw)
            best[threads] = min(best[threads], time.perf_counter() - start)
    return {
        "grasps_per_second_wall_one_core": len(poses) / best[1],
        "grasps_per_second_wall_two_cores": len(poses) / best[2],
        "two_cores_over_one": best[1] / best[2],
    }


def compare(job: tuple[str, str, str, str, int, int, bool]) -> dict[str, object]:
    """Close both models at the same poses on one object."""
    hand_name, objects_name, plant_name, object_name, grasps, seed, grid = job
    hand, obj = load_hand(hand_name), load_objects(objects_name)[object_name]
    rng = np.random.default_rng([seed, sorted(load_objects(objects_name)).index(object_name)])
    draw = load_plant(plant_name).draw(hand, rng)
    solver = QuasistaticSimulator(hand, threads=1)
    poses = obj.sample_poses(rng, 4 * grasps)
    # As in data generation, a pose without valid contact (thumb and two fingers) is no sample.
    poses = poses[solver.grasp(obj, poses, draw).valid][:grasps]
    simulator = ElasticSimulator(hand, obj, draw)
    start = time.process_time()
    elastic = simulator.grasp(poses)
    seconds = (time.process_time() - start) / grasps
    result = {
        "object": object_name,
        **agreement(elastic, solver.grasp(obj, poses, draw)),
        "elastic_seconds_per_grasp": seconds,
        "elastic_contact_stiffness": contact_stiffness(simulator),
    }
    if grid:
        result["grid"] = agreement(elastic, solver.grasp(as_grid(obj), poses, draw))
    return result


def agreement(elastic: GraspBatch, quasistatic: GraspBatch) -> dict[str, object]:
    """Correlation of the force images of each grasp, ratio of all forces, differences of the joints (deg)."""
    joints = np.rad2deg(np.abs(elastic.joints - quasistatic.joints)).max(axis=1)
    return {
        "correlation": [
            float(np.corrcoef(a, b)[0, 1]) for a, b in zip(elastic.force, quasistatic.force, strict=True)
        ],
        "force_ratio": float(quasistatic.force.sum() / elastic.force.sum()),
        "joint_error_median_deg": float(np.median(joints)),
        "joint_error_p95_deg": float(np.percentile(joints, 95)),
    }


def summary(results: list[dict], speed: dict[str, float]) -> dict[str, float]:
    """Figures over all objects."""
    correlations = [np.array(result["correlation"]) for result in results]
    everything = np.concatenate(correlations)
    return {
        "mean_correlation": float(everything.mean()),
        "p5_correlation": float(np.percentile(everything, 5)),
        "worst_object_mean": float(min(c.mean() for c in correlations)),
        "worst_object_p5": float(min(np.percentile(c, 5) for c in correlations)),
        "grasps_per_second_one_core": float(len(speed) / np.sum(1.0 / np.array(list(speed.values())))),
    }


def show(console: Console, title: str, results: dict[str, dict], speed: dict[str, float]) -> None:
    """One table, an object a row."""
    columns = (
        "object",
        "mean corr.",
        "5th pct",
        "min",
        "force ratio",
        "joints deg (median, p95)",
        "grasps/s",
    )
    table = Table(*columns, title=title)
    for name, r in results.items():
        c = np.array(r["correlation"])
        table.add_row(
            name,
            f"{c.mean():.4f}",
            f"{np.percentile(c, 5):.4f}",
            f"{c.min():.4f}",
            f"{r['force_ratio']:.3f}",
            f"{r['joint_error_median_deg']:.4f}, {r['joint_error_p95_deg']:.3f}",
            f"{speed[name]:,.0f}",
        )
    console.print(table)


def contact_stiffness(simulator: ElasticSimulator) -> float:
    """Median of force over penetration (N/m) of the taxel contacts after the last grasp, from MuJoCo's own output."""
    world, found, wrench = simulator.world, [], np.zeros(6)
    for i in range(world.data.ncon):
        contact = world.data.contact[i]
        types = world.model.geom_type[[contact.geom1, contact.geom2]]
        mujoco.mj_contactForce(world.model, world.data, i, wrench)
        if mujoco.mjtGeom.mjGEOM_SPHERE in types and wrench[0] > 0.01:
            found.append(wrench[0] / max(-contact.dist, 1e-9))
    return float(np.median(found)) if found else float("nan")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--hand", default="five_finger")
    parser.add_argument("--objects", default="fifteen")
    parser.add_argument("--plant", default="ideal", help="mechanics of both models (noise is not used)")
    parser.add_argument("--grasps", type=int, default=60, help="identical grasps an object")
    parser.add_argument("--grid", action="store_true", help="the same objects through grid distances as well")
    parser.add_argument("--seed", type=int, default=100)
    parser.add_argument("--processes", type=int, default=os.cpu_count())
    parser.add_argument("--json", type=Path, help="write the figures here")
    arguments = parser.parse_args()

    console = Console()
    chosen = (arguments.hand, arguments.objects, arguments.plant)
    kinds = (False, True) if arguments.grid else (False,)
    speed = {grid: throughput(*chosen, grid) for grid in kinds}
    scaled = {grid: scaling(*chosen, grid) for grid in kinds}
    names = list(speed[False])
    jobs = [(*chosen, name, arguments.grasps, arguments.seed, arguments.grid) for name in names]
    results = {}
    with (
        multiprocessing.get_context("spawn").Pool(arguments.processes) as pool,
        Progress(console=console) as progress,
    ):
        task = progress.add_task("both models", total=len(jobs))
        for result in pool.imap_unordered(compare, jobs):
            results[result["object"]] = result
            progress.advance(task)

    analytic = {name: results[name] for name in names}
    show(console, "quasistatic against elastic", analytic, speed[False])
    figures = {
        "grasps_per_object": arguments.grasps,
        "seed": arguments.seed,
        "plant": arguments.plant,
        **summary(list(analytic.values()), speed[False]),
        **scaled[False],
        "elastic_grasps_per_second_one_core": 1.0
        / float(np.mean([r["elastic_seconds_per_grasp"] for r in analytic.values()])),
        "elastic_contact_stiffness": float(
            np.nanmedian([r["elastic_contact_stiffness"] for r in analytic.values()])
        ),
    }
    if arguments.grid:
        sampled = {name: results[name]["grid"] for name in names}
        show(console, "quasistatic through grid distances against elastic", sampled, speed[True])
        figures["grid"] = {**summary(list(sampled.values()), speed[True]), **scaled[True]}
    console.print(figures)
    if arguments.json:
        arguments.json.parent.mkdir(parents=True, exist_ok=True)
        content = {"made": provenance(), **figures, "objects": results, "grasps_per_second": speed[False]}
        if arguments.grid:
            content["grasps_per_second_grid"] = speed[True]
        arguments.json.write_text(json.dumps(content, indent=2) + "\n")


if __name__ == "__main__":
    main()
