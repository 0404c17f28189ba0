"""From a recording and a parent model to a model folder. What was there stays intact until the new one is whole."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tacrefine.data.groups import TouchGroups
from tacrefine.data.stream import SimulatedGroups
from tacrefine.errors import DataError, ModelError
from tacrefine.finetune.deviations import rescale
from tacrefine.finetune.recording import Recording, labelled
from tacrefine.finetune.settings import FinetuneSettings, training_run
from tacrefine.finetune.tuning import FineTuner
from tacrefine.hands import Hand
from tacrefine.identification import Calibration, FittedRobot
from tacrefine.identification.fitted import LikelyRobots
from tacrefine.objects import GraspObject
from tacrefine.plants import Plant, load_plant
from tacrefine.policy import Policy, load_policy
from tacrefine.policy.batches import TensorGroups
from tacrefine.policy.card import CARD, WEIGHTS, ModelCard, read_card, verified
from tacrefine.policy.checkpoint import CHECKPOINT
from tacrefine.policy.placing import put_in_place
from tacrefine.policy.publishing import publish
from tacrefine.policy.runtime import model_folder
from tacrefine.policy.settings import training_objects
from tacrefine.policy.validation import one_step_figures
from tacrefine.policy.weights import load_network

START = "nominal"
"""plant that calibration begins from"""


@dataclass(frozen=True)
class Progress:
    """Progress callbacks: `fitting(done, total)`, `training(step, steps, error)`."""

    fitting: Callable[[int, int], None] = lambda done, total: None
    training: Callable[[int, int, float], None] = lambda step, steps, error: None


def finetune(
    recording: Recording,
    parent: str | os.PathLike[str],
    hand: Hand,
    items: Mapping[str, GraspObject],
    out: Path,
    settings: FinetuneSettings,
    command: str,
    seed: int = 0,
    objects: str | None = None,
    progress: Progress | None = None,
    fitted: FittedRobot | None = None,
) -> ModelCard:
    """Fine-tune `parent` and write the model to `out`; `fitted` spares the calibration.

    `items` are what the recording's object indices refer to, `objects` their set where it is not the parent's. Broken
    off, it goes on with the same arguments. Raises ModelError (parent missing, corrupt, of another hand), DataError.
    """
    progress = progress or Progress()
    folder = model_folder(parent)
    policy, card = load_policy(folder, hand), read_card(folder)
    _check_output(out, folder)
    rng = np.random.default_rng([seed, 0])
    learned, held = recording.split(settings.held_out, rng)
    known = list(items.values())
    if settings.simulated == "fitted" and fitted is None:
        fitted = fit_robot(learned, settings, hand, items, policy, progress)
    run = training_run(settings, folder, card, out.name, seed, objects)
    every, weights = training_objects(run)
    plant: Plant = load_plant(run.plant)
    if settings.simulated == "fitted" and fitted is not None:
        plant = LikelyRobots(fitted, load_plant(START), settings.sigmas)
    tuner = FineTuner(
        run,
        settings,
        hand,
        every,
        SimulatedGroups(hand, every, plant, run.groups, weights),
        plant,
        labelled(learned, hand, known, policy if settings.from_parent else None),
        learned.frames,
    )
    staging = out.parent / f".{out.name}.partial"
    checkpoint = _checkpoint(staging, recording.checksum, settings.model_dump_json(), card.model_id)
    tuner.run(checkpoint, lambda step, error: progress.training(step + 1, run.steps, error))
    network = tuner.averaged_network()
    touch = labelled(held, hand, known, policy)
    simulated = None if settings.simulated == "none" else tuner.held_out(run.validation_groups, 0)
    rescale(network, simulated, TensorGroups.of(touch))
    figures = {
        "held_out_grasps": held.grasps,
        "one_step_on_held_out_grasps": _one_step(network, touch, held, known),
        "parent_on_held_out_grasps": _one_step(
            load_network(verified(folder, card, WEIGHTS), card, hand), touch, held, known
        ),
    }
    data = {
        "parent": card.model_id,
        **recording.source,
        "recording_sha256": recording.checksum,
        "grasps": learned.grasps,
        "episodes": len(np.unique(learned.episodes)),
        "held_out_episodes": len(np.unique(held.episodes)),
        "finetuning": json.loads(settings.model_dump_json()),
    }
    if settings.simulated == "fitted" and fitted is not None:
        data["fitted_robot"] = {
            "taxel_stiffness": fitted.sample.taxel_stiffness,
            "contact_stiffness": fitted.sample.contact_stiffness,
            "closing_torque": fitted.sample.closing_torque,
            "model_error": fitted.model_error,
        }
    made = publish(
        network, run.model_copy(update={"start_from": card.model_id}), hand, staging, command, data, figures
    )
    checkpoint.unlink(missing_ok=True)
    put_in_place(staging, out)
    return made


def fit_robot(
    recording: Recording,
    settings: FinetuneSettings,
    hand: Hand,
    items: Mapping[str, GraspObject],
    policy: Policy,
    progress: Progress | None = None,
) -> FittedRobot:
    """The robot that made the recording, from its first episodes."""
    episodes = recording.episodes_of(hand, list(items.values()))[: settings.calibration_episodes]
    start = load_plant(START).typical(hand)
    return Calibration(hand, start).fit(episodes, policy, (progress or Progress()).fitting).checked()


def _one_step(network: Any, touch: TouchGroups, held: Recording, items: list[GraspObject]) -> dict[str, Any]:
    rows = held.groups.valid.sum(axis=1) >= 2
    classes = [items[i].object_class for i in held.groups.objects[rows]]
    return one_step_figures(network, TensorGroups.of(touch), classes)


def _check_output(out: Path, parent: Path) -> None:
    """Nothing that is not a model is ever replaced, and never the parent."""
    if out.resolve() == parent.resolve():
        raise ModelError(f"{out}: is the parent itself; a fine-tuned model needs another folder.")
    if out.exists() and not (out / CARD).exists() and (not out.is_dir() or any(out.iterdir())):
        raise DataError(f"{out}: holds something that is no model; choose another folder.")


def _checkpoint(staging: Path, *identity: str) -> Path:
    """Checkpoint of this run in `staging`; what a run on other grasps left there is removed."""
    digest = hashlib.sha256(" ".join(identity).encode()).hexdigest()[:16]
    staging.mkdir(parents=True, exist_ok=True)
    path = staging / f"{digest}-{CHECKPOINT}"
    for other in staging.iterdir():
        if other != path and not other.is_dir():
            other.unlink()
    return path
