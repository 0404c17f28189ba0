"""`tacrefine train`: from a training description to a model folder."""

from __future__ import annotations

import json
import shlex
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from tacrefine.data.groups import GroupSource
    from tacrefine.hands import Hand
    from tacrefine.objects import GraspObject
    from tacrefine.plants import Plant
    from tacrefine.policy.settings import TrainingSettings


def train(
    config: Annotated[
        str, typer.Option(help="Training description: a name in config/training or a YAML file.")
    ] = "default",
    out: Annotated[Path | None, typer.Option(help="Folder of the model; default models/<name>.")] = None,
    dataset: Annotated[
        Path | None, typer.Option(help="Train on this dataset instead of fresh grasps.")
    ] = None,
    hand_name: Annotated[
        str | None,
        typer.Option("--hand", help="Train for this hand instead of the description's; names the model too."),
    ] = None,
    steps: Annotated[
        int | None, typer.Option(min=1, help="Number of steps, instead of the description's.")
    ] = None,
    json_file: Annotated[Path | None, typer.Option("--json", help="Write the figures to this file.")] = None,
) -> None:
    """Train the policy on simulated touch. Stopped with Ctrl-C or killed, it goes on when called again."""
    from tacrefine.cli.progress import progress_bar
    from tacrefine.config import share_dir
    from tacrefine.hands import load_hand
    from tacrefine.plants import load_plant
    from tacrefine.policy.checkpoint import CHECKPOINT
    from tacrefine.policy.publishing import publish
    from tacrefine.policy.settings import load_training, training_objects
    from tacrefine.policy.training import Trainer
    from tacrefine.policy.validation import calibrate, one_step_figures

    settings = load_training(config)
    if steps is not None:
        settings = settings.model_copy(update={"steps": steps})
    hand = load_hand(hand_name or settings.hand)
    if hand_name is not None:
        settings = settings.model_copy(update={"hand": hand_name, "name": hand.name})
    objects, weights = training_objects(settings)
    source, data = _source(settings, hand, objects, weights, load_plant(settings.plant), dataset)
    folder = out or share_dir() / "models" / settings.name
    folder.mkdir(parents=True, exist_ok=True)
    checkpoint = folder / CHECKPOINT
    trainer = Trainer(settings, hand, objects, source)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    started = time.monotonic()
    with progress_bar("training", settings.steps, "error") as advance:
        first = trainer.run(checkpoint, lambda step, error: advance(step + 1, f"{error:.4f}"))
    seconds = time.monotonic() - started
    network = trainer.averaged_network()
    calibrate(network, trainer.held_out(settings.validation_groups, 0))
    window_classes = trainer.held_out_classes(settings.validation_groups, 1)
    figures: dict[str, Any] = {
        "one_step_on_training_plants": one_step_figures(
            network, trainer.held_out(settings.validation_groups, 1), window_classes
        )
    }
    if first == 0:
        figures["training_seconds"] = round(seconds, 1)
    command = f"tacrefine train --config {shlex.quote(str(config))}" + (
        f" --hand {shlex.quote(hand_name)}" if hand_name else ""
    )
    command += f" --dataset {dataset}" if dataset else ""
    card = publish(network, settings, hand, folder, command, data, figures)
    checkpoint.unlink(missing_ok=True)
    if json_file is not None:
        json_file.parent.mkdir(parents=True, exist_ok=True)
        json_file.write_text(card.model_dump_json(indent=2) + "\n")
    print(json.dumps(figures["one_step_on_training_plants"]["all"]), f"-> {folder}")


def _source(
    settings: TrainingSettings,
    hand: Hand,
    objects: list[GraspObject],
    weights: dict[str, float],
    plant: Plant,
    dataset: Path | None,
) -> tuple[GroupSource, dict[str, Any]]:
    """Where groups come from, and what the card says of it."""
    from tacrefine.data.stream import SimulatedGroups

    data: dict[str, Any] = {"objects": settings.objects, "plant": settings.plant, "seed": settings.seed}
    if settings.more_objects is not None:
        data |= {"more_objects": settings.more_objects, "more_share": settings.more_share}
    if settings.start_from is not None:
        from tacrefine.policy.card import read_card
        from tacrefine.policy.runtime import model_folder

        data["started_from"] = read_card(model_folder(settings.start_from)).model_id
    if dataset is None:
        grasps = settings.steps * settings.groups_per_batch * settings.groups.size
        data |= {"source": "fresh quasistatic grasps", "grasps": grasps // settings.reuse, "touches": grasps}
        return SimulatedGroups(hand, objects, plant, settings.groups, weights), data
    from tacrefine.data.dataset import DatasetGroups

    source = DatasetGroups(dataset, hand, [item.name for item in objects])
    return source, data | {"source": "dataset", "grasps": source.grasps, "dataset_sha256": source.checksum}
