"""The parameter table of `recorder`."""

from __future__ import annotations

from dataclasses import dataclass

from tacrefine.nodes.core.priority import PRIORITY
from tacrefine.parameters import parameter
from tacrefine.touch.settings import ADAPTER


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
    adapter: str = parameter(
        "", "", f"{ADAPTER}; its topics are recorded, and its text goes into the metadata"
    )
    also: str = parameter("", "", "further topics, separated by commas")
    settled: str = parameter(
        "", "", "settings that say when the hand rests, and joint_state_age, as JSON, for the metadata"
    )
    compress: bool = parameter(False, "", "compress chunks of the bag (zstd)")
    realtime_priority: int = parameter(0, "", PRIORITY, low=0, high=90)
    autostart: bool = parameter(True, "", "configure and activate at start, without a lifecycle manager")
