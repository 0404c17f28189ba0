"""How often a regrasp model is right on examples that it did not learn from, and whether its probabilities hold."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tacrefine.data.regrasp.dataset import Examples, ExampleSet
from tacrefine.errors import DataError
from tacrefine.policy.regrasp.predictor import RegraspModel
from tacrefine.policy.regrasp.probability_calibration import calibration_error, reliability

CHUNK = 64
"""states that are encoded together"""


@dataclass(frozen=True, eq=False)
class Score:
    """What a model said of examples, and how they ended."""

    probability: NDArray[np.float32]
    success: NDArray[np.bool_]
    objects: int

    @classmethod
    def together(cls, parts: Sequence[Score]) -> Score:
        """Of several datasets whose objects differ."""
        probability = np.concatenate([part.probability for part in parts])
        success = np.concatenate([part.success for part in parts])
        return cls(probability, success, sum(part.objects for part in parts))

    def figures(self) -> dict[str, Any]:
        """Accuracy beside chance, expected calibration error and reliability."""
        rate = float(self.success.mean())
        return {
            "examples": len(self.success),
            "objects": self.objects,
            "success_rate": rate,
            "chance": max(rate, 1.0 - rate),
            "accuracy": float(np.mean((self.probability > 0.5) == self.success)),
            "calibration_error": calibration_error(self.probability, self.success),
            "reliability": reliability(self.probability, self.success),
        }


def score(model: RegraspModel, data: ExampleSet, progress: Callable[[int], None]) -> Score:
    """Ask `model` about every example of a dataset; `progress` is called with the number of states that are done.

    Raises DataError where the model learned from this very dataset.
    """
    learned = {str(entry["sha256"]): str(entry["folder"]) for entry in model.card.data.get("datasets", [])}
    if data.checksum in learned:
        raise DataError(
            f"model '{model.model_id}' learned from this dataset ('{learned[data.checksum]}' in its card); "
            "score it on one of other objects."
        )
    examples = data.examples
    probability = predictions(model, examples, progress)
    return Score(probability, examples.success, len(np.unique(examples.object)))


def predictions(
    model: RegraspModel, examples: Examples, progress: Callable[[int], None]
) -> NDArray[np.float32]:
    """Calibrated probability ``(E,)`` of each example; a state is encoded once, however many examples begin in it."""
    probability = np.empty(len(examples), np.float32)
    order = np.argsort(examples.example_state, kind="stable")
    states, first = np.unique(examples.example_state[order], return_index=True)
    rows_of = np.split(order, first[1:])
    for begin in range(0, len(states), CHUNK):
        some = states[begin : begin + CHUNK]
        features = model.encode_many([examples.state(int(number)) for number in some])
        rows = rows_of[begin : begin + CHUNK]
        every = np.concatenate(rows)
        repeated = np.repeat(features, [len(part) for part in rows], axis=0)
        probability[every] = model.success(repeated, examples.action[every])
        progress(begin + len(some))
    return probability
