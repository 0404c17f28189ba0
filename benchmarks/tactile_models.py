"""The two tactile models against each other: agreement on identical grasps, and grasps a second.

    python benchmarks/tactile_models.py --grasps 60 --json out/benchmarks/tactile_models.json

Agreement: for each object the same random poses with valid contact are closed by the elastic model (MuJoCo, slowly)
and by the quasistatic one; the figures are the correlation of the two force images of each grasp. Throughput: grasps
a second of the quasistatic model on one core (before the elastic workers start), with elastic's beside it.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import time
from pathlib import Path

import mujoco
import numpy as np
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from tacrefine.hands import load_hand
from tacrefine.objects import load_objects
from tacrefine.plants import load_plant
from tacrefine.provenance import provenance
from tacrefine.sim import ElasticSimulator, QuasistaticSimulator

THROUGHPUT_BATCH = 4000
THROUGHPUT_ROUNDS = 5


def throughput(hand_name: str, objects_name: str, plant_name: str) -> dict[str, float]:
    """Grasps a second on one core for each object: the best of a few rounds, on mixed poses."""
    hand, objects = load_hand(hand_name), load_objects(objects_name)
    rng = np.random.default_rng(7)
    draw = load_plant(plant_name).draw(hand, rng)
    simulator = QuasistaticSimulator(hand, threads=1)
    figures = {}
    for obj in objects.values():
        poses = obj.sample_poses(rng, THROUGHPUT_BATCH)
        simulator.grasp(obj, poses[:8], draw)
        best = np.inf
        for _ in range(THROUGHPUT_ROUNDS):
            start = time.perf_counter()
            simulator.grasp(obj, poses, draw)
            best = min(best, time.perf_counter() - start)
        figures[obj.name] = THROUGHPUT_BATCH / best
    return figures


def compare(job: tuple[str, str, str, str, int, int]) -> dict[str, object]:
    """Close both models at the same poses on one object."""
    hand_name, objects_name, plant_name, object_name, grasps, seed = job
    hand, obj = load_hand(hand_name), load_objects(objects_name)[object_name]
    rng = np.random.default_rng([seed, sorted(load_objects(objects_name)).index(object_name)])
    draw = load_plant(plant_name).draw(hand, rng)
    solver = QuasistaticSimulator(hand, threads=1)
    poses = obj.sample_poses(rng, 4 * grasps)
    # As in data generation, a pose without valid contact (thumb and two fingers) is no sample.
    poses = poses[solver.grasp(obj, poses, draw).valid][:grasps]
    quasistatic = solver.grasp(obj, poses, draw)
    simulator = ElasticSimulator(hand, obj, draw)
    start = time.process_time()
    elastic = simulator.grasp(poses)
    seconds = (time.process_time() - start) / grasps
    correlation = [
        float(np.corrcoef(a, b)[0, 1]) for a, b in zip(elastic.force, quasistatic.force, strict=True)
    ]
    joints = np.rad2deg(np.abs(elastic.joints - quasistatic.joints)).max(axis=1)
    return {
        "object": object_name,
        "correlation": correlation,
        "force_ratio": float(quasistatic.force.sum() / elastic.force.sum()),
        "joint_error_median_deg": float(np.median(joints)),
        "joint_error_p95_deg": float(np.percentile(joints, 95)),
        "elastic_seconds_per_grasp": seconds,
        "elastic_contact_stiffness": contact_stiffness(simulator),
    }


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
    parser.add_argument("--seed", type=int, default=100)
    parser.add_argument("--processes", type=int, default=os.cpu_count())
    parser.add_argument("--json", type=Path, help="write the figures here")
    arguments = parser.parse_args()

    console = Console()
    speed = throughput(arguments.hand, arguments.objects, arguments.plant)
    names = list(speed)
    jobs = [
        (arguments.hand, arguments.objects, arguments.plant, name, arguments.grasps, arguments.seed)
        for name in names
    ]
    results = {}
    with (
        multiprocessing.get_context("spawn").Pool(arguments.processes) as pool,
        Progress(console=console) as progress,
    ):
        task = progress.add_task("both models", total=len(jobs))
        for result in pool.imap_unordered(compare, jobs):
            results[result["object"]] = result
            progress.advance(task)

    table = Table(
        "object", "mean corr.", "5th pct", "min", "force ratio", "joints deg (median, p95)", "grasps/s"
    )
    for name in names:
        r = results[name]
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
    everything = np.concatenate([results[name]["correlation"] for name in names])
    elastic = 1.0 / float(np.mean([results[name]["elastic_seconds_per_grasp"] for name in names]))
    summary = {
        "grasps_per_object": arguments.grasps,
        "seed": arguments.seed,
        "plant": arguments.plant,
        "mean_correlation": float(everything.mean()),
        "p5_correlation": float(np.percentile(everything, 5)),
        "worst_object_mean": float(min(np.mean(results[n]["correlation"]) for n in names)),
        "worst_object_p5": float(min(np.percentile(results[n]["correlation"], 5) for n in names)),
        "grasps_per_second_one_core": float(len(names) / np.sum(1.0 / np.array(list(speed.values())))),
        "elastic_grasps_per_second_one_core": elastic,
        "elastic_contact_stiffness": float(
            np.nanmedian([results[n]["elastic_contact_stiffness"] for n in names])
        ),
    }
    console.print(summary)
    if arguments.json:
        arguments.json.parent.mkdir(parents=True, exist_ok=True)
        content = {"made": provenance(), **summary, "objects": results, "grasps_per_second": speed}
        arguments.json.write_text(json.dumps(content, indent=2) + "\n")


if __name__ == "__main__":
    main()
