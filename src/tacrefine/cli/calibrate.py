"""`tacrefine calibrate`: a plant that describes one robot, from its recorded grasps."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def calibrate(
    dataset: Annotated[
        Path | None,
        typer.Argument(help="Folder in the format of `tacrefine generate`, recorded on one robot."),
    ] = None,
    simulate: Annotated[
        str, typer.Option(help="Instead of a dataset: record a robot sampled from this plant, a stand-in.")
    ] = "",
    grasps: Annotated[int, typer.Option(min=2, help="Grasps to record with --simulate.")] = 50,
    seed: Annotated[int, typer.Option(min=0, help="Seed of --simulate.")] = 0,
    frames: Annotated[float, typer.Option(min=1.0, help="Readings averaged in each recorded grasp.")] = 8.0,
    out: Annotated[Path, typer.Option(help="Plant file to write.")] = Path("out/fitted.yaml"),
    start: Annotated[str, typer.Option(help="Plant to start from.")] = "nominal",
    objects: Annotated[str, typer.Option(help="Object set: a name or a YAML file.")] = "fifteen",
    model: Annotated[
        str, typer.Option(help="Model whose guesses of the poses are the start.")
    ] = "five_finger",
    hand: Annotated[str, typer.Option(help="Hand: a name or a YAML file.")] = "five_finger",
    json_file: Annotated[Path | None, typer.Option("--json", help="Write the figures to this file.")] = None,
) -> None:
    """Fit stiffness, torque, gains, fingertip offsets and joint biases of one robot to its grasps on known objects.

    Of the poses only those relative to the first grasp of each group are used: the wrist's own, with the object still.
    """
    from tacrefine.cli.progress import progress_bar
    from tacrefine.errors import DataError
    from tacrefine.hands import load_hand
    from tacrefine.identification.job import calibrate as run
    from tacrefine.identification.job import loaded, recorded
    from tacrefine.objects import load_objects
    from tacrefine.policy import load_policy
    from tacrefine.provenance import write_figures

    if (dataset is None) == (not simulate):
        raise DataError("give either a dataset folder or --simulate PLANT")
    described, items = load_hand(hand), load_objects(objects)
    policy = load_policy(model, described)
    if dataset is not None:
        groups = loaded(dataset, described, items)
    else:
        groups = recorded(described, items, simulate, grasps, seed, int(frames))
    with progress_bar("fitting", 0) as advance:
        figures = run(
            described,
            items,
            groups,
            frames,
            start,
            policy,
            out,
            lambda done, total: advance(done, total=total),
        )
    print(f"{out}: robot '{figures['plant']}' from {figures['grasps']} grasps")
    for name in ("taxel_stiffness", "contact_stiffness", "closing_torque", "model_error"):
        print(f"  {name}: {figures[name]:.4g}")
    if json_file is not None:
        write_figures(json_file, figures)
