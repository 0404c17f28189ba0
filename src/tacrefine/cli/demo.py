"""`tacrefine demo`: one refinement over ROS 2, told as it happens and drawn at the end."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from tacrefine.bringup.arguments import Arguments, argument_specs
from tacrefine.config import model_of
from tacrefine.errors import ConfigError
from tacrefine.regrasp.defaults import Objective


class Rendering(StrEnum):
    """What draws the film of a task."""

    auto = "auto"
    rays = "rays"


DEFAULTS = {name: spec.default for name, spec in argument_specs().items()}


def demo(
    object: Annotated[
        str,
        typer.Option(
            "--object", help="Object to grasp, by its name in the object set.", show_default="plate_6"
        ),
    ] = "",
    seed: Annotated[
        int, typer.Option(min=0, help="Draws the target, the disturbance and the simulated robot.")
    ] = 5,
    out: Annotated[Path, typer.Option(help="Folder for picture and figures.")] = Path("out/demo"),
    json: Annotated[
        Path | None, typer.Option("--json", help="Write the figures to this file as well.")
    ] = None,
    hand: Annotated[str, typer.Option(help="Hand: a name or a YAML file.")] = DEFAULTS["hand"],
    plant: Annotated[str, typer.Option(help="Simulated robot, elastic touch.")] = DEFAULTS["plant"],
    model: Annotated[
        str, typer.Option(help="Name or path of the model; default: the one named like the hand.")
    ] = DEFAULTS["model"],
    model_based: Annotated[
        str,
        typer.Option(
            metavar="PLANT",
            help="Plant to refine corrections with by simulated touch; empty: the network alone.",
        ),
    ] = DEFAULTS["model_based"],
    max_steps: Annotated[
        int, typer.Option(min=0, max=50, help="Most moves of the wrist; 0: the server's default.")
    ] = 0,
    real_time_factor: Annotated[
        float, typer.Option(min=0.0, max=100.0, help="Speed of the simulation; 1 also measures the latency.")
    ] = 1.0,
    task: Annotated[
        str,
        typer.Option(
            help="Show a whole task instead, without touch and with it: plate (five fingers, a slot) or peg "
            "(a gripper, a hole). A planner picks the part up, refines the grasp and inserts it; leaves "
            "a picture and a film.",
            show_default=False,
        ),
    ] = "",
    rendering: Annotated[
        Rendering, typer.Option(help="With --task: what draws the film; auto renders where OpenGL works.")
    ] = Rendering.auto,
    regrasp: Annotated[
        bool, typer.Option(help="Show the second system instead: a gripper grasps until it holds.")
    ] = False,
    objective: Annotated[
        Objective, typer.Option(help="With --regrasp: the surest grasp, or the gentlest that will do.")
    ] = Objective.max_success,
    regrasp_objects: Annotated[
        str, typer.Option(help="With --regrasp: name or path of the object set.")
    ] = DEFAULTS["regrasp_objects"],
    regrasp_model: Annotated[str, typer.Option(help="With --regrasp: name or path of the model.")] = DEFAULTS[
        "regrasp_model"
    ],
) -> None:
    """Show a grasp once, disturb it, and let touch bring it back: three nodes in three processes, one action call.

    With --regrasp a gripper takes an object from a table instead: it feels, predicts whether the grasp will hold, and
    grasps again until it does. With --task a planner picks a part up and inserts it. Exit code 0 only if
    the true final error is within 5 mm and 5 deg, the object is in the air, or the part is inserted.
    """
    from rich.console import Console

    from tacrefine.bringup.ros import require_ros
    from tacrefine.demo.program import run_demo

    require_ros()

    if task:
        from tacrefine.demo.task import run_task_demo
        from tacrefine.planner.tasks import task_of

        if regrasp:
            raise ConfigError("--task and --regrasp are two demos; choose one")
        result = run_task_demo(task_of(task), seed, out, json, Console(), rendering.value, model_based)
        raise typer.Exit(0 if result["success"] else 1)
    if regrasp:
        from tacrefine.demo.regrasp import run_regrasp_demo

        arguments = Arguments(
            regrasp=True,
            refine=False,
            regrasp_objects=regrasp_objects,
            regrasp_object=object,
            regrasp_model=regrasp_model,
            seed=seed,
            real_time_factor=real_time_factor,
        )
        result = run_regrasp_demo(arguments, objective.value, out, json, Console())
        raise typer.Exit(0 if result["lifted"] else 1)
    arguments = Arguments(
        object=object or "plate_6",
        seed=seed,
        hand=hand,
        plant=plant,
        model=model_of(hand, model),
        model_based=model_based,
        real_time_factor=real_time_factor,
    )
    result = run_demo(arguments, out, json, max_steps, Console())
    raise typer.Exit(0 if result["success"] else 1)
