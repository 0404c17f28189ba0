"""What touch can tell at best, how near one look comes, and how near the loop comes with several.

    python benchmarks/pose_bound.py --pairs 400 --trials 30 --json out/benchmarks/pose_bound.json

For random (current, target) pairs of each object, both images with independent noise: the Cramer-Rao bound of the pose
difference from the simulator's own images (numeric Jacobian, the sampling box as prior), a lookup of the nearest of
4,000 images, a maximum-likelihood fit, the policy's one-step error, and the same refined by a model, which is what
the policy node does with `model_based:=ideal`. Taxel gains are exact here. Bound and fits use no joints and know the
simulator's mechanics, which the policy does not. The rows 'loop' are where at most 5 moves end from
targets and starts of the same box, on the same robot: several grasps of 8 frames each, and a target shown for 8.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.progress import track
from rich.table import Table
from touch_model import LM_STARTS, TouchModel, pair_errors

from tacrefine.evaluation.settings import EvaluationSettings
from tacrefine.evaluation.trials import CHUNK, run_chunk
from tacrefine.hands import Hand, load_hand
from tacrefine.identification.model_based import ModelBasedRefiner, Observed
from tacrefine.objects import GraspObject, load_objects
from tacrefine.plants import Plant, load_plant
from tacrefine.plants.description import PlantDescription
from tacrefine.policy import Policy, load_policy
from tacrefine.provenance import write_figures
from tacrefine.sim import QuasistaticSimulator
from tacrefine.touch import Sensor

ROBOT = "ideal"
"""the plant whose mechanics these robots have, and which model-based refinement assumes"""
JOINT_NOISE = 0.001
"""rad"""
BANK = 4000
WEAK_SHARE = 0.5


def valid_poses(model: TouchModel, rng: np.random.Generator, n: int) -> np.ndarray:
    """Poses with valid contact, ``(n, 6)``."""
    found = np.empty((0, 6))
    while len(found) < n:
        poses = model.item.sample_poses(rng, 2 * n)
        found = np.concatenate([found, poses[model.simulator.grasp(model.item, poses, model.sample).valid]])
    return found[:n]


def measure(model: TouchModel, policy: Policy, pairs: int, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Errors ``(pairs, 2)`` in mm and deg of every estimator, and the share of poses with a weak axis."""
    axes = model.axes
    current, target = valid_poses(model, rng, pairs), valid_poses(model, rng, pairs)
    truth = target - current
    sensor = Sensor(model.simulator.hand, model.sample, rng)
    felt = [model.simulator.grasp(model.item, poses, model.sample) for poses in (current, target)]
    readings = [sensor.read(grasp.force) for grasp in felt]
    joints = [sensor.read_joints(grasp.joints) for grasp in felt]

    covariance = model.covariance(current)
    pair = covariance + model.covariance(target)
    sample = np.zeros((pairs, 6))
    sample[:, axes] = np.einsum(
        "nab,nb->na", np.linalg.cholesky(pair), rng.standard_normal((pairs, len(axes)))
    )
    weak = (np.sqrt(np.einsum("naa->na", covariance)) > WEAK_SHARE * model.prior_sigma).any(axis=1)

    bank_poses = valid_poses(model, rng, BANK)
    bank = model.readings(bank_poses)
    near = [model.nearest(r.astype(float), bank_poses, bank, LM_STARTS) for r in readings]
    fitted = [model.maximum_likelihood(r.astype(float), n) for r, n in zip(readings, near, strict=True)]
    predicted = policy.predict_batch(readings[0], joints[0], readings[1], joints[1], model.item.observable)
    touches = [Observed(r, j) for r, j in zip(readings, joints, strict=True)]
    began = time.perf_counter()
    refiner = ModelBasedRefiner(model.simulator.hand, model.item, ROBOT, model.simulator)
    refined, _ = refiner(predicted, *touches)
    seconds = (time.perf_counter() - began) / pairs
    errors = {
        "bound": sample,
        "nearest of 4000": near[1][:, 0] - near[0][:, 0] - truth,
        "maximum likelihood": fitted[1] - fitted[0] - truth,
        "policy": predicted.differences - truth,
        "policy + synthesis": refined.differences - truth,
    }
    found = {name: np.stack(pair_errors(e), axis=1) for name, e in errors.items()}
    return {**found, "weak": weak, "seconds": np.full(pairs, seconds)}


def loop(
    hand: Hand, policy: Policy, item: GraspObject, noise: float, trials: int, seed: int, model_based: str
) -> np.ndarray:
    """Where the loop ends, ``(trials, 2)`` in mm and deg, on robots that differ from the bound's in nothing."""
    plain = load_plant(ROBOT).description.model_dump()
    described = {**plain, "sensor": {"noise": noise}, "joints": {"noise": JOINT_NOISE}}
    plant = Plant(PlantDescription.model_validate(described))
    settings = EvaluationSettings(hand=hand.name, trials=trials, seed=seed, model_based=model_based)
    chunks = [run_chunk(settings, hand, policy, plant, item, number) for number in range(-(-trials // CHUNK))]
    return np.concatenate(
        [np.stack([chunk.millimetres[:, -1], chunk.degrees[:, -1]], axis=1) for chunk in chunks]
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--hand", default="five_finger")
    parser.add_argument("--objects", default="fifteen")
    parser.add_argument("--model", default="five_finger")
    parser.add_argument("--pairs", type=int, default=400, help="pairs an object")
    parser.add_argument("--trials", type=int, default=30, help="trials of the loop for each object")
    parser.add_argument("--noise", type=float, default=0.03, help="share of full scale, each frame")
    parser.add_argument("--seed", type=int, default=900)
    parser.add_argument("--json", type=Path, help="write the figures here")
    arguments = parser.parse_args()

    hand = load_hand(arguments.hand)
    policy = load_policy(arguments.model, hand)
    sample = replace(
        load_plant(ROBOT).sample(hand, np.random.default_rng(0)),
        noise=arguments.noise,
        joint_noise=JOINT_NOISE,
    )
    simulator = QuasistaticSimulator(hand)
    classes: dict[str, list[dict[str, np.ndarray]]] = {}
    items: list[GraspObject] = list(load_objects(arguments.objects).values())
    for i, item in enumerate(track(items, "bound and estimators")):
        model = TouchModel(simulator, item, sample, arguments.noise)
        found = measure(model, policy, arguments.pairs, np.random.default_rng([arguments.seed, i]))
        for model_based, name in (("", "loop"), (ROBOT, "loop + synthesis")):
            found[name] = loop(
                hand, policy, item, arguments.noise, arguments.trials, arguments.seed, model_based
            )
        classes.setdefault(item.object_class, []).append(found)

    table = Table(
        "class", "estimator", "median mm", "median deg", "x bound mm", "x bound deg", "p95 mm", "p95 deg"
    )
    figures: dict[str, object] = {
        "pairs_per_object": arguments.pairs,
        "loop_trials_per_object": arguments.trials,
        "noise": arguments.noise,
        "seed": arguments.seed,
        "model_id": policy.model_id,
    }
    for name, results in classes.items():
        joined = {key: np.concatenate([result[key] for result in results]) for key in results[0]}
        weak = float(joined.pop("weak").mean())
        seconds = float(joined.pop("seconds").mean())
        bound = np.median(joined["bound"], axis=0)
        rows: dict[str, object] = {
            "share_of_poses_with_a_weak_axis": weak,
            "synthesis_ms_a_pair": 1e3 * seconds,
        }
        for estimator, e in joined.items():
            median, high = np.median(e, axis=0), np.percentile(e, 95, axis=0)
            rows[estimator] = {
                "median_mm": median[0], "median_deg": median[1], "p95_mm": high[0], "p95_deg": high[1],
                "ratio_mm": median[0] / bound[0], "ratio_deg": median[1] / bound[1],
            }  # fmt: skip
            cells = [*median, *(median / bound), *high]
            table.add_row(name, estimator, *(f"{cell:.3f}" for cell in cells))
        table.add_section()
        figures[name] = rows
    console = Console()
    console.print(table)
    for name in classes:
        share = figures[name]["share_of_poses_with_a_weak_axis"]  # type: ignore[index]
        console.print(
            f"{name}: {share:.0%} of the poses have an axis that touch tells to no better than half the prior."
        )
    if arguments.json:
        write_figures(arguments.json, figures)


if __name__ == "__main__":
    main()
