"""Ways to run the trained network. ONNX Runtime is the default; torch is there for comparison."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from tacrefine.documents import quoted
from tacrefine.errors import ModelError
from tacrefine.hands import Hand
from tacrefine.policy.any_hand.layout import HandLayout
from tacrefine.policy.card import FIRST_LAYER, GRAPH, WEIGHTS, ModelCard, verified

INPUTS = ("current_tactile", "current_joints", "target_tactile", "target_joints", "observable")
LAYOUT = ("taxels", "pads")
LAYER = ("kernels", "bias", "moments")
"""what the first layer's graph makes of a LAYOUT"""
ANY_HAND_INPUTS = (
    *("current_forces", "current_poses", "target_forces", "target_poses", "observable"),
    *("pads", *LAYER),
)
OUTPUTS = ("increment", "increment_deviation", "current", "current_deviation")
Array = NDArray[np.float32]


class Backend(Protocol):
    """Batched inference: float32 arrays in the order of INPUTS to float32 arrays in the order of OUTPUTS."""

    def run(self, inputs: tuple[Array, ...]) -> tuple[Array, ...]:
        """Return the network's outputs for a batch of pairs of touches."""
        ...


def onnx_session(path: Path) -> Any:
    """An `onnxruntime.InferenceSession` of one thread; ModelError where the file is no graph that it can run."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(path.read_bytes(), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # ONNX Runtime raises a class of its own for every cause
        raise ModelError(f"{path}: ONNX Runtime cannot load it ({quoted(error)}).") from error


class OnnxBackend:
    """`policy.onnx` in ONNX Runtime, on one thread: at this size more threads only wait for each other."""

    def __init__(self, folder: Path, card: ModelCard) -> None:
        self._session = onnx_session(verified(folder, card, GRAPH))

    def run(self, inputs: tuple[Array, ...]) -> tuple[Array, ...]:
        """Answer a batch."""
        return tuple(self._session.run(list(OUTPUTS), dict(zip(INPUTS, inputs, strict=True))))


class AnyHandBackend:
    """`policy.onnx` of a network for any hand, asked about touch of this one.

    What the hand's layout makes of the first layer is computed once.
    """

    def __init__(self, folder: Path, card: ModelCard, hand: Hand) -> None:
        self._session = onnx_session(verified(folder, card, GRAPH))
        self._layout = layout = HandLayout(hand)
        first = onnx_session(verified(folder, card, FIRST_LAYER))
        made = first.run(list(LAYER), {"taxels": layout.taxels, "pads": layout.pads})
        self._constant = {"pads": layout.pads, **dict(zip(LAYER, made, strict=True))}

    def run(self, inputs: tuple[Array, ...]) -> tuple[Array, ...]:
        """Answer a batch."""
        return self.ask(self.inputs(inputs))

    def inputs(self, inputs: tuple[Array, ...]) -> dict[str, Array]:
        """What the graph is given: forces at places, of readings and joint positions in the order of INPUTS."""
        current, current_joints, target, target_joints, observable = inputs
        n = len(current)
        poses = self._layout.poses(np.concatenate([current_joints, target_joints]))
        arrays = (self._layout.forces(current), poses[:n], self._layout.forces(target), poses[n:], observable)
        return dict(zip(ANY_HAND_INPUTS, arrays, strict=False)) | self._constant

    def ask(self, inputs: dict[str, Array]) -> tuple[Array, ...]:
        """Run the ONNX graph; returns its outputs in order."""
        return tuple(self._session.run(list(OUTPUTS), inputs))


class TorchBackend:
    """`weights.safetensors` in eager torch."""

    def __init__(self, folder: Path, card: ModelCard, hand: Hand | None = None) -> None:
        try:
            import torch

            from tacrefine.policy.weights import load_network
        except ImportError as error:
            raise ModelError(
                "The torch backend needs torch and safetensors: pip install 'tacrefine[train]'."
            ) from error
        self._torch = torch
        self._network = load_network(verified(folder, card, WEIGHTS), card, hand)

    def run(self, inputs: tuple[Array, ...]) -> tuple[Array, ...]:
        """Answer a batch."""
        torch = self._torch
        with torch.inference_mode():
            outputs = self._network(*(torch.from_numpy(np.ascontiguousarray(array)) for array in inputs))
        return tuple(output.numpy() for output in outputs)


BACKENDS = ("onnx", "torch")


def make_backend(name: str, folder: Path, card: ModelCard, hand: Hand) -> Backend:
    """One of BACKENDS on the model in `folder`; ModelError where a file is missing or corrupt."""
    if name == "torch":
        return TorchBackend(folder, card, hand)
    return AnyHandBackend(folder, card, hand) if card.reads_places else OnnxBackend(folder, card)
