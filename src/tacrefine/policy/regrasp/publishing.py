"""Writes a trained regrasp network as a model folder: weights, two ONNX graphs checked against torch, and the card."""

from __future__ import annotations

import json
import os
import warnings
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from tacrefine.errors import ModelError
from tacrefine.gripper import ACTION_SIZE, CAMERA_SIZE, TACTILE_SIZE, State
from tacrefine.policy.card import WEIGHTS, checksum
from tacrefine.policy.exporting import OPSET
from tacrefine.policy.regrasp.network import RegraspNetwork
from tacrefine.policy.regrasp.predictor import (
    ENCODER_GRAPH,
    HEAD_GRAPH,
    STATE_INPUTS,
    RegraspCard,
    RegraspModel,
)
from tacrefine.policy.regrasp.settings import RegraspTraining
from tacrefine.policy.weights import save_atomically
from tacrefine.provenance import code_version

AGREEMENT = 1e-4
"""largest difference between a probability by ONNX Runtime and by torch that an export may show"""


class _Head(nn.Module):
    def __init__(self, network: RegraspNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, features: Tensor, actions: Tensor) -> Tensor:
        return self.network.probability(features, actions)


def publish(
    network: RegraspNetwork,
    settings: RegraspTraining,
    folder: Path,
    command: str,
    data: dict[str, Any],
    figures: dict[str, Any],
) -> RegraspCard:
    """Write the model into `folder` and return its card.

    Raises ModelError where the graphs and torch disagree; the card is then not written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    save_atomically(network.state_dict(), folder / WEIGHTS)
    _write_graphs(network.eval(), folder)
    card = RegraspCard(
        name=settings.name,
        model_id=f"{settings.name}-{checksum(folder / WEIGHTS)[:8]}",
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        code_version=code_version(),
        camera_size=CAMERA_SIZE,
        tactile_size=TACTILE_SIZE,
        network=settings.network.model_dump(),
        parameters=sum(parameter.numel() for parameter in network.parameters()),
        command=command,
        training=json.loads(settings.model_dump_json()),
        data=data,
        figures=figures,
    )
    card.write(folder)
    difference = disagreement(network, folder)
    if difference > AGREEMENT:
        raise ModelError(
            f"{folder}: its graphs differ from the weights by {difference:.1e}, at most {AGREEMENT:.0e} is allowed."
        )
    return card


def _write_graphs(network: RegraspNetwork, folder: Path) -> None:
    state, actions = _example(2)
    _export(
        network, state, {name: {0: "states"} for name in (*STATE_INPUTS, "features")}, folder / ENCODER_GRAPH
    )
    with torch.inference_mode():
        features = network(*state)[:1]
    # Features of one state are broadcast over any number of actions.
    pair = {"features": {0: "states"}, "actions": {0: "actions"}, "probability": {0: "actions"}}
    _export(_Head(network), (features, actions), pair, folder / HEAD_GRAPH)


def _export(
    module: nn.Module, example: tuple[Tensor, ...], axes: dict[str, dict[int, str]], path: Path
) -> None:
    """Write a graph in one atomic step; `axes` names what is open of the inputs and, last, of the output."""
    *inputs, output = axes
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            module.eval(),
            example,
            str(temporary),
            input_names=inputs,
            output_names=[output],
            dynamic_axes=axes,
            opset_version=OPSET,
            dynamo=False,
        )
    os.replace(temporary, path)


def _example(count: int, seed: int = 0) -> tuple[tuple[Tensor, ...], Tensor]:
    """Random states and actions of the right shapes."""
    rng = np.random.default_rng(seed)
    camera, touch = (count, *CAMERA_SIZE, 3), (count, 2, *TACTILE_SIZE, 3)
    images = (rng.integers(0, 256, size, dtype=np.uint8) for size in (camera, camera, touch, touch))
    place = (0.1 * rng.standard_normal((count, 4)), 20 * rng.random((count, 1)))
    tensors = [torch.from_numpy(array) for array in (*images, *(x.astype(np.float32) for x in place))]
    scale = np.array([0.02, 0.02, 0.02, 0.3, 20.0])
    actions = torch.from_numpy((scale * rng.uniform(-1, 1, (count, ACTION_SIZE))).astype(np.float32))
    return tuple(tensors), actions


@torch.inference_mode()
def disagreement(network: RegraspNetwork, folder: Path, count: int = 16) -> float:
    """Largest difference of a probability between the written graphs and torch, over random states and actions."""
    model, (state, actions) = RegraspModel.load(folder), _example(count, seed=1)
    worst = 0.0
    for row in range(count):
        one = tuple(tensor[row : row + 1] for tensor in state)
        wanted = network.probability(network(*one), actions).numpy()
        camera, rest, touch, touch_rest, pose, force = (tensor[0].numpy() for tensor in one)
        features = model.encode(State(camera, rest, touch, touch_rest, pose, float(force[0])))
        worst = max(worst, float(np.abs(model.success(features, actions.numpy()) - wanted).max()))
    return worst
