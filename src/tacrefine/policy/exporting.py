"""The trained network as ONNX, checked against torch before anyone relies on it."""

from __future__ import annotations

import os
import shutil
import warnings
from pathlib import Path

import numpy as np
import torch

from tacrefine.errors import ModelError
from tacrefine.hands import load_hand
from tacrefine.policy.any_hand.bound import HandNetwork
from tacrefine.policy.any_hand.layout import PAD_FEATURES, POSE_FEATURES, TAXEL_FEATURES
from tacrefine.policy.any_hand.network import AnyHandNetwork
from tacrefine.policy.backends import (
    ANY_HAND_INPUTS,
    INPUTS,
    LAYER,
    LAYOUT,
    OUTPUTS,
    AnyHandBackend,
    OnnxBackend,
    TorchBackend,
)
from tacrefine.policy.card import CARD, FIRST_LAYER, GRAPH, WEIGHTS, ModelCard, read_card, verified
from tacrefine.policy.networks import Network
from tacrefine.policy.placing import replaced_at_once
from tacrefine.policy.weights import load_network

OPSET = 17
BATCH = {0: "batch"}
LAYOUT_AXES = {"taxels": {0: "pads", 1: "taxels"}, "pads": {0: "pads"}}
LAYER_AXES = {"kernels": {0: "pads", 1: "weights"}, "bias": {0: "pads"}, "moments": {0: "pads", 1: "taxels"}}
ANY_HAND_AXES = {
    **{name: {0: "batch", 1: "pads", 2: "taxels"} for name in ("current_forces", "target_forces")},
    **{name: {0: "batch", 1: "pads"} for name in ("current_poses", "target_poses")},
    "observable": BATCH,
    "pads": {0: "pads"},
    **LAYER_AXES,
}
AGREEMENT = 1e-5
"""m and rad: largest difference between ONNX Runtime and torch that an export may show"""


def write_graphs(network: Network, card: ModelCard, folder: Path) -> None:
    """Write `network` as ONNX with a free batch size, each file in one atomic step."""
    if isinstance(network, HandNetwork):
        _write_any_hand(network.core, folder)
        return
    taxels, joints = sum(rows * cols for _, rows, cols in card.pads), len(card.joints)
    example = tuple(torch.rand(2, size) for size in (taxels, joints, taxels, joints, 6))
    axes = dict.fromkeys((*INPUTS, *OUTPUTS), BATCH)
    _write(network, example, (INPUTS, OUTPUTS), axes, folder / GRAPH)


def _write_any_hand(core: AnyHandNetwork, folder: Path) -> None:
    """The graph that any hand asks, and the one that it asks once, for its first layer."""
    layout = (torch.rand(3, 8, TAXEL_FEATURES), torch.rand(3, PAD_FEATURES))
    with torch.no_grad():
        layer = core.first_layer(*layout)
    grasp = (torch.rand(2, 3, 8), torch.rand(2, 3, POSE_FEATURES))
    example = (*grasp, *grasp, torch.ones(2, 6), layout[1], *layer)
    axes = ANY_HAND_AXES | dict.fromkeys(OUTPUTS, BATCH)
    _write(core, example, (ANY_HAND_INPUTS, OUTPUTS), axes, folder / GRAPH)
    _write(_FirstLayer(core), layout, (LAYOUT, LAYER), LAYOUT_AXES | LAYER_AXES, folder / FIRST_LAYER)


class _FirstLayer(torch.nn.Module):
    """The first layer alone, as a module that can be exported."""

    def __init__(self, core: AnyHandNetwork) -> None:
        super().__init__()
        self.core = core

    def forward(self, taxels: torch.Tensor, pads: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """What the layout makes of the first layer."""
        return tuple(self.core.first_layer(taxels, pads))


def _write(
    module: torch.nn.Module,
    example: tuple[torch.Tensor, ...],
    names: tuple[tuple[str, ...], tuple[str, ...]],
    axes: dict[str, dict[int, str]],
    path: Path,
) -> None:
    """Write one graph; `names` of its inputs and outputs, `axes` that are free."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            module.eval(),
            example,
            str(temporary),
            input_names=list(names[0]),
            output_names=list(names[1]),
            dynamic_axes=axes,
            opset_version=OPSET,
            dynamo=False,
        )
    os.replace(temporary, path)


def export_model(folder: Path) -> float:
    """Rewrite the ONNX graphs from the weights, update the card, and return the largest disagreement (m, rad).

    Raises ModelError when the weights are corrupt or the two backends disagree; the model is then as it was.
    """
    read_card(folder)
    with replaced_at_once(folder, (*ModelCard.files, CARD)) as staging:
        if staging.resolve() != folder.resolve():
            for name in (CARD, WEIGHTS):
                if (folder / name).exists():
                    shutil.copy2(folder / name, staging / name)
        return rewrite_graph(staging)


def rewrite_graph(folder: Path) -> float:
    """As :func:`export_model`, in a folder that nobody uses yet."""
    card = read_card(folder)
    write_graphs(load_network(verified(folder, card, WEIGHTS), card), card, folder)
    card.write(folder)
    difference = disagreement(folder, card)
    if difference > AGREEMENT:
        raise ModelError(
            f"{folder / GRAPH}: differs from the weights by {difference:.1e} m or rad, "
            f"at most {AGREEMENT:.0e} is allowed."
        )
    return difference


def disagreement(folder: Path, card: ModelCard, count: int = 64) -> float:
    """Largest difference between ONNX Runtime and torch over random touches, in m and rad."""
    rng = np.random.default_rng(0)
    hand = None
    if card.reads_places:
        hand = load_hand()
        taxels, joints = hand.taxel_count, len(hand.joint_names)
    else:
        taxels, joints = sum(rows * cols for _, rows, cols in card.pads), len(card.joints)
    touches = [rng.random((count, taxels)) ** 4, rng.random((count, joints))]
    inputs = [*touches, *(array[::-1] for array in touches), rng.random((count, 6)) > 0.5]
    arrays = tuple(np.ascontiguousarray(array, np.float32) for array in inputs)
    onnx = OnnxBackend(folder, card) if hand is None else AnyHandBackend(folder, card, hand)
    pairs = zip(onnx.run(arrays), TorchBackend(folder, card, hand).run(arrays), strict=True)
    return float(max(np.abs(a - b).max() for a, b in pairs))


__all__ = ["AGREEMENT", "disagreement", "export_model", "rewrite_graph", "write_graphs"]
