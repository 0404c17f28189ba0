"""The card beside the weights: what a model is, what it was made from, and the checksums of its files."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Annotated, Any, ClassVar, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from tacrefine.config import Name, describe
from tacrefine.contact_model import CONTACT_MODEL, EARLIER
from tacrefine.documents import read_text, write_atomically
from tacrefine.errors import ModelError
from tacrefine.hands import Hand
from tacrefine.hands.description import MOST_TAXELS

CARD, WEIGHTS, GRAPH = "card.json", "weights.safetensors", "policy.onnx"
FIRST_LAYER = "first_layer.onnx"
"""of a network that any hand can ask: what a hand's layout makes of its first layer, asked once for each hand"""
FORMAT = 1
Count = Annotated[int, Field(ge=1, le=MOST_TAXELS)]
ANY_HAND = "any"
"""hand and signature of a model that is for no hand in particular"""


class Card(BaseModel):
    """What every kind of model says of itself; `sha256` is by file name."""

    model_config = ConfigDict(extra="forbid", strict=True)
    files: ClassVar[tuple[str, ...]] = (WEIGHTS,)

    format: int = FORMAT
    name: Name
    model_id: Name
    created: str
    code_version: str
    network: dict[str, Any]
    parameters: int
    command: str
    training: dict[str, Any]
    data: dict[str, Any]
    figures: dict[str, Any] = {}
    sha256: dict[str, str] = {}

    @field_validator("format")
    @classmethod
    def _is_ours(cls, number: int) -> int:
        if number != FORMAT:
            raise ValueError(f"this version reads format {FORMAT}, found {number}")
        return number

    def write(self, folder: Path) -> None:
        """Write the card with fresh checksums of the files beside it, in one atomic step."""
        self.sha256 = {name: checksum(folder / name) for name in self.files if (folder / name).exists()}
        text = json.dumps(self.model_dump(mode="json"), indent=2) + "\n"
        write_atomically(folder / CARD, text)


class ModelCard(Card):
    """Card of a policy. `hand_signature` is :attr:`tacrefine.hands.Hand.signature`."""

    files: ClassVar[tuple[str, ...]] = (WEIGHTS, GRAPH, FIRST_LAYER)

    hand: str
    hand_signature: str
    pads: list[tuple[str, Count, Count]]
    joints: list[str]
    contact_model: str | None = None
    """of the simulated touch that it was trained on, see :mod:`tacrefine.contact_model`; None in older cards"""

    @property
    def reads_places(self) -> bool:
        """Whether the network reads touch as forces at places, and so can be asked about any hand."""
        return self.network.get("kind") == "any_hand"

    @property
    def for_any_hand(self) -> bool:
        """Whether the weights are for no hand in particular."""
        return self.hand_signature == ANY_HAND

    def fits(self, hand: Hand) -> bool:
        """Whether the model can be asked about touch of this hand."""
        return self.for_any_hand or self.hand_signature == hand.signature

    @property
    def contact_warning(self) -> str | None:
        """A sentence where the simulator's contact model is another one than the model was trained with; else None."""
        if self.contact_model == CONTACT_MODEL:
            return None
        return (
            f"model '{self.model_id}' was trained with another contact model ({self.contact_model or EARLIER}) than "
            f"the simulator has ({CONTACT_MODEL}): train it again before you rely on the figures."
        )


C = TypeVar("C", bound=Card)


def checksum(path: Path) -> str:
    """SHA-256 of a file as hex."""
    with open(path, "rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def read_card(folder: Path) -> ModelCard:
    """The card of the policy in `folder`; ModelError where it is missing or not a card."""
    return read_card_as(ModelCard, folder)


def read_card_as(kind: type[C], folder: Path) -> C:
    """The card in `folder` as one of this kind; ModelError where it is missing or of another kind."""
    path = folder / CARD
    try:
        return kind.model_validate_json(read_text(path, ModelError))
    except ValidationError as error:
        raise ModelError(f"{path}: not a model card, {describe(error, kind)}") from error


def verified(folder: Path, card: Card, name: str) -> Path:
    """Path of a file of the model once its checksum is right; ModelError where it is missing or corrupt."""
    path = folder / name
    if not path.exists():
        raise ModelError(f"{path}: missing; the model '{card.name}' needs it, export or train it again.")
    if checksum(path) != card.sha256.get(name):
        raise ModelError(
            f"{path}: corrupt, its SHA-256 is not the one that {CARD} promises; fetch or export it again."
        )
    return path
