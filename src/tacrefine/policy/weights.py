"""Weights as safetensors: reading, writing, and the network that a card describes."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from pydantic import ValidationError
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from tacrefine.config import describe
from tacrefine.documents import quoted
from tacrefine.errors import ModelError
from tacrefine.hands import Hand, load_hand
from tacrefine.policy.any_hand.network import AnyHandSettings
from tacrefine.policy.card import ModelCard
from tacrefine.policy.network import NetworkSettings, PolicyNetwork
from tacrefine.policy.networks import SETTINGS, Network, network_for


def save_atomically(
    tensors: Mapping[str, Tensor], path: Path, metadata: Mapping[str, str] | None = None
) -> None:
    """Write a safetensors file such that a kill leaves the old one or the new one, never half of one."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    save_file({key: value.contiguous() for key, value in tensors.items()}, temporary, dict(metadata or {}))
    temporary.chmod(0o644)
    os.replace(temporary, path)


def load_network(path: Path, card: ModelCard, hand: Hand | None = None) -> Network:
    """The network of `card` with the weights in `path`, ready for inference; ModelError where they do not fit.

    `hand` is asked for where the network is one for any hand; without it, it stands on the default hand.
    """
    try:
        settings = SETTINGS.validate_python(card.network)
    except ValidationError as error:
        raise ModelError(
            f"{path.parent}: the card's network settings are not valid, {describe(error, NetworkSettings)}"
        ) from error
    try:
        if isinstance(settings, AnyHandSettings):
            network: Network = network_for(settings, hand or load_hand())
        else:
            network = PolicyNetwork([(rows, cols) for _, rows, cols in card.pads], len(card.joints), settings)
        network.load_state_dict(load_file(path))
    except (SafetensorError, RuntimeError, OSError, ValueError, KeyError) as error:
        raise ModelError(f"{path}: the weights do not fit the card ({quoted(error)}).") from error
    return network.eval()
