"""The parameter tables of `policy` and `refine_server`."""

from __future__ import annotations

from dataclasses import dataclass

from tacrefine.arms.settings import ArmSettings
from tacrefine.nodes.core.priority import PRIORITY
from tacrefine.parameters import parameter
from tacrefine.refine.settings import RefineSettings
from tacrefine.supervision.hand_settings import FROZEN
from tacrefine.touch import TouchSettings

MODEL_BASED = (
    "name or path of the plant whose mechanics are assumed when corrections are refined by simulated touch; "
    "empty: the network alone"
)


@dataclass(frozen=True)
class PolicyParameters(TouchSettings):
    """Parameters of `policy`."""

    realtime_priority: int = parameter(10, "", PRIORITY, low=0, high=90)
    autostart: bool = parameter(True, "", "configure and activate at start, without a lifecycle manager")
    hand: str = parameter("five_finger", "", "name or path of the hand description")
    model: str = parameter("five_finger", "", "name or path of the model folder")
    backend: str = parameter("onnx", "", "what runs the network", choices=("onnx", "torch"))
    model_based: str = parameter("", "", MODEL_BASED)
    objects: str = parameter(
        "fifteen", "", "name or path of the object set; only model-based refinement needs it"
    )
    model_based_frames: int = parameter(
        10,
        "",
        "readings of a grasp at rest that model-based refinement averages, the newest ones",
        low=2,
        high=200,
    )
    frozen_timeout: float = parameter(0.5, "s", FROZEN, low=0.0, high=60.0)


@dataclass(frozen=True)
class ServerParameters(ArmSettings, RefineSettings, TouchSettings):
    """Parameters of `refine_server`: the loop's settings and where things lie."""

    realtime_priority: int = parameter(0, "", PRIORITY, low=0, high=90)
    autostart: bool = parameter(True, "", "configure and activate at start, without a lifecycle manager")
    hand: str = parameter("five_finger", "", "name or path of the hand description")
    objects: str = parameter("fifteen", "", "name or path of the object set")
    targets_folder: str = parameter("~/.ros/tacrefine/targets", "", "folder of the captured targets")
    capture_frames: int = parameter(10, "", "tactile messages averaged by capture_target", low=1, high=1000)
    capture_timeout: float = parameter(
        3.0, "s", "until capture_target has seen enough readings", low=0.1, high=60.0
    )
    tactile_timeout: float = parameter(
        0.5, "s", "age from which tactile messages are called stale", low=0.01, high=10.0
    )
