"""`tacrefine objects`: make a part of your own an object that touch can refine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

objects = typer.Typer(no_args_is_help=True, help="Objects of your own.")


@objects.callback()
def _group() -> None:
    """Objects of your own, from mesh files."""


@objects.command("add")
def add(
    mesh: Annotated[Path, typer.Argument(help="A closed triangle mesh: STL or OBJ.")],
    object_class: Annotated[
        str,
        typer.Option(
            "--class", help="Class that says which axes touch can tell: rod, plate, disk or your own."
        ),
    ],
    to: Annotated[Path, typer.Option(help="Object set to add it to; made where it is not there.")] = Path(
        "objects.yaml"
    ),
    name: Annotated[str | None, typer.Option(help="Name of the object; else that of the file.")] = None,
    scale: Annotated[
        float, typer.Option(help="Metres in one unit of the file: 0.001 for millimetres.")
    ] = 1.0,
    position: Annotated[
        tuple[float, float, float], typer.Option(help="Where the mesh's origin lies in the grasp frame, m.")
    ] = (0.0, 0.0, 0.0),
    rotation: Annotated[
        tuple[float, float, float], typer.Option(help="Rotation vector of the mesh in the grasp frame, rad.")
    ] = (0.0, 0.0, 0.0),
    json_file: Annotated[Path | None, typer.Option("--json", help="Write the figures to this file.")] = None,
) -> None:
    """Check a mesh, measure its distances and write it into an object set."""
    from rich.console import Console

    from tacrefine.data.adding import add_mesh
    from tacrefine.provenance import write_figures

    with Console().status(f"measuring {mesh}"):
        added = add_mesh(mesh, to, object_class, name=name, scale=scale, position=position, rotation=rotation)
    size = " x ".join(f"{1000 * length:.1f}" for length in added.size)
    print(
        f"{added.name}: {size} mm along x, y, z of the grasp frame (1 unit of the file = {1000 * scale:g} mm), "
        f"{added.parts} convex part{'s' if added.parts > 1 else ''}, closed; touch tells {', '.join(added.axes)}."
    )
    print(f"{added.fingers} of {added.all_fingers} fingers touch it at the nominal grasp.")
    if not added.valid:
        print("That is no valid grasp (the thumb and two fingers): move it with --position and --rotation.")
    print(f"Written to {to}; distances to {added.cache_file}.")
    if json_file is not None:
        content = {"object": added.name, "set": str(to), "size_m": list(added.size), "parts": added.parts}
        content |= {"axes": list(added.axes), "fingers": added.fingers, "valid": added.valid}
        write_figures(json_file, content)
