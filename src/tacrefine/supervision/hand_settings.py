"""What every loop with a hand has in common and a user may set: how fingers close, come to rest and open."""

from __future__ import annotations

from dataclasses import dataclass

from tacrefine.parameters import parameter
from tacrefine.supervision.motion_settings import MotionSettings

FROZEN = (
    "message time after which readings that do not change are frozen: of a pad that is noisy by nature, of one that "
    "feels something while its finger moves, of all if the sequence number stands; 0: never"
)


@dataclass(frozen=True)
class HandSettings(MotionSettings):
    """Durations, tolerances and one named timeout for each phase."""

    hand_interface: str = parameter(
        "topic",
        "",
        "how finger positions are sent. topic: JointTrajectory on joint_trajectory; action: follow_joint_trajectory, "
        "which needs control_msgs; forward: Float64MultiArray on commands, interpolated here",
        choices=("topic", "action", "forward"),
    )
    hand_controller: str = parameter(
        "hand", "", "name of the hand's controller, before its topics and actions"
    )
    hand_joints: str = parameter(
        "",
        "",
        "actuated joints in the order of a forward controller, separated by commas; empty: as in the hand's YAML",
    )
    frames_per_grasp: int = parameter(
        5, "", "readings of one grasp that are waited for before the hand opens again", low=1, high=200
    )
    close_duration: float = parameter(
        2.0,
        "s",
        "closing duration: time in which the fingers follow a trajectory from open to closed",
        low=0.05,
        high=30.0,
    )
    open_duration: float = parameter(
        0.7,
        "s",
        "opening duration: time in which the fingers follow a trajectory from closed to open",
        low=0.05,
        high=30.0,
    )
    open_tolerance: float = parameter(
        0.08, "rad", "distance to the open posture that counts as open", low=1e-3, high=1.0
    )
    settled_speed: float = parameter(
        0.05, "rad/s", "joint speed below which the hand is at rest", low=1e-4, high=1.0
    )
    settled_window: float = parameter(
        0.2, "s", "stretch of joint samples that must be at rest", low=0.02, high=5.0
    )
    settle_time: float = parameter(0.2, "s", "further rest before readings count", low=0.0, high=10.0)
    close_timeout: float = parameter(6.0, "s", "until the closing hand is at rest", low=0.1, high=60.0)
    settle_timeout: float = parameter(
        3.0, "s", "until the closed hand has stayed at rest", low=0.1, high=60.0
    )
    sense_timeout: float = parameter(
        3.0, "s", "until enough readings or corrections of the grasp have come", low=0.1, high=60.0
    )
    open_timeout: float = parameter(4.0, "s", "until the hand is open", low=0.1, high=60.0)
    frozen_timeout: float = parameter(0.5, "s", FROZEN, low=0.0, high=60.0)
    allow_missing_finger: bool = parameter(
        True,
        "",
        "go on, degraded, while one finger other than the thumb sends no or frozen readings; else the goal ends",
    )
