"""The regrasp scene: what a trial, a pair of gel images and a camera image cost on one core; what decides a grasp.

    python benchmarks/regrasp_scene.py --json results/regrasp_scene.json --plot docs/images/regrasp_scene.png

Costs are processor time of this process, so other work on the machine counts little. What decides a grasp is read from
random trials on the training objects: the share that held by force, by distance of the pads from the centre of mass
(along the finger's width) and by height. The label by touch is compared with the true forces on the pads.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.progress import track

from tacrefine.data.regrasp.trials import random_action, run_trial
from tacrefine.errors import SimulationError
from tacrefine.gripper import GripperPose
from tacrefine.objects.free_objects import load_regrasp_objects
from tacrefine.provenance import write_figures
from tacrefine.regrasp.actions import load_action_box
from tacrefine.sim.gripper.scene import GripperScene

SHOWN = ("training_02_can", "training_04_ball", "training_06_bottle", "training_08_hammer")
REPEATS = 20
TRULY_HELD = 0.1
"""N on both pads"""
EDGES = {
    "force_N": (3.0, 6.0, 9.0, 13.0, 18.0, 25.1),
    "off_centre_mm": (0.0, 5.0, 10.0, 15.0, 20.0, 60.0),
    "above_centre_mm": (-60.0, -10.0, 0.0, 10.0, 20.0, 60.0),
}


def milliseconds(call: Callable[[], Any], repeats: int = REPEATS) -> float:
    """Processor time of one call."""
    call()
    begun = time.process_time()
    for _ in range(repeats):
        call()
    return round(1e3 * (time.process_time() - begun) / repeats, 3)


def sensing_costs() -> dict[str, Any]:
    """Of one mug, held."""
    costs: dict[str, Any] = {}
    for rendering in ("rays", "egl", "osmesa"):
        try:
            scene = GripperScene(load_regrasp_objects()[7], rendering=rendering)
        except SimulationError:
            costs[rendering] = None
            continue
        grasp_found(scene)
        costs[rendering] = {
            "crop_64x64_ms": milliseconds(scene.camera_crop),
            "whole_240x180_rgbd_ms": milliseconds(scene.camera),
            "cylinder_fit_ms": milliseconds(scene.find_object),
        }
        costs["gel_image_pair_ms"] = milliseconds(scene.tactile)
    return costs


def grasp_found(scene: GripperScene) -> None:
    """Close on what the camera finds, with 10 N."""
    scene.reset(np.random.default_rng(3))
    found = scene.find_object()
    assert found is not None
    scene.approach(found.grasp())
    scene.close(10.0)


def what_decides(count: int) -> dict[str, Any]:
    """Random trials: what they cost, and which held."""
    objects, box = load_regrasp_objects(), load_action_box()
    scenes: dict[int, GripperScene] = {}
    rows: list[tuple[float, ...]] = []
    wrong = 0
    begun = time.process_time()
    for number in track(range(count), "trials"):
        index = number % len(objects)
        scene = scenes.setdefault(index, GripperScene(objects[index]))
        centre: list[NDArray[np.float64]] = []

        def look(*given: Any, scene: GripperScene = scene, centre: list[NDArray[np.float64]] = centre) -> Any:
            centre.append(scene.centre_of_mass)
            return random_action(*given)

        trial = run_trial(scene, box, look, np.random.default_rng([77, number]))
        if trial is None:
            continue
        pose = GripperPose(*(float(value) for value in trial.again.pose))
        along = np.array([np.cos(pose.yaw), np.sin(pose.yaw)])
        off = abs(float(along @ (np.array(pose[:2]) - centre[0][:2])))
        rows.append((trial.success, trial.action.force, 1e3 * off, 1e3 * (pose.z - centre[0][2])))
        wrong += trial.success != bool(scene.pad_forces.min() > TRULY_HELD)
    seconds = (time.process_time() - begun) / count
    table = np.array(rows)
    shares = {
        name: share_held(table[:, 0], table[:, column], edges)
        for column, (name, edges) in enumerate(EDGES.items(), start=1)
    }
    return {
        "trials": len(rows),
        "seconds_per_trial": round(seconds, 4),
        "held": round(float(table[:, 0].mean()), 4),
        "labels_unlike_the_true_forces": wrong,
        "held_by": shares,
    }


def share_held(
    held: NDArray[np.float64], value: NDArray[np.float64], edges: tuple[float, ...]
) -> dict[str, Any]:
    """Share and count in each interval."""
    parts = {}
    for low, high in pairwise(edges):
        inside = (value >= low) & (value < high)
        parts[f"{low:g} to {high:g}"] = {
            "held": round(float(held[inside].mean()), 3) if inside.any() else None,
            "trials": int(inside.sum()),
        }
    return parts


def draw(path: Path) -> None:
    """Some objects in the gripper: what the camera sees, what both gels show, and how that differs from rest."""
    import matplotlib.pyplot as plt

    objects = {item.name: item for item in load_regrasp_objects()}
    figure, axes = plt.subplots(len(SHOWN), 5, figsize=(8.2, 2.0 * len(SHOWN)))
    titles = ("camera", "left gel", "right gel", "left, change", "right, change")
    for line, name in zip(axes, SHOWN, strict=True):
        scene = GripperScene(objects[name])
        grasp_found(scene)
        pads = scene.tactile()
        change = np.clip(128 + 2 * (pads.astype(int) - scene.tactile_rest), 0, 255).astype(np.uint8)
        for axis, image, title in zip(line, (scene.camera_crop(), *pads, *change), titles, strict=True):
            axis.imshow(image)
            axis.axis("off")
            if name == SHOWN[0]:
                axis.set_title(title, fontsize=9)
    figure.tight_layout()
    figure.savefig(path, dpi=90)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--trials", type=int, default=650, help="random trials")
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    parser.add_argument("--plot", type=Path, help="draw some grasps into this file")
    options = parser.parse_args()
    figures = {"sensing": sensing_costs(), "random_grasps": what_decides(options.trials)}
    print(json.dumps(figures, indent=2))
    if options.json:
        write_figures(options.json, figures)
    if options.plot:
        draw(options.plot)


if __name__ == "__main__":
    main()
