"""What every loop that moves an arm has in common and a user may set: limits, arrival, watchdogs."""

from __future__ import annotations

from dataclasses import dataclass

from tacrefine.parameters import parameter

WORKSPACE = "side of the box, in the frame of wrist_pose, that wrist and grasp centre may not leave"


@dataclass(frozen=True)
class MotionSettings:
    """Limits of the guard, and how arrival is judged. Distances are measured at the grasp centre."""

    max_step_translation: float = parameter(0.02, "m", "longest single move", low=1e-4, high=0.2)
    max_step_rotation: float = parameter(0.35, "rad", "largest single turn", low=1e-3, high=1.5)
    max_total_translation: float = parameter(
        0.04, "m", "farthest from the start of the goal", low=1e-4, high=0.5
    )
    max_total_rotation: float = parameter(
        0.7, "rad", "farthest turn from the start of the goal", low=1e-3, high=3.0
    )
    linear_speed: float = parameter(0.03, "m/s", "speed of the interpolated wrist target", low=1e-4, high=1.0)
    angular_speed: float = parameter(0.3, "rad/s", "turning speed of the wrist target", low=1e-3, high=3.0)
    linear_acceleration: float = parameter(
        0.5, "m/s^2", "with which the interpolated wrist target starts and stops", low=0.01, high=20.0
    )
    angular_acceleration: float = parameter(5.0, "rad/s^2", "the same for turning", low=0.1, high=200.0)
    linear_jerk: float = parameter(10.0, "m/s^3", "change of that acceleration in time", low=0.1, high=1e4)
    angular_jerk: float = parameter(100.0, "rad/s^3", "the same for turning", low=1.0, high=1e5)
    workspace_x_low: float = parameter(-10.0, "m", WORKSPACE, low=-10.0, high=10.0)
    workspace_x_high: float = parameter(10.0, "m", WORKSPACE, low=-10.0, high=10.0)
    workspace_y_low: float = parameter(-10.0, "m", WORKSPACE, low=-10.0, high=10.0)
    workspace_y_high: float = parameter(10.0, "m", WORKSPACE, low=-10.0, high=10.0)
    workspace_z_low: float = parameter(-10.0, "m", WORKSPACE, low=-10.0, high=10.0)
    workspace_z_high: float = parameter(10.0, "m", WORKSPACE, low=-10.0, high=10.0)
    max_pad_force: float = parameter(
        15.0,
        "N",
        "most that one pad may feel, summed over its taxels, while the hand is closed",
        low=0.1,
        high=1e4,
    )
    max_moving_force: float = parameter(
        4.0, "N", "most that one pad may feel while the arm moves with the hand open", low=0.1, high=1e4
    )
    wrist_jump_position: float = parameter(
        0.03, "m", "change of wrist_pose between two messages that no arm makes", low=1e-3, high=1.0
    )
    wrist_jump_rotation: float = parameter(0.5, "rad", "the same for its orientation", low=0.01, high=3.2)
    path_tolerance_position: float = parameter(
        0.01, "m", "path deviation: farthest that the moving wrist may be off its path", low=1e-4, high=0.5
    )
    path_tolerance_rotation: float = parameter(0.1, "rad", "the same for its orientation", low=1e-3, high=3.2)
    hold_tolerance_position: float = parameter(
        0.005,
        "m",
        "farthest that the wrist may move while the hand opens, closes or holds",
        low=1e-4,
        high=0.5,
    )
    hold_tolerance_rotation: float = parameter(
        0.05, "rad", "the same for its orientation", low=1e-3, high=3.2
    )
    estop_timeout: float = parameter(
        0.0,
        "s",
        "time without a message on estop that counts as pressed; 0: none need come",
        low=0.0,
        high=10.0,
    )
    dry_run: bool = parameter(
        False, "", "publish what would be commanded under dry_run/ and move nothing, neither hand nor arm"
    )
    arrival_position: float = parameter(
        0.0005, "m", "distance to the target that counts as arrived", low=1e-6, high=0.02
    )
    arrival_rotation: float = parameter(
        0.005, "rad", "angle to the target that counts as arrived", low=1e-5, high=0.2
    )
    arrival_speed: float = parameter(
        0.002, "m/s", "speed below which the arm counts as stopped", low=1e-5, high=0.1
    )
    arrival_angular_speed: float = parameter(
        0.02, "rad/s", "turning speed below which the arm counts as stopped", low=1e-4, high=1.0
    )
    arrival_samples: int = parameter(5, "", "consecutive wrist samples that must agree", low=1, high=1000)
    prepare_timeout: float = parameter(
        3.0, "s", "until sensors and policy have answered a new goal", low=0.1, high=60.0
    )
    move_timeout: float = parameter(10.0, "s", "until the arm has arrived", low=0.1, high=120.0)
    finish_timeout: float = parameter(
        3.0, "s", "until the hand has reached the safe state", low=0.1, high=60.0
    )
    sensor_timeout: float = parameter(
        1.0,
        "s",
        "topic timeout of wrist_pose, joint_states and tactile: time without usable messages, by the wall clock",
        low=0.05,
        high=10.0,
    )
    stamp_tolerance: float = parameter(
        1.0, "s", "farthest that stamps may lie from the clock of this node", low=0.01, high=60.0
    )
    heartbeat_timeout: float = parameter(
        1.0,
        "s",
        "time without a heartbeat of the client that ends its goal, once it has sent one; 0: none is waited for",
        low=0.0,
        high=60.0,
    )
