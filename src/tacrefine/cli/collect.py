"""`tacrefine collect`: grasps around a pose, recorded for calibration and fine-tuning."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tacrefine.cli.options import AdapterOption


def collect(
    context: typer.Context,
    out: Annotated[Path, typer.Option(help="Bag to write: a folder that does not exist yet.")],
    object: Annotated[
        str, typer.Option(help="Name of the object, which must not move; default: that of the target.")
    ] = "",
    target: Annotated[
        str, typer.Option(help="Grasp around this captured target; default: around where the hand stands.")
    ] = "",
    grasps: Annotated[int, typer.Option(min=2, help="How many grasps.")] = 50,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the poses.")] = 0,
    scale: Annotated[
        float, typer.Option(min=0.1, max=2.0, help="Box of the poses over the object's own.")
    ] = 1.0,
    frames: Annotated[int, typer.Option(min=1, max=150, help="Readings to average in each grasp later.")] = 8,
    hand: Annotated[str, typer.Option(help="Hand: a name or a YAML file.")] = "five_finger",
    objects: Annotated[str, typer.Option(help="Object set: a name or a YAML file.")] = "fifteen",
    targets_folder: Annotated[
        str, typer.Option(help="Folder of the captured targets.")
    ] = "~/.ros/tacrefine/targets",
    adapter: AdapterOption = "",
    params_file: Annotated[
        Path | None, typer.Option(help="ROS parameter file with the refine server's limits, arm and speeds.")
    ] = None,
    namespace: Annotated[str, typer.Option(help="Namespace of the stack.")] = "",
    sim_time: Annotated[
        bool,
        typer.Option("--sim-time", help="Time comes from /clock: simulation at another pace than real time."),
    ] = False,
    compress: Annotated[bool, typer.Option("--compress", help="Compress the bag's chunks (zstd).")] = False,
    json_file: Annotated[Path | None, typer.Option("--json", help="Write the figures to this file.")] = None,
) -> None:
    """Close, settle, sense, open, move, and again: grasps of an object that stands still, recorded as a bag.

    The hand must stand open around the object, which must be held by something else. Every limit of the refine server
    holds: step, distance from the start, workspace, forces, emergency stop. Ctrl-C opens the hand and closes the bag.
    """
    from tacrefine.bringup.registry import NODES
    from tacrefine.bringup.ros import client
    from tacrefine.cli.progress import progress_bar
    from tacrefine.cli.robot_settings import robot_parameters
    from tacrefine.errors import DataError
    from tacrefine.hands import load_hand
    from tacrefine.objects import load_objects
    from tacrefine.parameters import build
    from tacrefine.provenance import write_figures
    from tacrefine.refine.targets import TargetStore

    if out.exists():
        raise DataError(f"{out}: exists already and is not overwritten; choose another name for the bag.")
    options = {"hand": hand, "objects": objects, "targets_folder": targets_folder, "adapter": adapter}
    parameters = robot_parameters(context, options, params_file)
    load_hand(parameters["hand"])
    known = load_objects(parameters["objects"])
    name = object or (TargetStore(parameters["targets_folder"]).load(target).object if target else "")
    if name not in known:
        raise DataError(f"object '{name}' is unknown; name one of {', '.join(known)} with --object.")
    build(NODES["collector"].parameters, parameters)
    with (
        client("collection")(namespace, sim_time, frames, parameters) as robot,
        progress_bar("grasps", grasps) as advance,
    ):
        made = robot.collect(out, known[name], grasps, seed, scale, target, compress, advance)
    print(f"{out}: {made.made} of {grasps} grasps on {name}; {made.message}")
    if json_file is not None:
        figures = {
            "bag": str(out),
            "object": name,
            "grasps": made.made,
            "wanted": grasps,
        }
        figures |= {"skipped": made.skipped, "complete": made.complete, "message": made.message}
        write_figures(json_file, figures)
    raise typer.Exit(0 if made.complete else 1)
