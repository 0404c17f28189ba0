"""A trained regrasp model, ready to be asked: a state in, then the success of any number of actions. Needs no torch."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from tacrefine.config import resolve
from tacrefine.errors import ConfigError, ModelError
from tacrefine.gripper import ACTION_SIZE, State
from tacrefine.policy.backends import onnx_session
from tacrefine.policy.card import WEIGHTS, Card, read_card_as, verified

DEFAULT_REGRASP_MODEL, VISION_MODEL = "regrasp_wsg50", "regrasp_wsg50_vision"
ENCODER_GRAPH, HEAD_GRAPH = "encoder.onnx", "head.onnx"
STATE_INPUTS = ("camera", "camera_rest", "tactile", "tactile_rest", "pose", "force")


class RegraspCard(Card):
    """`card.json` of a regrasp model; sizes are rows and columns of the images that it takes."""

    files: ClassVar[tuple[str, ...]] = (WEIGHTS, ENCODER_GRAPH, HEAD_GRAPH)

    camera_size: tuple[int, int]
    tactile_size: tuple[int, int]


class RegraspModel:
    """Predicts how grasps end. Not thread-safe; load one for each thread."""

    def __init__(self, card: RegraspCard, encoder: Any, head: Any) -> None:
        """`encoder` and `head` are ONNX Runtime sessions of the two graphs."""
        self.card = card
        self.model_id = card.model_id
        self._encoder = encoder
        self._head = head
        # A variant that does not look at something has no such input in its graph.
        self._inputs = [entry.name for entry in encoder.get_inputs()]

    @classmethod
    def load(cls, name_or_path: str | os.PathLike[str] = DEFAULT_REGRASP_MODEL) -> RegraspModel:
        """A model by its name in `models/` or its folder; ModelError, one sentence, where it is missing or corrupt."""
        try:
            folder = Path(resolve("models", name_or_path))
        except ConfigError as error:
            raise ModelError(str(error)) from error
        card = read_card_as(RegraspCard, folder)
        encoder, head = (onnx_session(verified(folder, card, name)) for name in (ENCODER_GRAPH, HEAD_GRAPH))
        return cls(card, encoder, head)

    def encode(self, state: State) -> NDArray[np.float32]:
        """Features ``(1, f)`` of a state, for :meth:`success`; ModelError where an image has another size."""
        return self.encode_many([state])

    def encode_many(self, states: Sequence[State]) -> NDArray[np.float32]:
        """Features ``(n, f)`` of several states."""
        for state in states:
            self._check(state)
        arrays = {name: np.stack([getattr(state, name) for state in states]) for name in STATE_INPUTS[:-1]}
        arrays["pose"] = arrays["pose"].astype(np.float32)
        arrays["force"] = np.array([[state.force] for state in states], np.float32)
        outputs = self._encoder.run(None, {name: arrays[name] for name in self._inputs})
        features: NDArray[np.float32] = outputs[0]
        return features

    def success(self, features: NDArray[np.float32], actions: NDArray[np.float32]) -> NDArray[np.float32]:
        """Calibrated probability ``(n,)`` that the grasp after each action ``(n, 5)`` holds.

        `features` are of one state that all actions begin in, or a row for each action.
        """
        if actions.ndim != 2 or actions.shape[1] != ACTION_SIZE:
            raise ModelError(f"actions must be (n, {ACTION_SIZE}), found {actions.shape}.")
        inputs = {"features": features, "actions": np.ascontiguousarray(actions, np.float32)}
        probability: NDArray[np.float32] = self._head.run(None, inputs)[0]
        return probability

    def _check(self, state: State) -> None:
        wanted = {
            "camera": (*self.card.camera_size, 3),
            "camera_rest": (*self.card.camera_size, 3),
            "tactile": (2, *self.card.tactile_size, 3),
            "tactile_rest": (2, *self.card.tactile_size, 3),
        }
        for name, shape in wanted.items():
            found = getattr(state, name)
            if found.shape != shape or found.dtype != np.uint8:
                raise ModelError(
                    f"'{name}' must be uint8 {shape} for model '{self.model_id}', found {found.dtype} {found.shape}."
                )
