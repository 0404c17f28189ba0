"""The parameter tables of the nodes; see `tacrefine.parameters` for how a table works."""

from __future__ import annotations

from dataclasses import dataclass

from tacrefine.arms.settings import ARM_JOINT_STATES, ArmSettings
from tacrefine.bringup.gripper_parameters import PRIORITY, GripperBridgeParameters, RegraspServerParameters
from tacrefine.parameters import parameter
from tacrefine.refine.settings import FROZEN, RefineSettings

FREE_ARM = "free"
DRIVERS = ("inspire_rh56dftp", "paxini", "optical", "replay")
DEVICE = (
    "where the device is: host:port (inspire_rh56dftp), serial port (paxini), camera number, path or video file "
    "(optical), bag (replay); empty: the usual place"
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
    scene: str = parameter(
        "",
        "",
        "path of a scene (YAML) with slots, in which the object can be released to the hand and carried away; "
        "empty: the object is fixed",
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
    frozen_timeout: float = parameter(0.5, "s", FROZEN, low=0.0, high=60.0)


@dataclass(frozen=True)
class ServerParameters(ArmSettings, RefineSettings):
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


@dataclass(frozen=True)
class DriverParameters:
    """Parameters of `driver`: first what all drivers share, then what only one reads, with its name in front."""

    driver: str = parameter("inspire_rh56dftp", "", "which device", choices=DRIVERS)
    device: str = parameter("", "", DEVICE)
    realtime_priority: int = parameter(0, "", PRIORITY, low=0, high=90)
    autostart: bool = parameter(True, "", "configure and activate at start, without a lifecycle manager")
    hand: str = parameter("five_finger", "", "name or path of the hand description")
    rate: float = parameter(
        100.0, "Hz", "readings per second, where the device allows it", low=0.1, high=500.0
    )
    timeout: float = parameter(
        0.5, "s", "until an answer of the device counts as missing", low=0.01, high=30.0
    )
    retry_first: float = parameter(
        0.5, "s", "wait before the first reconnection; doubles each time", low=0.01, high=60.0
    )
    retry_longest: float = parameter(5.0, "s", "longest wait between reconnections", low=0.01, high=600.0)
    tare_frames: int = parameter(20, "", "readings averaged by tare", low=1, high=1000)
    tare_timeout: float = parameter(10.0, "s", "until tare has seen enough readings", low=0.1, high=60.0)
    dead_taxels: str = parameter(
        "",
        "",
        "taxels published as NaN, as pad:index counted from 0, for example 'little_tip:3, little_tip:6'",
    )
    paxini_pads: str = parameter(
        "1:tip", "", "pads by connector of the control box, for example '1:index_tip, 2:thumb_tip'"
    )
    optical_model: str = parameter(
        "any", "", "which fingertip, for its camera mode", choices=("gelsight_mini", "digit", "any")
    )
    optical_frame: str = parameter("optical_fingertip", "", "frame_id of the images")
    inspire_unit: int = parameter(1, "", "Modbus unit of the hand", low=0, high=255)
    inspire_force_limit: int = parameter(
        500, "g", "FORCE_SET of every drive, sent at each connection", low=0, high=3000
    )
    inspire_speed: int = parameter(500, "", "SPEED_SET of every drive, of 1000", low=1, high=1000)
    inspire_joint_speed: float = parameter(
        1.5, "rad/s", "fastest that set points are led along a trajectory", low=0.01, high=20.0
    )
    replay_speed: float = parameter(
        1.0, "", "bag time over real time, 0: as fast as possible", low=0.0, high=1000.0
    )
    replay_loop: bool = parameter(False, "", "begin again at the end of the bag; its clock is set back then")
    replay_wrist: bool = parameter(False, "", "publish wrist_pose too")
    replay_stamps: str = parameter(
        "original",
        "",
        "original: stamps as recorded, and /clock tells the time of the recording; now: as if read now, never with a "
        "robot that can move",
        choices=("original", "now"),
    )


@dataclass(frozen=True)
class RecorderParameters:
    """Parameters of `recorder`."""

    bag: str = parameter(
        "", "", "folder to write, which must not exist; empty: tacrefine_ with date and time"
    )
    hand: str = parameter("five_finger", "", "name or path of the hand description, for the metadata")
    object: str = parameter(
        "", "", "name of the grasped object, for the metadata; empty: as grasp_target says"
    )
    object_fixed: bool = parameter(
        False, "", "note in the metadata that the object does not move during the recording"
    )
    also: str = parameter("", "", "further topics, separated by commas")
    compress: bool = parameter(False, "", "compress chunks of the bag (zstd)")
    realtime_priority: int = parameter(0, "", PRIORITY, low=0, high=90)
    autostart: bool = parameter(True, "", "configure and activate at start, without a lifecycle manager")


NODE_PARAMETERS = {
    "mujoco_bridge": BridgeParameters,
    "policy": PolicyParameters,
    "refine_server": ServerParameters,
    "driver": DriverParameters,
    "recorder": RecorderParameters,
    "gripper_bridge": GripperBridgeParameters,
    "regrasp_server": RegraspServerParameters,
}
