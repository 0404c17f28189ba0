"""`tacrefine bags`: what is in a bag, and datasets made of bags."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

bags = typer.Typer(no_args_is_help=True, help="Look into bags, make datasets of them.")

Paths = Annotated[list[Path], typer.Argument(help="Bags, or folders with bags in them.")]
JsonFile = Annotated[Path | None, typer.Option("--json", help="Write the figures to this file.")]
HandOption = Annotated[str, typer.Option(help="Hand: a name or a YAML file.")]
Names = Annotated[
    list[str] | None,
    typer.Option(
        "--topic", metavar="NAME=TOPIC", help="Name of a topic in the bags, like wrist_pose=/arm/pose."
    ),
]


@bags.command()
def info(paths: Paths, names: Names = None, json_file: JsonFile = None) -> None:
    """Say what bags hold: topics, duration, software, hand, object and goals. Torn ones are read as far as they go."""
    from tacrefine.bags.files import find_bags
    from tacrefine.bags.info import describe_bag
    from tacrefine.errors import DataError

    described: list[dict[str, Any]] = []
    unread: list[dict[str, Any]] = []
    for path in find_bags(paths):
        try:
            bag = describe_bag(path, _mapping(names))
        except DataError as error:
            unread.append({"bag": str(path), "error": str(error)})
            _report(error)
            continue
        described.append(bag)
        print(f"{bag['bag']}: {bag['messages']} messages in {bag['seconds']:.1f} s")
        for key, value in bag["about"].items():
            print(f"  {key}: {value}")
        for topic in bag["topics"]:
            rate = f", {topic['rate']:.1f} Hz" if topic["rate"] else ""
            problem = f"; {topic['problem']}" if topic["problem"] else ""
            print(f"  {topic['name']}: {topic['messages']} of {topic['type']}{rate}{problem}")
        for note in bag["notes"]:
            print(f"  note: {note}")
    _write(json_file, {"bags": described, "unread": unread})
    _end(len(described), len(unread))


@bags.command()
def convert(
    paths: Paths,
    out: Annotated[Path, typer.Option(help="Folder of the dataset; it must be empty or not there.")],
    hand: HandOption = "five_finger",
    objects: Annotated[str, typer.Option(help="Object set: a name or a YAML file.")] = "fifteen",
    object: Annotated[str, typer.Option(help="The grasped object, where a bag does not tell.")] = "",
    frames: Annotated[int, typer.Option(min=1, help="Readings averaged in each grasp.")] = 8,
    size: Annotated[
        int | None, typer.Option(min=2, help="Most grasps in a group; default: no limit.")
    ] = None,
    cut: Annotated[
        str,
        typer.Option(help="Where the object may have moved: between goals (goal) or never in a bag (bag)."),
    ] = "auto",
    params_file: Annotated[
        Path | None,
        typer.Option(help="ROS parameter file that the refine server ran with: when a hand is settled."),
    ] = None,
    names: Names = None,
    json_file: JsonFile = None,
) -> None:
    """Cut bags into settled grasps and write them as a dataset, with wrist poses as labels.

    `tacrefine calibrate` reads it. Readings go through the same checks as in the live policy node.
    """
    from tacrefine.bags.dataset import read_bags, write_dataset
    from tacrefine.cli.progress import progress_bar
    from tacrefine.errors import DataError
    from tacrefine.hands import load_hand
    from tacrefine.objects import load_objects

    if out.exists() and any(out.iterdir()):
        raise DataError(f"{out}: holds files already; choose a folder that is empty or not there.")
    described = load_hand(hand)
    with progress_bar("messages", 0) as advance:
        recorded = read_bags(
            paths,
            described,
            load_objects(objects),
            object_name=object,
            frames=frames,
            size=size,
            cut=cut,
            names=_mapping(names),
            settings=_settings(params_file),
            progress=advance,
        )
    write_dataset(recorded, described, out)
    for source in recorded.sources:
        print(f"{source.bag}: {source.grasps} grasps on {source.object}")
    print(f"{recorded.grasps} grasps in {len(recorded.groups)} groups -> {out}")
    _write(json_file, {"grasps": recorded.grasps, "episodes": [vars(source) for source in recorded.sources]})


def _report(error: Exception) -> None:
    """Say in a line of its own why one bag is left out."""
    print(f"tacrefine bags: {error}", file=sys.stderr, flush=True)


def _end(read: int, unread: int) -> None:
    """Exit with 2 where no bag could be read, with 1 where some could not."""
    if unread and read:
        print(f"tacrefine bags: {unread} of {unread + read} bags could not be read.", file=sys.stderr)
    if unread:
        raise typer.Exit(1 if read else 2)


def _mapping(names: list[str] | None) -> dict[str, str]:
    from tacrefine.errors import ConfigError

    pairs = [name.partition("=") for name in names or []]
    for name, _, topic in pairs:
        if not name or not topic.startswith("/"):
            raise ConfigError(
                "--topic: give NAME=TOPIC with the full name in the bag, like wrist_pose=/arm/pose."
            )
    return {name: topic for name, _, topic in pairs}


def _settings(params_file: Path | None) -> Any:
    from tacrefine.bags.grasps import SETTLED_BY
    from tacrefine.bringup.parameter_files import parameters_for
    from tacrefine.parameters import build
    from tacrefine.refine.settings import RefineSettings

    if params_file is None:
        return None
    values = parameters_for("refine_server", params_file)
    return build(RefineSettings, {name: values[name] for name in SETTLED_BY if name in values})


def _write(json_file: Path | None, figures: dict[str, Any]) -> None:
    from tacrefine.provenance import write_figures

    if json_file is not None:
        write_figures(json_file, figures)
