"""`tacrefine evaluate`: how well a policy refines grasps, as a table and as JSON."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from tacrefine.cli.options import RayAddress

COLUMNS = {
    "trials": "trials",
    "success_10deg_10mm": "10/10",
    "success_5deg_10mm": "5/10",
    "success_5deg_5mm": "5/5",
    "success_2deg_2mm": "2/2",
    "success_1deg_1mm": "1/1",
    "median_mm": "median mm",
    "median_deg": "median deg",
    "p95_mm": "p95 mm",
    "p95_deg": "p95 deg",
    "mean_steps_to_5deg_5mm": "steps",
}


class TargetChoice(StrEnum):
    """Where targets lie: at each object's nominal grasp, or anywhere in its sampling box."""

    fixed = "fixed"
    random = "random"


def evaluate(
    objects: Annotated[str, typer.Option(help="Object set: a name or a YAML file.")] = "fifteen",
    plant: Annotated[str, typer.Option(help="Plant: a name or a YAML file.")] = "nominal",
    targets: Annotated[
        TargetChoice, typer.Option(help="fixed: the nominal grasp; random: anywhere in the box.")
    ] = (TargetChoice.random),
    steps: Annotated[int, typer.Option(min=0, max=1000, help="Moves that a refinement may make.")] = 5,
    trials: Annotated[int, typer.Option(min=1, help="Trials for each object.")] = 50,
    seed: Annotated[int, typer.Option(min=0, help="Seed of robots, poses and noise.")] = 0,
    frames: Annotated[int, typer.Option(min=1, max=1000, help="Frames read in every grasp.")] = 8,
    target_frames: Annotated[
        int, typer.Option(min=1, max=1000, help="Frames read when the target is shown.")
    ] = 8,
    model_based: Annotated[
        str,
        typer.Option(
            metavar="PLANT",
            help="Refine by simulated touch with the mechanics of this plant; empty: the network alone.",
        ),
    ] = "",
    calibrate: Annotated[
        int,
        typer.Option(
            min=0,
            help="Calibrate each trial's robot with so many recorded grasps first, then refine with what was found.",
        ),
    ] = 0,
    model: Annotated[
        str, typer.Option(help="Model: a name in models/ or a folder; default: the one named like the hand.")
    ] = "",
    hand: Annotated[str, typer.Option(help="Hand: a name or a YAML file.")] = "five_finger",
    range_scale: Annotated[
        float, typer.Option(min=0.01, max=5.0, help="Widens the box of targets and starts.")
    ] = 1.0,
    start_scale: Annotated[
        float | None,
        typer.Option(min=0.01, max=5.0, help="Widens the box of starts alone; default: as --range-scale."),
    ] = None,
    robot_seed: Annotated[
        int | None,
        typer.Option(min=0, help="All trials on this one robot of the plant; default: each on another."),
    ] = None,
    processes: Annotated[
        int | None, typer.Option(min=1, help="Processes; default: all cores for elastic plants.")
    ] = None,
    ray: RayAddress = None,
    journal: Annotated[
        Path | None,
        typer.Option(
            help="File of finished trials; a stopped evaluation goes on from it. "
            "Default: for elastic plants one in out/evaluations/, until it is done.",
        ),
    ] = None,
    json_file: Annotated[Path | None, typer.Option("--json", help="Write the figures to this file.")] = None,
) -> None:
    """Refine many simulated grasps and compare where they end with the true target."""
    from tacrefine.cli.progress import progress_bar
    from tacrefine.config import model_of
    from tacrefine.evaluation.runner import evaluate as run
    from tacrefine.evaluation.settings import EvaluationSettings
    from tacrefine.policy.card import read_card
    from tacrefine.policy.runtime import model_folder
    from tacrefine.provenance import write_figures

    settings = EvaluationSettings(
        hand=hand,
        objects=objects,
        plant=plant,
        model=model_of(hand, model),
        targets=targets.value,
        steps=steps,
        trials=trials,
        seed=seed,
        frames=frames,
        target_frames=target_frames,
        model_based=model_based,
        calibrate=calibrate,
        range_scale=range_scale,
        start_scale=start_scale,
        robot_seed=robot_seed,
    )
    with progress_bar("evaluating", 0) as advance:
        result = run(settings, lambda done, total: advance(done, total=total), processes, journal, ray)
    show(result)
    if (warning := read_card(model_folder(settings.model)).contact_warning) is not None:
        print(f"tacrefine evaluate: {warning}", file=sys.stderr)
    if json_file is not None:
        write_figures(json_file, result)


def show(result: dict[str, Any]) -> None:
    """Print the figures as a table: objects, classes, all."""
    from rich.console import Console
    from rich.table import Table

    from tacrefine.evaluation.observable import sentences

    settings = result["settings"]
    title = (
        f"{result['model_id']} on plant {result['plant']['name']}: {settings['targets']} targets, "
        f"at most {settings['steps']} steps, {settings['frames']} frames a grasp, seed {settings['seed']}"
    )
    table = Table(
        title=title,
        caption="success within degrees/millimetres in %, whole pose against the simulator's truth",
    )
    table.add_column("")
    for heading in COLUMNS.values():
        table.add_column(heading, justify="right")
    for section in ("objects", "classes"):
        for name, row in result[section].items():
            table.add_row(
                name,
                *(_cell(key, row[key]) for key in COLUMNS),
                end_section=name == list(result[section])[-1],
            )
    table.add_row("all", *(_cell(key, result["all"][key]) for key in COLUMNS))
    Console(width=130).print(table)
    for sentence in sentences(result):
        print(sentence)


def _cell(key: str, value: float | None) -> str:
    if value is None:
        return "-"
    if key.startswith("success"):
        return f"{100 * value:.1f}"
    return str(value) if isinstance(value, int) else f"{value:.2f}"
