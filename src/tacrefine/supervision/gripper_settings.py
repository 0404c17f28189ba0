"""What a loop with a gripper needs of the gripper and a user may set: forces, width, and when it is done."""

from __future__ import annotations

from dataclasses import dataclass

from tacrefine.parameters import parameter
from tacrefine.supervision.motion_settings import MotionSettings


@dataclass(frozen=True)
class GripperSettings(MotionSettings):
    """Forces, tolerances and timeouts of a force-controlled parallel gripper."""

    gripper_interface: str = parameter(
        "topic",
        "",
        "how openings and forces are sent. topic: JointTrajectory on gripper/command; action: ParallelGripperCommand "
        "on gripper_cmd, which needs control_msgs",
        choices=("topic", "action"),
    )
    gripper_controller: str = parameter(
        "gripper_controller", "", "name of the gripper's controller, before its action"
    )
    gripper_joint: str = parameter("width", "", "joint that the gripper's action commands")
    min_force: float = parameter(
        3.0, "N", "least gripping force that may be used, unless the goal says otherwise", low=0.1, high=200.0
    )
    max_force: float = parameter(
        25.0,
        "N",
        "largest gripping force that may be used, unless the goal says otherwise",
        low=0.1,
        high=200.0,
    )
    open_width: float = parameter(0.1, "m", "opening of the open gripper", low=0.001, high=0.5)
    open_tolerance: float = parameter(
        0.004, "m", "distance to the open width that counts as open", low=1e-4, high=0.1
    )
    settled_speed: float = parameter(
        0.004, "m/s", "speed of the opening below which the gripper is at rest", low=1e-4, high=0.1
    )
    settled_window: float = parameter(
        0.15, "s", "stretch of gripper states that must be at rest", low=0.02, high=5.0
    )
    grip_patience: float = parameter(
        1.0,
        "s",
        "until a resting gripper counts as closed though it does not press as told",
        low=0.0,
        high=30.0,
    )
    open_timeout: float = parameter(4.0, "s", "until the gripper is open", low=0.1, high=60.0)
    close_timeout: float = parameter(5.0, "s", "until the closing gripper is at rest", low=0.1, high=60.0)
