"""The parameter table of `driver`."""

from __future__ import annotations

from dataclasses import dataclass

from tacrefine.nodes.core.priority import PRIORITY
from tacrefine.parameters import parameter
from tacrefine.touch.settings import ADAPTER

DRIVERS = (
    "inspire_rh56dftp",
    "paxini",
    "paxini_gen3",
    "robotiq_tsf85",
    "optical",
    "optical_taxels",
    "replay",
)
DEVICE = (
    "where the device is: host:port (inspire_rh56dftp), serial port (paxini, paxini_gen3, robotiq_tsf85), camera "
    "number, path or video file (optical, optical_taxels), bag (replay); empty: the usual place"
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
    gen3_board: str = parameter(
        "hand",
        "",
        "PaXini GEN3: hand for the High-Speed Communication Board, single for the Serial Converter Board",
        choices=("hand", "single"),
    )
    gen3_pads: str = parameter(
        "Thumb-Tip:thumb_tip:PXSR-STDDP03D",
        "",
        "sensors of a GEN3 board as module:pad:model, model a part code or the number of taxels; with gen3_board "
        "single one entry, module 1",
    )
    gen3_shear: bool = parameter(
        True,
        "",
        "publish three force components of each taxel; false: the normal one, for a hand whose pads have one",
    )
    robotiq_pads: str = parameter("left_tip, right_tip", "", "pads of the Robotiq fingers 0 and 1")
    optical_model: str = parameter(
        "any", "", "which fingertip, for its camera mode", choices=("gelsight_mini", "digit", "any")
    )
    optical_frame: str = parameter("optical_fingertip", "", "frame_id of the images")
    optical_calibration: str = parameter("", "", "file of 'tacrefine calibrate-optical' (optical_taxels)")
    optical_pad: str = parameter("tip", "", "name of the pad that the gel is (optical_taxels)")
    inspire_map: str = parameter("inspire_rh56dftp", "", "name or path of the register map of the hand")
    inspire_unit: int = parameter(1, "", "Modbus unit of the hand", low=0, high=255)
    inspire_force_limit: int = parameter(
        500, "g", "FORCE_SET of every drive, sent at each connection", low=0, high=3000
    )
    inspire_speed: int = parameter(500, "", "SPEED_SET of every drive, of 1000", low=1, high=1000)
    inspire_joint_speed: float = parameter(
        1.5, "rad/s", "fastest that set points move along a trajectory", low=0.01, high=20.0
    )
    adapter: str = parameter(
        "", "", f"{ADAPTER}; replay publishes what it reads through it under the usual names"
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
