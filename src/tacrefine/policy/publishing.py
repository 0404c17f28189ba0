"""Writes a finished training as a model folder: weights, ONNX graph and card."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tacrefine.contact_model import CONTACT_MODEL
from tacrefine.hands import Hand
from tacrefine.policy.card import ANY_HAND, CARD, WEIGHTS, ModelCard, checksum
from tacrefine.policy.exporting import rewrite_graph
from tacrefine.policy.networks import Network
from tacrefine.policy.placing import replaced_at_once
from tacrefine.policy.settings import TrainingSettings
from tacrefine.policy.weights import save_atomically
from tacrefine.provenance import code_version


def publish(
    network: Network,
    settings: TrainingSettings,
    hand: Hand,
    folder: Path,
    command: str,
    data: dict[str, Any],
    figures: dict[str, Any],
) -> ModelCard:
    """Write the model into `folder` and return its card. The ONNX graph is checked against torch on the way.

    A model that is there is replaced in one step once the new one is whole; a kill leaves one of the two.
    """
    with replaced_at_once(folder, (*ModelCard.files, CARD)) as staging:
        return _write(network, settings, hand, staging, command, data, figures)


def _hand_of(hand: Hand, settings: TrainingSettings) -> dict[str, Any]:
    """What the card says of the hand."""
    if settings.hands is not None:
        return {"hand": ANY_HAND, "hand_signature": ANY_HAND, "pads": [], "joints": []}
    return {
        "hand": hand.name,
        "hand_signature": hand.signature,
        "pads": [(pad.name, pad.rows, pad.cols) for pad in hand.pads],
        "joints": list(hand.joint_names),
    }


def _write(
    network: Network,
    settings: TrainingSettings,
    hand: Hand,
    folder: Path,
    command: str,
    data: dict[str, Any],
    figures: dict[str, Any],
) -> ModelCard:
    save_atomically(network.state_dict(), folder / WEIGHTS)
    card = ModelCard(
        name=settings.name,
        model_id=f"{settings.name}-{checksum(folder / WEIGHTS)[:8]}",
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        code_version=code_version(),
        contact_model=CONTACT_MODEL,
        **_hand_of(hand, settings),
        network=settings.network.model_dump(),
        parameters=sum(parameter.numel() for parameter in network.parameters()),
        command=command,
        training=json.loads(settings.model_dump_json()),
        data=data,
        figures=figures,
    )
    card.write(folder)
    rewrite_graph(folder)
    return card
