"""`tacrefine security`: SROS2 policies for exactly the nodes of one bringup."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tacrefine.bringup.arguments import argument_specs

ARGUMENTS = argument_specs()


def security(
    out: Annotated[Path, typer.Option(help="Folder for the policies, one file for each node.")],
    mode: Annotated[str, typer.Option(help=f"{ARGUMENTS['mode'].description}.")] = ARGUMENTS["mode"].default,
    driver: Annotated[str, typer.Option(help="Driver, with mode real.")] = ARGUMENTS["driver"].default,
    arm: Annotated[str, typer.Option(help="Kind of arm controller.")] = ARGUMENTS["arm"].default,
    arm_controller: Annotated[str, typer.Option(help="Name of the arm controller's node.")] = "arm",
    real_time_factor: Annotated[float, typer.Option(help="Anything but 1 publishes /clock.")] = 1.0,
    regrasp: Annotated[bool, typer.Option("--regrasp", help="With the gripper's nodes.")] = False,
    namespace: Annotated[str, typer.Option(help="Namespace of the stack.")] = "",
) -> None:
    """Write SROS2 policies with least privilege for the nodes that these arguments of `tacrefine up` start.

    Planner, operator and emergency stop get one each. docs/how_to/secure.md tells how a keystore is made of them.
    """
    from tacrefine.bringup.arguments import Arguments
    from tacrefine.bringup.description import describe
    from tacrefine.bringup.security import of_bringup, write

    arguments = Arguments(
        mode=mode,
        driver=driver,
        arm=arm,
        real_time_factor=real_time_factor,
        regrasp=regrasp,
        namespace=namespace,
    )
    for path in write(of_bringup(describe(arguments), arm_controller), out):
        print(path)
