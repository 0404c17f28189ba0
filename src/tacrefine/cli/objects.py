"""`tacrefine objects`: make a part of your own an object that touch can refine."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from tacrefine.sim.placement.adding import AddedObject

objects = typer.Typer(no_args_is_help=True, help="Objects of your own.")


@objects.callback()
def _group() -> None:
    """Objects of your own, from mesh files."""


@objects.command("add")
def add(
    mesh: Annotated[Path, typer.Argument(help="A triangle mesh: STL, OBJ, PLY, OFF or GLB.")],
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
        float | None,
        typer.Option(
            help="Metres in one unit of the file: 0.001 for millimetres; else 1, or guessed with --auto."
        ),
    ] = None,
    position: Annotated[
        tuple[float, float, float], typer.Option(help="Where the mesh's origin lies in the grasp frame, m.")
    ] = (0.0, 0.0, 0.0),
    rotation: Annotated[
        tuple[float, float, float], typer.Option(help="Rotation vector of the mesh in the grasp frame, rad.")
    ] = (0.0, 0.0, 0.0),
    auto: Annotated[
        bool,
        typer.Option("--auto", help="Find position and rotation at which most fingers touch, and draw them."),
    ] = False,
    repair: Annotated[
        bool | None,
        typer.Option(
            "--repair/--no-repair",
            help="Close holes that are small or flat, and gaps at seams; default: where it is needed, and it is told.",
        ),
    ] = None,
    replace: Annotated[bool, typer.Option("--replace", help="Replace an object of the same name.")] = False,
    picture: Annotated[
        Path | None,
        typer.Option(help="PNG of the hand closed on it; with --auto drawn beside the set anyway."),
    ] = None,
    hand: Annotated[
        str, typer.Option(help="Hand that is to hold it: a name or a YAML file.")
    ] = "five_finger",
    json_file: Annotated[Path | None, typer.Option("--json", help="Write the figures to this file.")] = None,
) -> None:
    """Check a mesh, measure its distances and write it into an object set."""
    from tacrefine.errors import ConfigError
    from tacrefine.provenance import write_figures
    from tacrefine.sim.placement.adding import Wanted, add_mesh

    if auto and (any(position) or any(rotation)):
        raise ConfigError("--auto finds position and rotation itself; leave --position and --rotation out.")
    wanted = Wanted(
        mesh, to, object_class, name or mesh.stem, scale, position, rotation, repair, replace, auto, hand
    )
    with progress() as report:
        added = add_mesh(wanted, report)
    for line in _told(added, to):
        print(line)
    if auto or picture is not None:
        print(
            f"The hand closed on it: {_drawn(added, hand, picture or to.with_name(f'{added.name}.grasp.png'))}"
        )
    if json_file is not None:
        content = {"object": added.name, "set": str(to), "size_m": list(added.size), "parts": added.parts}
        content |= {"axes": list(added.axes), "fingers": added.fingers, "valid": added.valid}
        content |= {"scale": added.scale, "position": list(added.position), "rotation": list(added.rotation)}
        content |= {"share_valid": added.share_valid, "notes": list(added.notes)}
        content |= {"deviation_m": added.deviation, "most_parts": added.most_parts}
        write_figures(json_file, content)


def _told(added: AddedObject, to: Path) -> Iterator[str]:
    """The sentences about an added object."""
    size = " x ".join(f"{1000 * length:.1f}" for length in added.size)
    parts = f"{added.parts} convex part{'s' if added.parts > 1 else ''}"
    yield (
        f"{added.name}: {size} mm along x, y, z of the grasp frame (1 unit of the file = {1000 * added.scale:g} mm), "
        f"{parts}, closed; touch tells {', '.join(added.axes)}."
    )
    if added.notes:
        yield f"Put right: {'; '.join(added.notes)}."
    if added.warning is not None:
        yield f"Warning: {added.warning}."
    if added.deviation:
        capped = f" ({added.most_parts} parts are the most that are made)" * (added.parts >= added.most_parts)
        yield (
            f"Its convex parts, which only MuJoCo uses, reach up to {1000 * added.deviation:.2f} mm beyond its "
            f"surface within the hand's reach{capped}."
        )
    if any(added.position) or any(added.rotation):
        place = " ".join(f"{value:g}" for value in added.position)
        turn = " ".join(f"{value:g}" for value in added.rotation)
        yield f"Placed at --position {place} --rotation {turn}."
    yield (
        f"{added.fingers} of {added.all_fingers} fingers touch it at the nominal grasp; of grasps in the class's "
        f"sampling box {100 * added.share_valid:.0f} % are valid."
    )
    if not added.valid:
        yield (
            f"That is no valid grasp, which needs {added.needed}. Let a placement be found: "
            f"{added.auto_command}  (or give --position and --rotation)"
        )
    yield f"Written to {to}; distances to {added.cache_file}."


def _drawn(added: AddedObject, hand_name: str, path: Path) -> Path:
    """Draw the nominal grasp of an added object."""
    import numpy as np

    from tacrefine.hands import load_hand
    from tacrefine.plants import load_plant
    from tacrefine.sim import QuasistaticSimulator
    from tacrefine.sim.placement.picture import draw_grasp

    hand = load_hand(hand_name)
    sample = load_plant("ideal").sample(hand, np.random.default_rng(0))
    nominal = QuasistaticSimulator(hand).grasp(added.object, np.zeros((1, 6)), sample)
    draw_grasp(hand, added.object, nominal.joints[0], nominal.force[0], path)
    return path


@contextmanager
def progress() -> Iterator[Callable[[str, int, int], None]]:
    """Yields ``report(what, done, total)``: one bar after the other as the work changes."""
    from contextlib import ExitStack

    from tacrefine.cli.progress import progress_bar

    with ExitStack() as stack:
        bar: dict[str, Callable[..., None]] = {}

        def report(what: str, done: int, total: int) -> None:
            if what not in bar:
                stack.pop_all().close()
                bar.clear()
                bar[what] = stack.enter_context(progress_bar(what, total))
            bar[what](done, total=total)

        yield report
