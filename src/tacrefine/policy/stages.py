"""Files of a training of several stages: the weights of each finished stage, and the checkpoint of the running one."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from safetensors import SafetensorError, safe_open
from torch import Tensor

from tacrefine.documents import quoted
from tacrefine.errors import DataError
from tacrefine.policy.checkpoint import CHECKPOINT
from tacrefine.policy.settings import TrainingSettings
from tacrefine.policy.weights import save_atomically

Record = dict[str, Any]
"""`data` and `figures` of a stage, for the card"""


class StageFiles:
    """The files of one training in the folder of its model; all of them go once the model is whole."""

    def __init__(self, folder: Path, stages: Sequence[TrainingSettings]) -> None:
        self._folder, self._stages = folder, stages

    def checkpoint(self, number: int) -> Path:
        """Checkpoint of stage `number` (from 0) while it runs."""
        return self._folder / (CHECKPOINT if len(self._stages) == 1 else f"stage-{number + 1}.{CHECKPOINT}")

    def _weights(self, number: int) -> Path:
        return self._folder / f"stage-{number + 1}.safetensors"

    def finished(self) -> tuple[list[Record], dict[str, Tensor] | None]:
        """What the card will say of the stages that are done, and the weights of the last of them (None: none is).

        Raises DataError where a stage was made with other settings than it has now, or cannot be read.
        """
        for number in reversed(range(len(self._stages) - 1)):
            path = self._weights(number)
            if path.exists():
                return self._read(path, number)
        return [], None

    def _read(self, path: Path, number: int) -> tuple[list[Record], dict[str, Tensor]]:
        try:
            with safe_open(path, framework="pt") as stored:
                metadata = stored.metadata() or {}
                made = [TrainingSettings.model_validate(one) for one in json.loads(metadata["settings"])]
                weights = {key: stored.get_tensor(key) for key in stored.keys()}  # noqa: SIM118 - not a dict
                records: list[Record] = json.loads(metadata["records"])
        except (SafetensorError, OSError, KeyError, ValueError, ValidationError) as error:
            raise DataError(
                f"{path}: not a usable stage ({quoted(error)}); delete it to make it anew."
            ) from error
        if made != list(self._stages[: number + 1]):
            raise DataError(
                f"{path}: is of a training with other stages; delete it, or train with the settings it has."
            )
        return records, weights

    def finish(self, records: Sequence[Record], weights: Mapping[str, Tensor]) -> None:
        """Keep the weights of the last of the stages that are done, and drop its checkpoint."""
        number = len(records) - 1
        made = [stage.model_dump(mode="json") for stage in self._stages[: number + 1]]
        about = {"settings": json.dumps(made), "records": json.dumps(list(records))}
        save_atomically(weights, self._weights(number), about)
        self.checkpoint(number).unlink(missing_ok=True)

    def remove(self) -> None:
        """Remove all of them."""
        for number in range(len(self._stages)):
            self.checkpoint(number).unlink(missing_ok=True)
            self._weights(number).unlink(missing_ok=True)
