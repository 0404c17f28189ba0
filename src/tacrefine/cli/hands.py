"""`tacrefine hands`: what others need to know of a hand."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

hands = typer.Typer(no_args_is_help=True, help="Hands as data.")


@hands.callback()
def _group() -> None:
    """Hands as data."""


@hands.command("description")
def description(
    hand: Annotated[str, typer.Argument(help="Name or path of the hand description.")] = "five_finger",
    out: Annotated[
        Path | None, typer.Option(help="URDF file to write; else it is printed on standard output.")
    ] = None,
    prefix: Annotated[str, typer.Option(help="What stands before the names of the hand's links.")] = "",
    arm: Annotated[
        str, typer.Option(help="MJCF or URDF of the arm that carries it: path or name of a shipped one.")
    ] = "",
    arm_tip: Annotated[
        str, typer.Option(help="Site, body or link of the arm that the hand's wrist is fixed to.")
    ] = "wrist",
) -> None:
    """Write the robot description (URDF) of a hand: links, joints, pads, grasp centre, and the arm if one is named.

    `robot_state_publisher`, MoveIt and RViz read it. Links are drawn with plain shapes; masses are left out.
    """
    from tacrefine.hands import load_hand
    from tacrefine.scene.arm_urdf import describe_robot

    text = describe_robot(load_hand(hand), prefix, arm, arm_tip)
    if out is None:
        typer.echo(text, nl=False)
        return
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(text, encoding="utf-8")
    typer.echo(f"{out}: written")
