"""From a training description to a model folder. What was there stays as it is until the new model is whole."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from torch import Tensor

from tacrefine.data.dataset import DatasetGroups
from tacrefine.data.groups import GroupSource
from tacrefine.data.stream import SimulatedGroups
from tacrefine.hands import Hand
from tacrefine.objects import GraspObject
from tacrefine.plants import load_plant
from tacrefine.policy.card import ModelCard, read_card
from tacrefine.policy.many_hands import ManyHandsTrainer
from tacrefine.policy.networks import Network
from tacrefine.policy.publishing import publish
from tacrefine.policy.runtime import model_folder
from tacrefine.policy.settings import Training, TrainingSettings, training_objects
from tacrefine.policy.stages import Record, StageFiles
from tacrefine.policy.training import Trainer
from tacrefine.policy.validation import calibrate, cannot_tell, one_step_figures

Progress = Callable[[int, int, float], None]
"""`(done, steps, error)`: steps of all stages together"""


def train(
    training: Training,
    hand: Hand,
    folder: Path,
    command: str,
    dataset: Path | None = None,
    progress: Progress = lambda done, steps, error: None,
) -> ModelCard:
    """Train all stages and write the model into `folder`; returns its card.

    Each stage begins with the weights of the one before, and gives the same weights as a training of its own that
    starts from the model of the one before. Stopped at any moment, the training goes on when it is called again with
    the same arguments. With `dataset` grasps come from that folder instead of fresh from the simulator.

    Raises:
        DataError: What an earlier call left in `folder` is of other settings, or the dataset cannot be used.
        ModelError: The model to start from is missing, or of another hand or network.
        ConfigError: A description that the training names cannot be read.
    """
    folder.mkdir(parents=True, exist_ok=True)
    files = StageFiles(folder, training.stages)
    records, weights = files.finished()
    steps = [stage.steps for stage in training.stages]
    while True:
        number = len(records)
        stage, before = training.stages[number], sum(steps[:number])
        network, record = _run(
            stage,
            hand,
            dataset,
            files.checkpoint(number),
            weights,
            lambda step, error: progress(before + step + 1, sum(steps), error),  # noqa: B023 - called in this round
        )
        records.append(record)
        if number + 1 == len(steps):
            break
        weights = dict(network.state_dict())
        files.finish(records, weights)
    data, figures = _together(training, records)
    card = publish(network, stage, hand, folder, command, data, figures)
    files.remove()
    return card


def _run(
    settings: TrainingSettings,
    hand: Hand,
    dataset: Path | None,
    checkpoint: Path,
    start: Mapping[str, Tensor] | None,
    progress: Callable[[int, float], None],
) -> tuple[Network, Record]:
    """One stage: its calibrated network, and what the card says of it."""
    objects, shares = training_objects(settings)
    trainer: Trainer | ManyHandsTrainer
    if settings.hands is not None:
        data = _fresh(settings)
        trainer = ManyHandsTrainer(settings, objects, shares, start)
    else:
        source, data = _source(settings, hand, objects, shares, dataset)
        trainer = Trainer(settings, hand, objects, source, start)
    started = time.monotonic()
    begun = trainer.run(checkpoint, progress)
    seconds = time.monotonic() - started
    network = trainer.averaged_network()
    calibrate(network, trainer.held_out(settings.validation_groups, 0))
    classes = trainer.held_out_classes(settings.validation_groups, 1)
    groups = trainer.held_out(settings.validation_groups, 1)
    figures: dict[str, Any] = {"one_step_on_training_plants": one_step_figures(network, groups, classes)}
    if not isinstance(groups, list) and (hidden := cannot_tell(network, groups, classes, objects)):
        figures["cannot_tell"] = hidden
    if begun == 0:
        figures["training_seconds"] = round(seconds, 1)
    return network, {"data": data, "figures": figures}


def _source(
    settings: TrainingSettings,
    hand: Hand,
    objects: Sequence[GraspObject],
    shares: Mapping[str, float],
    dataset: Path | None,
) -> tuple[GroupSource, dict[str, Any]]:
    """Where the groups of a stage come from, and what the card says of it."""
    if dataset is None:
        source = SimulatedGroups(hand, objects, load_plant(settings.plant), settings.groups, shares)
        return source, _fresh(settings)
    stored = DatasetGroups(dataset, hand, [item.name for item in objects])
    said = {"source": "dataset", "grasps": stored.grasps, "dataset_sha256": stored.checksum}
    return stored, _conditions(settings) | said


def _fresh(settings: TrainingSettings) -> dict[str, Any]:
    """What the card says of a training on fresh grasps."""
    touches = settings.steps * settings.groups_per_batch * settings.groups.size
    said = {"source": "fresh quasistatic grasps", "grasps": touches // settings.reuse, "touches": touches}
    return _conditions(settings) | said


def _conditions(settings: TrainingSettings) -> dict[str, Any]:
    """What the card says of objects, robots and start."""
    data: dict[str, Any] = {"objects": settings.objects, "plant": settings.plant, "seed": settings.seed}
    if settings.more_objects is not None:
        data |= {"more_objects": settings.more_objects, "more_share": settings.more_share}
    if settings.start_from is not None:
        data["started_from"] = read_card(model_folder(settings.start_from)).model_id
    return data


def _together(training: Training, records: Sequence[Record]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Data and figures of the whole training: those of its last stage, and of each stage where there are several.

    The time is that of all stages, and left out where one of them was resumed.
    """
    data, figures = dict(records[-1]["data"]), dict(records[-1]["figures"])
    times = [record["figures"].get("training_seconds") for record in records]
    figures.pop("training_seconds", None)
    if None not in times:
        figures["training_seconds"] = round(sum(times), 1)
    if len(records) > 1:
        settings = [stage.model_dump(mode="json") for stage in training.stages]
        data["stages"] = [{"training": s, **r["data"]} for s, r in zip(settings, records, strict=True)]
        figures["stages"] = [record["figures"]["one_step_on_training_plants"]["all"] for record in records]
    return data, figures
