"""A model of labelled presses on disk: weights, the presses it compares with, and a card with checksums."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
from pydantic import ValidationError
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from tacrefine.config import describe
from tacrefine.contact_model import CONTACT_MODEL
from tacrefine.data.presses.dataset import KIND, packed, unpacked
from tacrefine.documents import quoted
from tacrefine.errors import DataError, ModelError
from tacrefine.policy.card import CARD, WEIGHTS, Card, checksum, read_card_as, verified
from tacrefine.policy.layers import MOMENTS
from tacrefine.policy.network import PolicyNetwork
from tacrefine.policy.placing import replaced_at_once
from tacrefine.policy.presses.blend import Blend
from tacrefine.policy.presses.model import PressModel
from tacrefine.policy.presses.sensor_files import packed_sensors, unpacked_sensors
from tacrefine.policy.presses.settings import PressTraining
from tacrefine.policy.weights import save_atomically
from tacrefine.provenance import code_version

REFERENCES = "presses.safetensors"
SCALINGS = ("feature_mean", "feature_scale", "origin")
BLENDS = ("absolute", "increment")


class PressCard(Card):
    """Card of a model of labelled presses; `units` are the SI units of its coordinates."""

    files: ClassVar[tuple[str, ...]] = (WEIGHTS, REFERENCES)

    kind: str = KIND
    units: dict[str, str]


def publish_presses(
    model: PressModel, folder: Path, command: str, data: dict[str, Any], figures: dict[str, Any]
) -> PressCard:
    """Write the model into `folder` in one step and return its card; ModelError where something else is there."""
    if folder.exists() and not (folder / CARD).exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ModelError(f"{folder}: holds something that is no model; choose another folder.")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with replaced_at_once(folder, (*PressCard.files, CARD)) as staging:
        tensors: dict[str, Tensor] = {
            f"member.{i}.{key}": value
            for i, network in enumerate(model.networks)
            for key, value in network.state_dict().items()
        }
        tensors |= {name: torch.as_tensor(getattr(model, name)).clone() for name in SCALINGS}
        for name in BLENDS:
            blend: Blend = getattr(model, f"{name}_blend")
            tensors |= {
                f"{name}_scale": torch.as_tensor(blend.scale),
                f"{name}_trust": torch.as_tensor(blend.trust),
            }
        tensors |= packed_sensors(model.sensors)
        save_atomically(tensors, staging / WEIGHTS)
        about = {"kind": KIND, "description": model.description.model_dump(mode="json")}
        (staging / REFERENCES).write_bytes(packed(model.references, about))
        name = model.description.name
        card = PressCard(
            name=name,
            model_id=f"{name}-{checksum(staging / WEIGHTS)[:8]}",
            created=datetime.now(UTC).isoformat(timespec="seconds"),
            code_version=code_version(),
            network=model.settings.network.model_dump(),
            parameters=sum(p.numel() for network in model.networks for p in network.parameters()),
            command=command,
            training=json.loads(model.settings.model_dump_json()),
            data=data | {"contact_model": CONTACT_MODEL, "presses": len(model.references)},
            figures=figures,
            units=dict(zip(model.description.names, model.description.units, strict=True)),
        )
        card.write(staging)
    return card


def load_press_model(folder: Path) -> PressModel:
    """The model in `folder`; ModelError where it is missing, damaged or of another kind."""
    card = read_card_as(PressCard, folder)
    try:
        settings = PressTraining.model_validate(card.training)
    except ValidationError as error:
        raise ModelError(f"{folder / CARD}: {describe(error, PressTraining)}") from error
    try:
        references = unpacked(verified(folder, card, REFERENCES))
    except DataError as error:
        raise ModelError(str(error)) from error
    path = verified(folder, card, WEIGHTS)
    try:
        tensors = load_file(path)
        scaling = {name: tensors.pop(name) for name in SCALINGS}
        blends = [_blend(tensors, name) for name in BLENDS]
        sensors = unpacked_sensors(tensors)
        networks = [
            _network(tensors, i, settings, references.context.shape[1]) for i in range(settings.members)
        ]
    except (SafetensorError, RuntimeError, OSError, KeyError, ValueError) as error:
        raise ModelError(f"{path}: the weights do not fit the card ({quoted(error)}).") from error
    return PressModel(
        description=references.description,
        settings=settings,
        networks=networks,
        feature_mean=scaling["feature_mean"],
        feature_scale=scaling["feature_scale"],
        origin=np.asarray(scaling["origin"].numpy(), np.float64),
        references=references,
        sensors=sensors,
        absolute_blend=blends[0],
        increment_blend=blends[1],
    )


def _blend(tensors: dict[str, Tensor], name: str) -> Blend:
    """Models that were trained before there were sensor models have no trust in them."""
    scale = tensors.pop(f"{name}_scale").double().numpy()
    trust = tensors.pop(f"{name}_trust", None)
    return Blend(np.zeros_like(scale) if trust is None else trust.double().numpy(), scale)


def _network(tensors: dict[str, Tensor], number: int, settings: PressTraining, context: int) -> PolicyNetwork:
    prefix = f"member.{number}."
    own = {key.removeprefix(prefix): value for key, value in tensors.items() if key.startswith(prefix)}
    count = own["encoders.0.first.weight"].shape[1] - MOMENTS
    network = PolicyNetwork([(1, count)], max(1, context), settings.network)
    network.load_state_dict(own)
    return network.eval()
