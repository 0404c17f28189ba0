"""`tacrefine up`: start the nodes of the stack and keep them running."""

from __future__ import annotations

from typing import Annotated

import typer

from tacrefine.bringup.arguments import Arguments, argument_specs
from tacrefine.bringup.description import describe
from tacrefine.bringup.viewers import rviz_command
from tacrefine.cli.robot_settings import is_typed

ARGUMENTS = argument_specs()


def _option(name: str) -> typer.models.OptionInfo:
    spec = ARGUMENTS[name]
    choices = f" ({' | '.join(spec.choices)})" if spec.choices else ""
    flags = [f"--{name.replace('_', '-')}"]
    if spec.kind is bool:
        flags = [f"{flags[0]}/--no-{name.replace('_', '-')}"]
    return typer.Option(*flags, help=spec.description[0].upper() + spec.description[1:] + choices + ".")


def up(
    context: typer.Context,
    mode: Annotated[str, _option("mode")] = ARGUMENTS["mode"].default,
    driver: Annotated[str, _option("driver")] = ARGUMENTS["driver"].default,
    device: Annotated[str, _option("device")] = ARGUMENTS["device"].default,
    hand: Annotated[str, _option("hand")] = ARGUMENTS["hand"].default,
    adapter: Annotated[str, _option("adapter")] = ARGUMENTS["adapter"].default,
    objects: Annotated[str, _option("objects")] = ARGUMENTS["objects"].default,
    cell: Annotated[str, _option("cell")] = ARGUMENTS["cell"].default,
    object: Annotated[str, _option("object")] = ARGUMENTS["object"].default,
    plant: Annotated[str, _option("plant")] = ARGUMENTS["plant"].default,
    arm: Annotated[str, _option("arm")] = ARGUMENTS["arm"].default,
    arm_model: Annotated[str, _option("arm_model")] = ARGUMENTS["arm_model"].default,
    dry_run: Annotated[bool, _option("dry_run")] = ARGUMENTS["dry_run"].default,
    model: Annotated[str, _option("model")] = ARGUMENTS["model"].default,
    backend: Annotated[str, _option("backend")] = ARGUMENTS["backend"].default,
    model_based: Annotated[str, _option("model_based")] = ARGUMENTS["model_based"].default,
    regrasp: Annotated[bool, _option("regrasp")] = ARGUMENTS["regrasp"].default,
    refine: Annotated[bool, _option("refine")] = ARGUMENTS["refine"].default,
    regrasp_objects: Annotated[str, _option("regrasp_objects")] = ARGUMENTS["regrasp_objects"].default,
    regrasp_object: Annotated[str, _option("regrasp_object")] = ARGUMENTS["regrasp_object"].default,
    regrasp_model: Annotated[str, _option("regrasp_model")] = ARGUMENTS["regrasp_model"].default,
    tf: Annotated[bool, _option("tf")] = ARGUMENTS["tf"].default,
    tf_prefix: Annotated[str, _option("tf_prefix")] = ARGUMENTS["tf_prefix"].default,
    rviz: Annotated[bool, _option("rviz")] = ARGUMENTS["rviz"].default,
    namespace: Annotated[str, _option("namespace")] = ARGUMENTS["namespace"].default,
    seed: Annotated[int, _option("seed")] = ARGUMENTS["seed"].default,
    real_time_factor: Annotated[float, _option("real_time_factor")] = ARGUMENTS["real_time_factor"].default,
    targets_folder: Annotated[str, _option("targets_folder")] = ARGUMENTS["targets_folder"].default,
    params_file: Annotated[str, _option("params_file")] = ARGUMENTS["params_file"].default,
    respawn: Annotated[bool, _option("respawn")] = ARGUMENTS["respawn"].default,
    autostart: Annotated[bool, _option("autostart")] = ARGUMENTS["autostart"].default,
    log_level: Annotated[str, _option("log_level")] = ARGUMENTS["log_level"].default,
) -> None:
    """Start the nodes that `ros2 launch tacrefine refine.launch.py` starts, with the same parameters, until Ctrl-C.

    A node that cannot be configured says why in one sentence and stays up, so that it can be configured again.
    """
    chosen = {name: value for name, value in locals().items() if name in ARGUMENTS}
    typed = [name for name in chosen if is_typed(context, name)]
    nodes = describe(Arguments(**chosen), typed)
    viewers = {"rviz": rviz_command(namespace)} if rviz else {}
    from tacrefine.bringup.ros import require_ros
    from tacrefine.bringup.up import run

    require_ros()

    raise typer.Exit(run(nodes, respawn, viewers))
