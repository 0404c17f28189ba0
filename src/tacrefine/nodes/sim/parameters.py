"""The parameter tables of the simulated robots: `mujoco_bridge` and `gripper_bridge`."""

from __future__ import annotations

from dataclasses import dataclass

from tacrefine.arms.settings import ARM_JOINT_STATES
from tacrefine.nodes.core.priority import PRIORITY
from tacrefine.parameters import parameter

FREE_ARM = "free"
CELL = (
    "name or path of the simulated cell, what holds the object and what stands beside it: fixed, rigid_nest, "
    "soft_nest, table, slots"
)
REGRASP_OBJECT = "object on the table at start; empty: the first of the set; none: an empty table"


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
        1.5, "rad/s", "highest speed of the simulated finger drives", low=0.01, high=20.0
    )
    arm: str = parameter(
        FREE_ARM,
        "",
        "free: a wrist that follows arm/target_frame; else name or path of an arm (MJCF, URDF) that follows "
        "arm/joint_trajectory: seven_joint",
    )
    arm_tip: str = parameter("wrist", "", "site, body or link of that arm that carries the hand")
    arm_joint_speed: float = parameter(
        1.0, "rad/s", "fastest that the joints of that arm follow", low=0.01, high=10.0
    )
    arm_joint_states: str = parameter("arm/joint_states", "", ARM_JOINT_STATES)
    cell: str = parameter("fixed", "", CELL)


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
