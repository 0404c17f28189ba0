"""The card beside the weights: what a model is, what it was made from, and the checksums of its files."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from tacrefine.errors import ModelError

CARD, WEIGHTS, GRAPH = "card.json", "weights.safetensors", "policy.onnx"
FORMAT = 1


class ModelCard(BaseModel):
    """`card.json`. `hand_signature` is :attr:`tacrefine.hands.Hand.signature`; `sha256` is by file name."""

    model_config = ConfigDict(extra="forbid")

    format: int = FORMAT
    name: str
    model_id: str
    created: str
    code_version: str
    hand: str
    hand_signature: str
    pads: list[tuple[str, int, int]]
    joints: list[str]
    network: dict[str, Any]
    parameters: int
    command: str
    training: dict[str, Any]
    data: dict[str, Any]
    figures: dict[str, Any] = {}
    sha256: dict[str, str] = {}

    def write(self, folder: Path) -> None:
        """Write the card with fresh checksums of the files beside it, in one atomic step."""
        self.sha256 = {name: checksum(folder / name) for name in (WEIGHTS, GRAPH) if (folder / name).exists()}
        text = json.dumps(self.model_dump(mode="json"), indent=2) + "\n"
        temporary = folder / f".{CARD}.{os.getpid()}"
        temporary.write_text(text)
        os.replace(temporary, folder / CARD)


def checksum(path: Path) -> str:
    """SHA-256 of a file as hex."""
    with open(path, "rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def read_card(folder: Path) -> ModelCard:
    """The card in `folder`; ModelError where it is missing or not a card."""
    path = folder / CARD
    try:
        return ModelCard.model_validate_json(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ModelError(
            f"{path}: cannot be read ({error.strerror}); a model is a folder with {CARD}."
        ) from error
    except (ValidationError, UnicodeDecodeError) as error:
        reason = error.errors()[0]["msg"] if isinstance(error, ValidationError) else "not text"
        raise ModelError(f"{path}: not a model card ({reason.lower()}).") from error


def verified(folder: Path, card: ModelCard, name: str) -> Path:
    """Path of a file of the model once its checksum is right; ModelError where it is missing or corrupt."""
    path = folder / name
    if not path.exists():
        raise ModelError(f"{path}: missing; the model '{card.name}' needs it, export or train it again.")
    if checksum(path) != card.sha256.get(name):
        raise ModelError(
            f"{path}: corrupt, its SHA-256 is not the one that {CARD} promises; fetch or export it again."
        )
    return path
