"""`tacrefine demo`: one refinement over ROS 2, told as it happens and drawn at the end."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tacrefine.bringup.description import Arguments, argument_specs
from tacrefine.config import model_of

DEFAULTS = {name: spec.default for name, spec in argument_specs().items()}


def demo(
    object: Annotated[
        str, typer.Option("--object", help="Object to grasp, by its name in the object set.")
    ] = "plate_6",
    seed: Annotated[
        int, typer.Option(min=0, help="Draws the target, the disturbance and the simulated robot.")
    ] = 5,
    out: Annotated[Path, typer.Option(help="Folder for refinement.png and result.json.")] = Path("out/demo"),
    json: Annotated[
        Path | None, typer.Option("--json", help="Write the figures to this file as well.")
    ] = None,
    hand: Annotated[str, typer.Option(help="Hand: a name or a YAML file.")] = DEFAULTS["hand"],
    plant: Annotated[str, typer.Option(help="Simulated robot, elastic touch.")] = DEFAULTS["plant"],
    model: Annotated[
        str, typer.Option(help="Name or path of the model; default: the one named like the hand.")
    ] = DEFAULTS["model"],
    synthesis: Annotated[
        str,
        typer.Option(help="Plant to refine corrections with by simulated touch; empty: the network alone."),
    ] = DEFAULTS["synthesis"],
    max_steps: Annotated[
        int, typer.Option(min=0, max=50, help="Most moves of the wrist; 0: the server's default.")
    ] = 0,
    real_time_factor: Annotated[
        float, typer.Option(min=0.0, max=100.0, help="Speed of the simulation; 1 also measures the latency.")
    ] = 1.0,
) -> None:
    """Show a grasp once, disturb it, and let touch bring it back: three nodes in three processes, one action call.

    Exit code 0 only if the true final error is within 5 mm and 5 deg.
    """
    from rich.console import Console

    from tacrefine.bringup.ros import require_ros
    from tacrefine.demo.program import run_demo

    require_ros()

    arguments = Arguments(
        object=object,
        seed=seed,
        hand=hand,
        plant=plant,
        model=model_of(hand, model),
        synthesis=synthesis,
        real_time_factor=real_time_factor,
    )
    result = run_demo(arguments, out, json, max_steps, Console())
    raise typer.Exit(0 if result["success"] else 1)
