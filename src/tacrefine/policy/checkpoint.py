"""State of an interrupted training, as one safetensors file that is replaced atomically."""

from __future__ import annotations

from pathlib import Path

import torch
from pydantic import ValidationError
from safetensors import SafetensorError, safe_open
from torch import Tensor, nn

from tacrefine.documents import quoted
from tacrefine.errors import DataError
from tacrefine.policy.settings import TrainingSettings
from tacrefine.policy.weights import save_atomically

CHECKPOINT = "checkpoint.safetensors"
MOMENTS = ("exp_avg", "exp_avg_sq", "step")


def save_checkpoint(
    path: Path,
    step: int,
    settings: str,
    network: nn.Module,
    average: dict[str, Tensor],
    optimizer: torch.optim.AdamW,
) -> None:
    """`step` updates are done; `settings` is the run's JSON, by which a resume knows that it is the same run."""
    tensors = {f"network.{key}": value for key, value in network.state_dict().items()}
    tensors |= {f"average.{key}": value for key, value in average.items()}
    for name, parameter in network.named_parameters():
        # A parameter that nothing was learned about has none.
        for key, value in optimizer.state[parameter].items():
            tensors[f"optimizer.{key}.{name}"] = value
    save_atomically(
        {k: v.clone() for k, v in tensors.items()}, path, {"step": str(step), "settings": settings}
    )


def load_checkpoint(
    path: Path, settings: str, network: nn.Module, average: dict[str, Tensor], optimizer: torch.optim.AdamW
) -> int:
    """Put a checkpoint back and return its step; DataError where it is unreadable or of another run."""
    try:
        with safe_open(path, framework="pt") as stored:
            metadata = stored.metadata() or {}
            if not _same_run(metadata.get("settings", ""), settings):
                raise DataError(
                    f"{path}: is of a run with other settings; delete it, or train with the settings it has."
                )
            tensors = {key: stored.get_tensor(key) for key in stored.keys()}  # noqa: SIM118 - not a dict
            network.load_state_dict(
                {k.removeprefix("network."): v for k, v in tensors.items() if k.startswith("network.")}
            )
            for key in average:
                average[key].copy_(tensors[f"average.{key}"])
            for name, parameter in network.named_parameters():
                if any(f"optimizer.{key}.{name}" in tensors for key in MOMENTS):
                    optimizer.state[parameter] = {
                        key: tensors[f"optimizer.{key}.{name}"].clone() for key in MOMENTS
                    }
            return int(metadata["step"])
    except (SafetensorError, OSError, KeyError, RuntimeError, ValueError) as error:
        raise DataError(
            f"{path}: not a usable checkpoint ({quoted(error)}); delete it to start anew."
        ) from error


def _same_run(stored: str, wanted: str) -> bool:
    """Compared as settings, not as text: one that came with a newer version has its default in an older checkpoint."""
    try:
        return TrainingSettings.model_validate_json(stored) == TrainingSettings.model_validate_json(wanted)
    except ValidationError:
        return False
