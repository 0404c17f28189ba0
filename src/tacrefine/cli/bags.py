"""`tacrefine bags`: what is in a bag, datasets made of bags, and bags in other formats."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from tacrefine.cli.bags_check import check
from tacrefine.cli.options import AdapterOption, mapping

bags = typer.Typer(
    no_args_is_help=True, help="Look into bags, check their touch, make datasets of them, export them."
)
bags.command()(check)

Paths = Annotated[list[Path], typer.Argument(help="Bags, or folders with bags in them.")]
JsonFile = Annotated[Path | None, typer.Option("--json", help="Write the figures to this file.")]
HandOption = Annotated[str, typer.Option(help="Hand: a name or a YAML file.")]
Names = Annotated[
    list[str] | None,
    typer.Option(
        "--topic", metavar="NAME=TOPIC", help="Name of a topic in the bags, like wrist_pose=/arm/pose."
    ),
]


JointPrefix = Annotated[
    str, typer.Option(help="What stands before the hand's joint names in joint_states, like rh_.")
]
Joints = Annotated[
    list[str] | None,
    typer.Option("--joint", metavar="THERE=JOINT", help="A joint that joint_states calls otherwise."),
]
JointStateAge = Annotated[
    float,
    typer.Option(min=0.0, max=5.0, help="Most s between joints and a reading; 0: as recorded, or else 0.1."),
]
BaseFrame = Annotated[
    str,
    typer.Option(help="Take the wrist from TF, in this frame; default: the root of TF, without wrist_pose."),
]
TipFrame = Annotated[str, typer.Option(help="Frame of the wrist in TF; default: as the hand's description.")]
ReceiveTimes = Annotated[
    bool, typer.Option("--receive-times", help="Go by the times of reception: for drivers that do not stamp.")
]
NegativeLimit = Annotated[
    float, typer.Option(min=0.0, max=1.0, help="Share of full scale below zero that still counts as zero.")
]
DriftLimit = Annotated[
    float,
    typer.Option(
        min=0.0, max=1.0, help="Share of full scale that the zero of a pad may drift; more is refused."
    ),
]
Rezero = Annotated[
    bool, typer.Option("--rezero/--no-rezero", help="Take off what the pads read while the open hand rests.")
]


@bags.command()
def info(
    paths: Paths,
    names: Names = None,
    hand: Annotated[
        str, typer.Option(help="Hand whose touch is looked at: a name or a YAML file; default: as recorded.")
    ] = "",
    adapter: AdapterOption = "",
    joint_prefix: JointPrefix = "",
    joint: Joints = None,
    joint_state_age: JointStateAge = 0.0,
    receive_times: ReceiveTimes = False,
    negative_limit: NegativeLimit = 0.05,
    drift_limit: DriftLimit = 0.05,
    json_file: JsonFile = None,
) -> None:
    """Say what bags hold: topics, duration, software, hand, object, goals, and what is wrong with any of it.

    Torn and damaged bags are read as far as they go. Exit code 1: some bags could not be read; 2: none could.
    """
    from tacrefine.bags.files import find_bags
    from tacrefine.bags.info import describe_bag
    from tacrefine.errors import DataError
    from tacrefine.touch import SourceSettings

    source = SourceSettings(
        adapter=adapter,
        joint_state_age=joint_state_age,
        joint_prefix=joint_prefix,
        joint_names=joint_names(joint),
        receive_times=receive_times,
        negative_limit=negative_limit,
        drift_limit=drift_limit,
        rezero=False,
    )
    described: list[dict[str, Any]] = []
    unread: list[dict[str, Any]] = []
    for path in find_bags(paths):
        try:
            bag = describe_bag(path, mapping(names), hand, source)
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
    context: typer.Context,
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
        typer.Option(
            help="ROS parameter file that the robot ran with: when a hand is settled, names of joints, ..."
        ),
    ] = None,
    names: Names = None,
    adapter: AdapterOption = "",
    joint_prefix: JointPrefix = "",
    joint: Joints = None,
    joint_state_age: JointStateAge = 0.0,
    base_frame: BaseFrame = "",
    tip_frame: TipFrame = "",
    receive_times: ReceiveTimes = False,
    negative_limit: NegativeLimit = 0.05,
    drift_limit: DriftLimit = 0.05,
    rezero: Rezero = True,
    json_file: JsonFile = None,
) -> None:
    """Cut bags into settled grasps and write them as a dataset, with wrist poses as labels.

    `tacrefine calibrate` reads it. Readings go through the same checks as in the live policy node. Exit code 1: some
    bags could not be used and are not in the dataset; 2: none could.
    """
    from tacrefine.bags.dataset import read_bags, write_dataset
    from tacrefine.cli.progress import progress_bar
    from tacrefine.cli.robot_settings import refine_settings, source_settings
    from tacrefine.errors import DataError
    from tacrefine.hands import load_hand
    from tacrefine.objects import load_objects

    if out.exists() and any(out.iterdir()):
        raise DataError(f"{out}: holds files already; choose a folder that is empty or not there.")
    described = load_hand(hand)
    unread: list[tuple[Path, DataError]] = []
    settings = refine_settings(params_file)
    source = source_settings(
        context,
        params_file,
        adapter=adapter,
        joint_state_age=joint_state_age,
        joint_prefix=joint_prefix,
        joint_names=joint_names(joint),
        base_frame=base_frame,
        tip_frame=tip_frame,
        receive_times=receive_times,
        negative_limit=negative_limit,
        drift_limit=drift_limit,
        rezero=rezero,
    )
    try:
        with progress_bar("messages", 0) as advance:
            recorded = read_bags(
                paths,
                described,
                load_objects(objects),
                object_name=object,
                frames=frames,
                size=size,
                cut=cut,
                names=mapping(names),
                settings=settings,
                source=source,
                progress=advance,
                on_fault=lambda path, error: unread.append((path, error)),
            )
    finally:
        for _, error in unread:
            _report(error)
    write_dataset(recorded, described, out)
    for found in recorded.sources:
        print(f"{found.bag}: {found.grasps} grasps on {found.object}")
    for note in recorded.notes:
        print(f"note: {note}")
    print(f"{recorded.grasps} grasps in {len(recorded.groups)} groups -> {out}")
    figures = {
        "grasps": recorded.grasps,
        "episodes": [vars(found) for found in recorded.sources],
        "notes": list(recorded.notes),
        "unread": [{"bag": str(path), "error": str(error)} for path, error in unread],
    }
    _write(json_file, figures)
    _end(len({found.bag for found in recorded.sources}), len(unread))


@bags.command()
def export(
    context: typer.Context,
    paths: Paths,
    lerobot: Annotated[
        Path | None, typer.Option(help="Folder of a LeRobotDataset to write; it must be empty or not there.")
    ] = None,
    csv: Annotated[Path | None, typer.Option(help="CSV file to write.")] = None,
    parquet: Annotated[Path | None, typer.Option(help="Parquet file to write.")] = None,
    hand: HandOption = "five_finger",
    fps: Annotated[int, typer.Option(min=1, max=1000, help="Rows a second.")] = 10,
    names: Names = None,
    adapter: AdapterOption = "",
    joint_prefix: JointPrefix = "",
    joint: Joints = None,
    joint_state_age: JointStateAge = 0.0,
    base_frame: BaseFrame = "",
    tip_frame: TipFrame = "",
    receive_times: ReceiveTimes = False,
    json_file: JsonFile = None,
) -> None:
    """Write bags as a LeRobotDataset, as CSV or as Parquet: touch, joints, wrist and corrections, a row a moment.

    Each goal is an episode, or the whole bag where it has none. A CSV or Parquet file gets a description beside it,
    with which tacrefine data import reads it. Needs the extra 'tables', except for CSV.
    """
    from tacrefine.bags.export.columns import columns_of, write_csv, write_description, write_parquet
    from tacrefine.bags.export.frames import read_episodes
    from tacrefine.bags.export.lerobot import write_lerobot
    from tacrefine.cli.progress import progress_bar
    from tacrefine.cli.robot_settings import source_settings
    from tacrefine.errors import ConfigError
    from tacrefine.hands import load_hand

    if lerobot is None and csv is None and parquet is None:
        raise ConfigError("nothing to write; give --lerobot FOLDER, --csv FILE or --parquet FILE.")
    described = load_hand(hand)
    source = source_settings(
        context,
        None,
        adapter=adapter,
        joint_state_age=joint_state_age,
        joint_prefix=joint_prefix,
        joint_names=joint_names(joint),
        base_frame=base_frame,
        tip_frame=tip_frame,
        receive_times=receive_times,
    )
    with progress_bar("messages", 0) as advance:
        episodes = read_episodes(
            paths,
            described,
            fps,
            names=mapping(names),
            source=source,
            images=lerobot is not None,
            progress=advance,
        )
    frames = sum(map(len, episodes))
    if lerobot is not None:
        write_lerobot(episodes, described, fps, lerobot)
        print(f"{frames} frames in {len(episodes)} episodes -> {lerobot}")
    for path, write in ((csv, write_csv), (parquet, write_parquet)):
        if path is not None:
            columns = columns_of(episodes, described)
            write(columns, path)
            print(f"{frames} rows in {len(episodes)} episodes -> {path}")
            print(f"description for tacrefine data import -> {write_description(columns, described, path)}")
    _write(json_file, {"frames": frames, "episodes": [len(episode) for episode in episodes]})


def joint_names(joints: list[str] | None) -> str:
    """The joints of the command line as the parameter `joint_names` has them; ConfigError for other entries."""
    from tacrefine.errors import ConfigError

    for entry in joints or []:
        there, sign, joint = entry.partition("=")
        if not (there and sign and joint):
            raise ConfigError(f"--joint: '{entry}' is not allowed; give THERE=JOINT, like rh_FFJ3=index_mcp.")
    return ", ".join(joints or [])


def _report(error: Exception) -> None:
    """Say in a line of its own why one bag is left out."""
    print(f"tacrefine bags: {error}", file=sys.stderr, flush=True)


def _end(read: int, unread: int) -> None:
    """Exit with 2 where no bag could be read, with 1 where some could not."""
    if unread and read:
        print(f"tacrefine bags: {unread} of {unread + read} bags could not be read.", file=sys.stderr)
    if unread:
        raise typer.Exit(1 if read else 2)


def _write(json_file: Path | None, figures: dict[str, Any]) -> None:
    from tacrefine.provenance import write_figures

    if json_file is not None:
        write_figures(json_file, figures)
