"""The parameter tables of the gripper's nodes."""

from __future__ import annotations

from dataclasses import dataclass

from tacrefine.arms.settings import ArmSettings
from tacrefine.parameters import parameter
from tacrefine.regrasp.settings import RegraspSettings

PRIORITY = (
    "round-robin real-time priority, 0: ordinary scheduling; without the privilege the node runs as usual"
)
REGRASP_OBJECT = "object on the table at start; empty: the first of the set; none: an empty table"
REGRASP_MODEL = "name or path of the model folder that predicts how a grasp ends"


@dataclass(frozen=True)
class GripperBridgeParameters:
    """Parameters of `gripper_bridge`."""

    realtime_priority: int = parameter(0, "", PRIORITY + "; real_time_factor 1 only", low=0, high=90)
    autostart: bool = parameter(True, "", "configure and activate at start, without a lifecycle manager")
    regrasp_objects: str = parameter("easy", "", "name or path of the object set")
    regrasp_object: str = parameter("", "", REGRASP_OBJECT)
    seed: int = parameter(0, "", "seed of where the object lies and of the gels", low=0, high=2**31 - 1)
    real_time_factor: float = parameter(
        1.0,
        "",
        "simulated over real time; 0: as fast as possible; anything but 1 publishes /clock",
        low=0.0,
        high=100.0,
    )
    base_frame: str = parameter(
        "table", "", "frame in which poses are given: middle of the table's top, z up"
    )
    rate: float = parameter(
        50.0, "Hz", "readings of pose and gripper per simulated second", low=10.0, high=250.0
    )
    camera_rate: float = parameter(5.0, "Hz", "images of the camera per simulated second", low=0.5, high=50.0)
    tactile_rate: float = parameter(
        15.0, "Hz", "images of each pad per simulated second", low=0.5, high=100.0
    )
    rendering: str = parameter(
        "rays",
        "",
        "what makes the camera's images: rays works everywhere and is what the model was trained on",
        choices=("auto", "egl", "osmesa", "rays"),
    )


@dataclass(frozen=True)
class RegraspServerParameters(ArmSettings, RegraspSettings):
    """Parameters of `regrasp_server`: the loop's settings, its arm and where things lie."""

    arm_controller: str = parameter(
        "gripper/arm", "", "name of the controller's node, before its topics and services"
    )
    arm_joint_states: str = parameter("gripper/arm/joint_states", "", "topic of the arm's joint states")
    realtime_priority: int = parameter(0, "", PRIORITY, low=0, high=90)
    autostart: bool = parameter(True, "", "configure and activate at start, without a lifecycle manager")
    regrasp_model: str = parameter("regrasp_wsg50", "", REGRASP_MODEL)
    actions: str = parameter(
        "actions", "", "name or path of the action box: motions, forces and workspace that the model knows"
    )
    seed: int = parameter(0, "", "seed of the random actions that are asked about", low=0, high=2**31 - 1)
