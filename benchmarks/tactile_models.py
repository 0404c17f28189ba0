"""The two tactile models against each other: agreement on identical grasps, and grasps a second.

    python benchmarks/tactile_models.py --json out/benchmarks/tactile_models.json
    python benchmarks/tactile_models.py --grid --json out/benchmarks/tactile_models_grid.json
    python benchmarks/tactile_models.py --speed-only --json out/benchmarks/tactile_speed.json

Agreement: for each object the same random poses with valid contact are closed by the elastic model (MuJoCo, slowly)
and by the quasistatic one; the figures are the correlation of the two force images of each grasp. The same again with
mechanics that nothing was tuned on (soft skin, strong drives, more friction), where the contact's own stiffness is
read from MuJoCo's contacts. Throughput: grasps a second of processor time of the quasistatic model on one core (before
the elastic workers start), with elastic's beside it, and of two cores in wall time against one.

With --grid the quasistatic model sees objects through grids of distances: the given set, the shipped sets of unseen
sizes and shapes, and a mesh that is not convex, a rail of T section, added as ``tacrefine objects add`` does it.
"""

from __future__ import annotations

import argparse
import dataclasses
import multiprocessing
import os
import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple

import mujoco
import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import Progress
from rich.table import Table
from tactile_speed import scaling, throughput

from tacrefine.hands import load_hand
from tacrefine.objects import GraspObject, as_grid, load_objects
from tacrefine.plants import PlantSample, load_plant
from tacrefine.provenance import write_figures
from tacrefine.sim import ElasticSimulator, GraspBatch, QuasistaticSimulator
from tacrefine.sim.placement.adding import Wanted, add_mesh
from tacrefine.sim.quasistatic.taxels import hardening

UNTUNED = {"taxel_stiffness": 0.6, "closing_torque": 1.25, "friction": 0.9}
"""factors on the plant's stiffness and torque; friction as it is"""
UNSEEN = ("unseen_sizes", "unseen_shapes")
RAIL = ((-4, 0), (-4, -4), (-1.5, -4), (-1.5, -40), (1.5, -40), (1.5, -4), (4, -4), (4, 0))
"""mm, x and z around the section of a rail whose head is grasped"""
RAIL_CAP = ((0, 1, 2), (0, 2, 5), (0, 5, 7), (5, 6, 7), (2, 3, 4), (2, 4, 5))
RAIL_LENGTH = 240.0


class Job(NamedTuple):
    """One object, closed slowly by the elastic model."""

    hand: str
    object: GraspObject
    sample: PlantSample
    grasps: int
    seed: tuple[int, ...]


class Closed(NamedTuple):
    """What came of it."""

    job: Job
    poses: NDArray[np.float64]
    batch: GraspBatch
    seconds: float
    """of processor time a grasp"""
    stiffness: list[float]
    """N/m, of the taxel contacts after each grasp"""


def close_slowly(job: Job) -> Closed:
    """Close the elastic hand at random poses of an object."""
    hand = load_hand(job.hand)
    poses = job.object.sample_poses(np.random.default_rng(job.seed), 4 * job.grasps)
    # As in data generation, a pose without valid contact (thumb and two fingers) is no sample.
    valid = QuasistaticSimulator(hand, threads=1).grasp(job.object, poses, job.sample).valid
    poses = poses[valid][: job.grasps]
    simulator = ElasticSimulator(hand, job.object, job.sample)
    parts, stiffness = [], []
    start = time.process_time()
    for pose in poses:
        parts.append(simulator.grasp(pose))
        stiffness += contact_stiffness(simulator)
    seconds = (time.process_time() - start) / max(len(poses), 1)
    fields = (
        np.concatenate([getattr(part, name) for part in parts]) for name in ("force", "joints", "valid")
    )
    return Closed(job, poses, GraspBatch(*fields), seconds, stiffness)


def contact_stiffness(simulator: ElasticSimulator) -> list[float]:
    """Force over penetration (N/m) of the taxel contacts after the last grasp, from MuJoCo's own output.

    At the surface, as plants state it: what a contact hardens with depth is taken off.
    """
    world, found, wrench = simulator.world, [], np.zeros(6)
    for i in range(world.data.ncon):
        contact = world.data.contact[i]
        types = world.model.geom_type[[contact.geom1, contact.geom2]]
        mujoco.mj_contactForce(world.model, world.data, i, wrench)
        if mujoco.mjtGeom.mjGEOM_SPHERE in types and wrench[0] > 0.01:
            depth = max(-contact.dist, 1e-9)
            found.append(float(wrench[0] / depth / hardening(np.float32(depth))))
    return found


def compare(closed: Closed, quasistatic: QuasistaticSimulator, sample: PlantSample) -> dict[str, Any]:
    """The same grasps by the quasistatic model."""
    return {
        "object": closed.job.object.name,
        **agreement(closed.batch, quasistatic.grasp(closed.job.object, closed.poses, sample)),
        "elastic_seconds_per_grasp": closed.seconds,
        "elastic_contact_stiffness": float(np.median(closed.stiffness)),
    }


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


def summary(results: list[dict[str, Any]]) -> dict[str, float]:
    """Figures over all objects."""
    correlations = [np.array(result["correlation"]) for result in results]
    everything = np.concatenate(correlations)
    return {
        "mean_correlation": float(everything.mean()),
        "p5_correlation": float(np.percentile(everything, 5)),
        "worst_object_mean": float(min(c.mean() for c in correlations)),
        "worst_object_p5": float(min(np.percentile(c, 5) for c in correlations)),
        "elastic_contact_stiffness": float(np.median([r["elastic_contact_stiffness"] for r in results])),
    }


def show(
    console: Console, title: str, results: dict[str, dict[str, Any]], speed: dict[str, float] | None = None
) -> None:
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
            f"{speed[name]:,.0f}" if speed else "-",
        )
    console.print(table)


def untuned(sample: PlantSample) -> PlantSample:
    """The robot with mechanics that nothing was tuned on; its contact stiffness is still to be measured."""
    return dataclasses.replace(
        sample,
        taxel_stiffness=UNTUNED["taxel_stiffness"] * sample.taxel_stiffness,
        closing_torque=UNTUNED["closing_torque"] * sample.closing_torque,
        friction=UNTUNED["friction"],
    )


def add_rail(folder: Path) -> GraspObject:
    """A rail of T section as a mesh of one's own, of class plate."""
    ends = [[(x, y, z) for x, z in RAIL] for y in (-RAIL_LENGTH / 2, RAIL_LENGTH / 2)]
    triangles = [tuple(ends[0][i] for i in cap) for cap in RAIL_CAP]
    triangles += [tuple(ends[1][i] for i in reversed(cap)) for cap in RAIL_CAP]
    for i in range(len(RAIL)):
        a, b = (i + 1) % len(RAIL), i
        triangles += [(ends[0][a], ends[0][b], ends[1][b]), (ends[0][a], ends[1][b], ends[1][a])]
    lines = ["solid rail"]
    for triangle in triangles:
        lines += ["facet normal 0 0 0", "outer loop"]
        lines += ["vertex {:.17g} {:.17g} {:.17g}".format(*corner) for corner in triangle]
        lines += ["endloop", "endfacet"]
    mesh = folder / "rail.stl"
    mesh.write_text("\n".join([*lines, "endsolid rail", ""]), encoding="ascii")
    add_mesh(Wanted(mesh, folder / "parts.yaml", "plate", "rail", scale=0.001))
    return load_objects(folder / "parts.yaml")["rail"]


def through_grids(objects: list[GraspObject], folder: Path) -> list[GraspObject]:
    """The objects, the unseen ones and the rail as grids of distances."""
    unseen = [obj for name in UNSEEN for obj in load_objects(name).values()]
    named = {obj.name: as_grid(obj) for obj in [*objects, *unseen, add_rail(folder)]}
    return list(named.values())


def measure(
    arguments: argparse.Namespace, objects: list[GraspObject], console: Console
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Figures over all objects, and of each object."""
    hand = load_hand(arguments.hand)
    sample = load_plant(arguments.plant).sample(hand, np.random.default_rng(7))
    prefix = "grid_" if arguments.grid else ""
    speed = throughput(hand, objects, sample)
    rate = {f"{prefix}grasps_per_second_one_core": len(speed) / sum(1.0 / v for v in speed.values())}
    scaled = {f"{prefix if 'grasps' in k else ''}{k}": v for k, v in scaling(hand, objects, sample).items()}
    if arguments.speed_only:
        return {**rate, **scaled}, {"grasps_per_second": speed}
    samples = {"as described": sample}
    if arguments.untuned:
        samples["untuned"] = untuned(sample)
    jobs = [
        Job(arguments.hand, obj, robot, arguments.grasps, (arguments.seed, i))
        for robot in samples.values()
        for i, obj in enumerate(objects)
    ]
    found: dict[str, list[Closed]] = {name: [] for name in samples}
    with (
        multiprocessing.get_context("spawn").Pool(arguments.processes) as pool,
        Progress(console=console) as progress,
    ):
        task = progress.add_task("elastic model", total=len(jobs))
        for i, closed in enumerate(pool.imap(close_slowly, jobs)):
            found[list(samples)[i // len(objects)]].append(closed)
            progress.advance(task)
    quasistatic = QuasistaticSimulator(hand, threads=1)
    results = {c.job.object.name: compare(c, quasistatic, sample) for c in found["as described"]}
    show(console, "quasistatic against elastic", results, speed)
    mean_seconds = float(np.mean([r["elastic_seconds_per_grasp"] for r in results.values()]))
    figures = {
        **summary(list(results.values())),
        **rate,
        **scaled,
        "elastic_grasps_per_second_one_core": 1.0 / mean_seconds,
    }
    content: dict[str, Any] = {"objects": results, "grasps_per_second": speed}
    if arguments.untuned:
        measured = float(np.median([s for c in found["untuned"] for s in c.stiffness]))
        robot = dataclasses.replace(samples["untuned"], contact_stiffness=measured)
        others = {c.job.object.name: compare(c, quasistatic, robot) for c in found["untuned"]}
        show(console, f"the same with {UNTUNED}, contact stiffness {measured:.0f} N/m", others)
        figures["untuned"] = {"setting": UNTUNED, **summary(list(others.values()))}
        figures["untuned"]["elastic_contact_stiffness"] = measured
        content["untuned_objects"] = others
    return figures, content


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--hand", default="five_finger")
    parser.add_argument("--objects", default="fifteen")
    parser.add_argument("--plant", default="ideal", help="mechanics of both models (noise is not used)")
    parser.add_argument("--grasps", type=int, default=60, help="identical grasps an object")
    parser.add_argument("--grid", action="store_true", help="objects through grids of distances; see above")
    parser.add_argument(
        "--untuned",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="also the mechanics that nothing was tuned on",
    )
    parser.add_argument(
        "--speed-only", action="store_true", help="no elastic model: half a minute, idle machine"
    )
    parser.add_argument("--seed", type=int, default=100)
    parser.add_argument("--processes", type=int, default=os.cpu_count())
    parser.add_argument("--json", type=Path, help="write the figures here")
    arguments = parser.parse_args()

    console = Console()
    objects = list(load_objects(arguments.objects).values())
    with tempfile.TemporaryDirectory() as folder:
        if arguments.grid:
            objects = through_grids(objects, Path(folder))
        figures, content = measure(arguments, objects, console)
    head = {
        **({} if arguments.speed_only else {"grasps_per_object": arguments.grasps, "seed": arguments.seed}),
        "plant": arguments.plant,
        "distances": "grid" if arguments.grid else "formula",
    }
    console.print(head | figures)
    if arguments.json:
        write_figures(arguments.json, {**head, **figures, **content})


if __name__ == "__main__":
    main()
