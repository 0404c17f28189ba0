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
from tacrefine.policy.card import ModelCard
from tacrefine.policy.network import NetworkSettings, PolicyNetwork


def save_atomically(
    tensors: Mapping[str, Tensor], path: Path, metadata: Mapping[str, str] | None = None
) -> None:
    """Write a safetensors file such that a kill leaves the old one or the new one, never half of one."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    save_file({key: value.contiguous() for key, value in tensors.items()}, temporary, dict(metadata or {}))
    temporary.chmod(0o644)
    os.replace(temporary, path)


def load_network(path: Path, card: ModelCard) -> PolicyNetwork:
    """The network of `card` with the weights in `path`, ready for inference; ModelError where they do not fit."""
    try:
        settings = NetworkSettings.model_validate(card.network)
    except ValidationError as error:
        raise ModelError(
            f"{path.parent}: the card's network settings are not valid, {describe(error, NetworkSettings)}"
        ) from error
    try:
        network = PolicyNetwork([(rows, cols) for _, rows, cols in card.pads], len(card.joints), settings)
        network.load_state_dict(load_file(path))
    except (SafetensorError, RuntimeError, OSError, ValueError, KeyError) as error:
        raise ModelError(f"{path}: the weights do not fit the card ({quoted(error)}).") from error
    return network.eval()
