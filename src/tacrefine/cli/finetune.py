"""`tacrefine finetune`: a model adapted to one robot by its recorded grasps."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from tacrefine.finetune.recording import Recording
    from tacrefine.hands import Hand
    from tacrefine.objects import GraspObject


def finetune(
    bags: Annotated[
        list[Path] | None, typer.Option(help="A bag, or a folder of bags, of one robot; may be repeated.")
    ] = None,
    dataset: Annotated[
        Path | None, typer.Option(help="Folder in the format of `tacrefine generate`, recorded on one robot.")
    ] = None,
    simulate: Annotated[
        str, typer.Option(help="Instead of either: record a robot sampled from this plant, a stand-in.")
    ] = "",
    grasps: Annotated[int, typer.Option(min=4, help="Grasps to record with --simulate.")] = 300,
    seed: Annotated[
        int, typer.Option(min=0, help="Seed of the training, and number of the robot of --simulate.")
    ] = 0,
    frames: Annotated[
        float, typer.Option(min=1.0, help="Readings averaged in each grasp; bags know theirs.")
    ] = 8.0,
    model: Annotated[
        str,
        typer.Option(help="Parent: a model in models/ or a folder; default: the one named like the hand."),
    ] = "",
    out: Annotated[
        Path | None, typer.Option(help="Folder of the new model; default models/<parent>_tuned.")
    ] = None,
    config: Annotated[str, typer.Option(help="How: a name in config/finetuning or a YAML file.")] = "default",
    steps: Annotated[int | None, typer.Option(min=1, help="Steps, instead of the description's.")] = None,
    objects: Annotated[str, typer.Option(help="Object set of the recording; default: the parent's.")] = "",
    hand: Annotated[str, typer.Option(help="Hand: a name or a YAML file.")] = "five_finger",
    json_file: Annotated[Path | None, typer.Option("--json", help="Write the card to this file.")] = None,
) -> None:
    """Fine-tune a model on one robot's recorded grasps. Stopped with Ctrl-C or killed, it goes on when called again.

    Labels are the wrist poses of the grasps of one episode, in which the object stood still. A share of the episodes is
    held out; what is printed in the end was measured on them. The parent is never changed.
    """
    from tacrefine.cli.progress import progress_bar
    from tacrefine.config import model_of, share_dir
    from tacrefine.errors import DataError
    from tacrefine.finetune.job import Progress
    from tacrefine.finetune.job import finetune as run
    from tacrefine.finetune.settings import load_finetuning
    from tacrefine.hands import load_hand
    from tacrefine.objects import load_objects
    from tacrefine.policy.card import read_card
    from tacrefine.policy.runtime import model_folder
    from tacrefine.provenance import command

    if (bool(bags) + (dataset is not None) + bool(simulate)) != 1:
        raise DataError("give one of --bags DIR, --dataset DIR and --simulate PLANT")
    settings = load_finetuning(config)
    if steps is not None:
        settings = settings.model_copy(update={"steps": steps})
    described = load_hand(hand)
    parent = model_of(hand, model)
    card = read_card(model_folder(parent))
    items = load_objects(objects or str(card.training.get("objects", "fifteen")))
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    recording = _recording(bags, dataset, simulate, grasps, seed, frames, described, items)
    with progress_bar("fine-tuning", 0) as advance:
        made = run(
            recording,
            parent,
            described,
            items,
            out or share_dir() / "models" / f"{card.name}_tuned",
            settings,
            command(),
            seed,
            objects or None,
            Progress(
                lambda done, total: advance(done, "fitting the robot", total=total),
                lambda step, total, error: advance(step, f"error {error:.4f}", total=total),
            ),
        )
    _show(made.data, made.figures)
    if json_file is not None:
        json_file.parent.mkdir(parents=True, exist_ok=True)
        json_file.write_text(made.model_dump_json(indent=2) + "\n")


def _recording(
    bags: list[Path] | None,
    dataset: Path | None,
    simulate: str,
    grasps: int,
    seed: int,
    frames: float,
    hand: Hand,
    items: dict[str, GraspObject],
) -> Recording:
    from tacrefine.finetune.recording import from_dataset, from_stand_in

    if bags:
        from tacrefine.bags.finetuning import recording_from_bags

        return recording_from_bags(bags, hand, items)
    if dataset is not None:
        return from_dataset(dataset, hand, items, frames)
    return from_stand_in(hand, items, simulate, grasps, seed, int(frames))


def _show(data: dict[str, Any], figures: dict[str, Any]) -> None:
    """What was measured on the episodes held out, before and after."""
    before = figures["parent_on_held_out_grasps"]["all"]
    after = figures["one_step_on_held_out_grasps"]["all"]
    print(
        f"learned from {data['grasps']} grasps of {data['episodes']} episodes; one look on "
        f"{figures['held_out_grasps']} grasps held out: "
        f"{before['median_mm']:.3f} mm, {before['median_deg']:.3f} deg -> "
        f"{after['median_mm']:.3f} mm, {after['median_deg']:.3f} deg (medians, arm's repeatability included)"
    )
    if after["median_mm"] > before["median_mm"] and after["median_deg"] > before["median_deg"]:
        print(
            "No better than its parent on what was held out: record more grasps, or check that the objects stood still."
        )
