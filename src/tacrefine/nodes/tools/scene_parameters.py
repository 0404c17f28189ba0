"""The parameter table of `scene_publisher`."""

from __future__ import annotations

from dataclasses import dataclass

from tacrefine.nodes.core.priority import PRIORITY
from tacrefine.parameters import parameter
from tacrefine.touch.settings import TouchSettings

TF_PREFIX = "what stands before the names of all frames of the hand, for example left/"


@dataclass(frozen=True)
class SceneParameters(TouchSettings):
    """Parameters of `scene_publisher`."""

    hand: str = parameter("five_finger", "", "name or path of the hand description")
    tf_prefix: str = parameter("", "", TF_PREFIX)
    publish_links: bool = parameter(
        True, "", "publish frames of links, pads and grasp centre; false where robot_state_publisher does"
    )
    publish_wrist: bool = parameter(
        True, "", "publish the frame of the wrist as wrist_pose tells it; false where TF has it already"
    )
    publish_description: bool = parameter(True, "", "publish robot_description (URDF), latched")
    publish_markers: bool = parameter(
        True, "", "publish markers for RViz and Foxglove while somebody listens"
    )
    rate: float = parameter(20.0, "Hz", "how often frames are published", low=1.0, high=100.0)
    marker_rate: float = parameter(10.0, "Hz", "how often markers are published", low=0.5, high=50.0)
    marker_top: float = parameter(
        0.5, "", "reading at which the colours end, as a share of full scale", low=0.01, high=1.0
    )
    estimate_timeout: float = parameter(
        60.0,
        "s",
        "how long grasp_target and object_in_hand go on being published after the newest estimate",
        low=0.1,
        high=3600.0,
    )
    scene_arm: str = parameter(
        "",
        "",
        "MJCF or URDF of the arm to show with the hand, path or name of a shipped one; then the arm's joints place the "
        "wrist; empty: the hand alone",
    )
    scene_arm_tip: str = parameter("wrist", "", "site, body or link of the arm that the wrist is fixed to")
    arm_joint_states: str = parameter("arm/joint_states", "", "topic of the arm's joint states")
    realtime_priority: int = parameter(0, "", PRIORITY, low=0, high=90)
    autostart: bool = parameter(True, "", "configure and activate at start, without a lifecycle manager")
