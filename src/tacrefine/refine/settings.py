"""Everything about the refinement loop that a user may set."""

from __future__ import annotations

from dataclasses import dataclass

from tacrefine.refine.parameters import parameter

WORKSPACE = "side of the box, in the frame of wrist_pose, that wrist and grasp centre may not leave"


@dataclass(frozen=True)
class RefineSettings:
    """Limits, tolerances and one named timeout a phase. Distances are measured at the grasp centre."""

    max_steps: int = parameter(
        5, "", "corrections before giving up, unless the goal says otherwise", low=1, high=50
    )
    position_tolerance: float = parameter(
        0.0015, "m", "remaining position error that counts as reached", low=1e-5, high=0.05
    )
    rotation_tolerance: float = parameter(
        0.025, "rad", "remaining rotation error that counts as reached", low=1e-4, high=0.5
    )
    frames_per_grasp: int = parameter(5, "", "corrections of one grasp that are fused", low=1, high=200)

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
    estop_timeout: float = parameter(
        0.0, "s", "silence of estop that counts as pressed; 0: the topic may be silent", low=0.0, high=10.0
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
    arrival_speed: float = parameter(0.002, "m/s", "speed that counts as standing", low=1e-5, high=0.1)
    arrival_angular_speed: float = parameter(
        0.02, "rad/s", "turning speed that counts as standing", low=1e-4, high=1.0
    )
    arrival_samples: int = parameter(5, "", "consecutive wrist samples that must agree", low=1, high=1000)

    arm_repeatability_position: float = parameter(
        0.0001,
        "m",
        "of the arm's data sheet: what a move may miss without the arm noticing; less is not worth one",
        low=0.0,
        high=0.01,
    )
    arm_repeatability_rotation: float = parameter(
        0.0017, "rad", "the same for its orientation", low=0.0, high=0.1
    )

    close_duration: float = parameter(
        2.0, "s", "time in which the fingers are led from open to closed", low=0.05, high=30.0
    )
    open_duration: float = parameter(
        0.7, "s", "time in which the fingers are led from closed to open", low=0.05, high=30.0
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
    settle_time: float = parameter(0.2, "s", "further rest before corrections count", low=0.0, high=10.0)

    prepare_timeout: float = parameter(
        3.0, "s", "until sensors and policy have answered a new goal", low=0.1, high=60.0
    )
    close_timeout: float = parameter(6.0, "s", "until the closing hand is at rest", low=0.1, high=60.0)
    settle_timeout: float = parameter(
        3.0, "s", "until the closed hand has stayed at rest", low=0.1, high=60.0
    )
    sense_timeout: float = parameter(3.0, "s", "until enough corrections have come", low=0.1, high=60.0)
    refined_timeout: float = parameter(
        0.0,
        "s",
        "longest wait for a refined correction of a grasp, by the wall clock; where none comes, the others decide",
        low=0.0,
        high=10.0,
    )
    open_timeout: float = parameter(4.0, "s", "until the hand is open", low=0.1, high=60.0)
    move_timeout: float = parameter(10.0, "s", "until the arm has arrived", low=0.1, high=120.0)
    finish_timeout: float = parameter(
        3.0, "s", "until the hand has reached the safe state", low=0.1, high=60.0
    )
    sensor_timeout: float = parameter(
        1.0, "s", "longest silence of wrist_pose or joint_states, by the wall clock", low=0.05, high=10.0
    )
