"""What the regrasp model makes of force and height, beside what truly happens.

    python benchmarks/regrasp_learned.py --json results/regrasp_learned.json --plot docs/images/regrasp_learned.png

The gripper closes at random places on objects that were never learned from. Among these grasps three are picked by what
the model says of them: one whose success rises most with the force (stable), one that the force helps least (unstable),
and one that profits most from going down. Then one number of the action is swept: the model's answer is the curve, and
the same grasp is made again and again in simulation, each time up to a millimetre and a degree off, for the dots.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from benchmark_report.regrasp_contents import RegraspLearned
from benchmark_report.regrasp_pictures import draw_curve
from numpy.typing import NDArray

from tacrefine.cli.progress import progress_bar
from tacrefine.data.regrasp.trials import HOLD, held_for
from tacrefine.gripper import Action, GripperPose
from tacrefine.objects.free_objects import RegraspObject, load_regrasp_objects
from tacrefine.policy.regrasp.predictor import DEFAULT_REGRASP_MODEL, RegraspModel
from tacrefine.provenance import provenance, write_figures
from tacrefine.regrasp.actions import ActionBox, load_action_box, stays
from tacrefine.regrasp.places import random_grasp, within
from tacrefine.report.style import blank
from tacrefine.sim.gripper.scene import GripperScene

POINTS, DOTS = 45, 9
JITTER = (0.0005, 0.0005, 0.0005, np.radians(0.5))
"""m and rad, standard deviation of a repetition"""
FELT = 0.2
"""least probability of staying at any force for a grasp that something is in"""
Array = NDArray[np.float32]


@dataclass(frozen=True)
class Grasp:
    """A grasp that can be made again: the seed gives the object's place, the gels and the pose."""

    obj: RegraspObject
    seed: int
    pose: GripperPose
    force: float
    by_force: Array
    """``(POINTS,)`` success where only the force changes"""
    by_height: Array
    heights: Array
    """``(POINTS,)`` m"""


def main(
    grasps: Annotated[int, typer.Option(min=1, help="Random grasps of each object to pick from.")] = 6,
    repeats: Annotated[int, typer.Option(min=1, help="Simulated repetitions of each dot.")] = 10,
    objects: Annotated[str, typer.Option(help="Object set: a name or a YAML file.")] = "easy",
    model: Annotated[str, typer.Option(help="Name or folder of the model.")] = DEFAULT_REGRASP_MODEL,
    seed: Annotated[int, typer.Option(min=0, help="Seed of places and gels.")] = 300,
    json: Annotated[Path | None, typer.Option("--json", help="Write the figures to this file.")] = None,
    plot: Annotated[Path | None, typer.Option(help="Draw the curves into this file.")] = None,
) -> None:
    """Pick, sweep, repeat and write the curves."""
    asked, box = RegraspModel.load(model), load_action_box()
    found: list[Grasp] = []
    with progress_bar("random grasps", grasps * len(load_regrasp_objects(objects))) as advance:
        for number, obj in enumerate(load_regrasp_objects(objects)):
            scene = GripperScene(obj)
            for turn in range(grasps):
                grasp = random_state(scene, asked, box, seed + 1000 * number + turn)
                found += [grasp] if grasp is not None else []
                advance(number * grasps + turn + 1)
    forces = np.linspace(*box.force, POINTS).astype(np.float32)
    held = [grasp for grasp in found if grasp.by_force.max() > FELT]
    stable = max(held, key=lambda grasp: grasp.by_force[-1] - grasp.by_force[0] + grasp.by_force[-1])
    unstable = max(
        held, key=lambda grasp: grasp.by_force.max() - grasp.by_force[-1] - 0.3 * grasp.by_force[-1]
    )
    lower = max(found, key=lambda grasp: grasp.by_height[0] - grasp.by_height[-1])
    level = min(
        held,
        key=lambda grasp: grasp.by_height[0] - grasp.by_height[grasp.heights.searchsorted(grasp.pose.z) - 1],
    )
    with progress_bar("repetitions", 4 * DOTS) as advance:
        done = [0]

        def told() -> None:
            done[0] += 1
            advance(done[0])

        force_curves = [
            by_force(name, grasp, forces, box, repeats, told)
            for name, grasp in (("stable", stable), ("unstable", unstable))
        ]
        height_curves = [
            by_height(name, grasp, box, repeats, told)
            for name, grasp in (("held high", lower), ("held low", level))
        ]
    content: dict[str, Any] = {
        "model_id": asked.model_id,
        "picked_from": len(found),
        "force_curves": force_curves,
        "height_curves": height_curves,
    }
    if json is not None:
        write_figures(json, content)
    if plot is not None:
        draw(RegraspLearned(made=provenance(), **content), plot)
    for curve in (*force_curves, *height_curves):
        print(
            curve["name"], curve["object"], [round(value, 2) for value in curve["predicted"][:: POINTS // 8]]
        )


def draw(content: RegraspLearned, path: Path) -> None:
    """Force above, height below."""
    curves = (*content.force_curves, *content.height_curves)
    figure = blank(5.2)
    rows = figure.subplots(2, 2, sharey=True)
    for axes, curve in zip(rows.flat, curves, strict=True):
        force = curve in content.force_curves
        draw_curve(axes, curve, 1.0 if force else 1e3)
        axes.set_xlabel("force [N]" if force else "height of the grasp centre [mm]")
    for axes in rows[:, 0]:
        axes.set_ylabel("success [%]")
    rows[0, 0].legend()
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)


def random_state(scene: GripperScene, model: RegraspModel, box: ActionBox, seed: int) -> Grasp | None:
    """A random closed grasp and what the model says of it; None where no object is seen."""
    rng = np.random.default_rng(seed)
    scene.reset(rng)
    cylinder = scene.find_object()
    if cylinder is None:
        return None
    pose, force = random_grasp(cylinder, box, rng)
    scene.approach(pose)
    scene.close(force)
    features = model.encode(scene.state())
    actions = np.zeros((POINTS, 5), np.float32)
    actions[:, 4] = np.linspace(*box.force, POINTS)
    by_force = model.success(features, actions)
    low, high = (max(box.dz[0], box.workspace.z[0] - pose.z), box.dz[1])
    actions[:, 2], actions[:, 4] = np.linspace(low, high, POINTS), force
    heights = (pose.z + actions[:, 2]).astype(np.float32)
    return Grasp(scene.object, seed, pose, force, by_force, model.success(features, actions), heights)


def by_force(
    name: str, grasp: Grasp, forces: Array, box: ActionBox, repeats: int, told: Callable[[], None]
) -> dict[str, Any]:
    """The curve over the force."""
    actions = [Action(0.0, 0.0, 0.0, 0.0, float(force)) for force in forces]
    return _curve(name, grasp, forces, grasp.by_force, actions, box, repeats, told)


def by_height(
    name: str, grasp: Grasp, box: ActionBox, repeats: int, told: Callable[[], None]
) -> dict[str, Any]:
    """The curve over the height of the grasp centre."""
    actions = [Action(0.0, 0.0, float(z) - grasp.pose.z, 0.0, grasp.force) for z in grasp.heights]
    return _curve(name, grasp, grasp.heights, grasp.by_height, actions, box, repeats, told)


def _curve(
    name: str,
    grasp: Grasp,
    values: Array,
    predicted: Array,
    actions: list[Action],
    box: ActionBox,
    repeats: int,
    told: Callable[[], None],
) -> dict[str, Any]:
    observed: list[float | None] = [None] * len(values)
    scene = GripperScene(grasp.obj)
    for index in np.linspace(0, len(values) - 1, DOTS).astype(int):
        observed[index] = float(
            np.mean([_again(scene, grasp, actions[index], box, turn) for turn in range(repeats)])
        )
        told()
    return {
        "name": name,
        "object": grasp.obj.name,
        "values": [round(float(value), 5) for value in values],
        "predicted": [round(float(value), 4) for value in predicted],
        "observed": observed,
        "repeats": repeats,
    }


def _again(scene: GripperScene, grasp: Grasp, action: Action, box: ActionBox, turn: int) -> bool:
    """Whether the same grasp, a little off, holds after the action."""
    scene.reset(np.random.default_rng(grasp.seed))
    off = np.random.default_rng([grasp.seed, turn]).normal(0.0, JITTER)
    scene.approach(GripperPose(*(float(value) for value in np.array(grasp.pose) + off)))
    scene.close(grasp.force)
    if not stays(action):
        target = within(scene.pose.moved(action), box)
        scene.open()
        scene.move_to(target)
    scene.close(action.force)
    scene.lift()
    return held_for(scene, HOLD)


if __name__ == "__main__":
    typer.run(main)
