"""The parameter tables of the three nodes; see `tacrefine.refine.parameters` for how a table works."""

from __future__ import annotations

from dataclasses import dataclass

from tacrefine.refine.parameters import parameter
from tacrefine.refine.settings import RefineSettings

PRIORITY = (
    "round-robin real-time priority, 0: ordinary scheduling; without the privilege the node runs as usual"
)
SYNTHESIS = (
    "name or path of the plant whose mechanics are assumed when corrections are refined by simulated touch; "
    "empty: the network alone"
)


@dataclass(frozen=True)
class BridgeParameters:
    """Parameters of `mujoco_bridge`."""

    realtime_priority: int = parameter(5, "", PRIORITY + "; real_time_factor 1 only", low=0, high=90)
    autostart: bool = parameter(True, "", "configure and activate at start, without a lifecycle manager")
    hand: str = parameter("five_finger", "", "name or path of the hand description")
    objects: str = parameter("fifteen", "", "name or path of the object set")
    object: str = parameter("", "", "object at start; empty: the first of the set")
    plant: str = parameter("nominal_elastic", "", "name or path of the plant, with an elastic tactile model")
    seed: int = parameter(0, "", "seed of the simulated robot and its noise", low=0, high=2**31 - 1)
    real_time_factor: float = parameter(
        1.0,
        "",
        "simulated over real time; 0: as fast as possible; anything but 1 publishes /clock",
        low=0.0,
        high=100.0,
    )
    base_frame: str = parameter("base", "", "frame in which wrist poses are given")
    rate: float = parameter(100.0, "Hz", "readings per simulated second", low=1.0, high=500.0)
    arm_linear_speed: float = parameter(
        0.1, "m/s", "fastest that the simulated arm follows", low=1e-4, high=2.0
    )
    arm_angular_speed: float = parameter(
        1.0, "rad/s", "fastest that the simulated arm turns", low=1e-3, high=10.0
    )
    hand_speed: float = parameter(
        1.5, "rad/s", "fastest that the simulated finger drives are led", low=0.01, high=20.0
    )


@dataclass(frozen=True)
class PolicyParameters:
    """Parameters of `policy`."""

    realtime_priority: int = parameter(10, "", PRIORITY, low=0, high=90)
    autostart: bool = parameter(True, "", "configure and activate at start, without a lifecycle manager")
    hand: str = parameter("five_finger", "", "name or path of the hand description")
    model: str = parameter("five_finger", "", "name or path of the model folder")
    backend: str = parameter("onnx", "", "what runs the network", choices=("onnx", "torch"))
    synthesis: str = parameter("", "", SYNTHESIS)
    objects: str = parameter("fifteen", "", "name or path of the object set; only synthesis needs it")
    synthesis_frames: int = parameter(
        10, "", "readings of a grasp at rest that synthesis averages, the newest ones", low=2, high=200
    )
    joint_state_age: float = parameter(
        0.1,
        "s",
        "largest difference between the stamps of joint state and tactile reading",
        low=0.001,
        high=5.0,
    )


@dataclass(frozen=True)
class ServerParameters(RefineSettings):
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


NODE_PARAMETERS = {
    "mujoco_bridge": BridgeParameters,
    "policy": PolicyParameters,
    "refine_server": ServerParameters,
}
