"""Everything about the regrasp loop that a user may set."""

from __future__ import annotations

from dataclasses import dataclass

from tacrefine.parameters import parameter
from tacrefine.regrasp.defaults import (
    APPROACHES,
    BLOCKED_DISTANCE,
    FORCE_MARGIN,
    LIFT_ABOVE,
    LOST_BELOW,
    PROBE_FORCE,
    TRIAL_LIFT,
    TRIAL_TIME,
    TRIES,
)
from tacrefine.supervision.gripper_settings import GripperSettings
from tacrefine.vision.optics import Camera

CAMERA_POSE = "of the camera, in the frame of gripper/tcp_pose"


@dataclass(frozen=True)
class RegraspSettings(GripperSettings):
    """Limits, forces and one named timeout a phase. The grasp centre is the wrist: gripper/tcp_pose tells its pose."""

    max_step_translation: float = parameter(0.5, "m", "longest single move", low=1e-3, high=2.0)
    max_step_rotation: float = parameter(3.2, "rad", "largest single turn", low=1e-3, high=3.2)
    max_total_translation: float = parameter(
        0.6, "m", "farthest from the start of the goal", low=1e-3, high=2.0
    )
    max_total_rotation: float = parameter(
        3.2, "rad", "farthest turn from the start of the goal", low=1e-3, high=3.2
    )
    wrist_jump_position: float = parameter(
        0.15, "m", "change of gripper/tcp_pose between two messages that no arm makes", low=1e-3, high=1.0
    )
    linear_speed: float = parameter(0.15, "m/s", "speed of the interpolated wrist target", low=1e-4, high=1.0)
    angular_speed: float = parameter(1.5, "rad/s", "turning speed of the wrist target", low=1e-3, high=3.0)
    linear_acceleration: float = parameter(
        1.0, "m/s^2", "with which the interpolated wrist target starts and stops", low=0.01, high=20.0
    )
    angular_acceleration: float = parameter(10.0, "rad/s^2", "the same for turning", low=0.1, high=200.0)
    linear_jerk: float = parameter(20.0, "m/s^3", "change of that acceleration in time", low=0.1, high=1e4)
    angular_jerk: float = parameter(200.0, "rad/s^3", "the same for turning", low=1.0, high=1e5)
    arrival_position: float = parameter(
        0.002, "m", "distance to the target that counts as arrived", low=1e-6, high=0.02
    )
    arrival_rotation: float = parameter(
        0.02, "rad", "angle to the target that counts as arrived", low=1e-5, high=0.2
    )
    arrival_speed: float = parameter(
        0.01, "m/s", "speed below which the arm counts as stopped", low=1e-5, high=0.1
    )
    arrival_angular_speed: float = parameter(
        0.1, "rad/s", "turning speed below which the arm counts as stopped", low=1e-4, high=1.0
    )
    max_pad_force: float = parameter(
        40.0, "N", "most that one pad may feel while the gripper is closed", low=0.1, high=1e4
    )
    max_moving_force: float = parameter(
        20.0, "N", "most that one pad may feel while the open gripper moves", low=0.1, high=1e4
    )

    tries: int = parameter(
        TRIES,
        "",
        "grasps that the model may choose before giving up, unless the goal says otherwise",
        low=1,
        high=50,
    )
    lift_probability: float = parameter(
        LIFT_ABOVE, "", "predicted success above which a grasp is lifted", low=0.0, high=1.0
    )
    lift_last: bool = parameter(
        True,
        "",
        "lift the last try, first as a trial, even if it promises less than lift_probability",
    )
    lost_below: float = parameter(
        LOST_BELOW,
        "",
        "probability of the best action below which the object is looked for from above again; 0: never",
        low=0.0,
        high=0.99,
    )
    approaches: int = parameter(
        APPROACHES,
        "",
        "approaches from above at most, the first included; those after a failed lift do not count",
        low=1,
        high=50,
    )
    look_again: bool = parameter(
        True, "", "judge a chosen grasp once more by what is felt when it is closed, before it is lifted"
    )
    probe_force: float = parameter(
        PROBE_FORCE,
        "N",
        "gripping force of the first, gentle grasp; within what goal and model allow",
        low=0.1,
        high=200.0,
    )
    clear_height: float = parameter(
        0.24,
        "m",
        "height at which the gripper hits no object and hides none from the camera",
        low=0.0,
        high=2.0,
    )
    trial_lift: float = parameter(
        TRIAL_LIFT,
        "m",
        "how far a grasp is lifted first, to feel and see whether the object comes along; 0: all the way at once",
        low=0.0,
        high=0.2,
    )
    trial_time: float = parameter(TRIAL_TIME, "s", "wait in a trial lift", low=0.0, high=10.0)
    force_margin: float = parameter(
        FORCE_MARGIN,
        "",
        "how many times the least force that promises enough is used for the objective min_force",
        low=1.0,
        high=5.0,
    )
    lift_height: float = parameter(0.12, "m", "how far an object is lifted", low=0.005, high=1.0)
    hold_time: float = parameter(4.0, "s", "wait in the air before both pads are checked", low=0.0, high=60.0)

    image_timeout: float = parameter(
        2.0, "s", "topic timeout of the image streams, and greatest age of an image", low=0.05, high=30.0
    )
    blocked_timeout: float = parameter(
        1.5,
        "s",
        "until an open gripper that stands short of its pose, on the object say, closes there",
        low=0.1,
        high=60.0,
    )
    blocked_distance: float = parameter(
        BLOCKED_DISTANCE,
        "m",
        "how far short of its pose it may stand then; farther is a failure",
        low=0.0,
        high=0.5,
    )

    camera_x: float = parameter(Camera.position[0], "m", f"position {CAMERA_POSE}", low=-5.0, high=5.0)
    camera_y: float = parameter(Camera.position[1], "m", f"position {CAMERA_POSE}", low=-5.0, high=5.0)
    camera_z: float = parameter(Camera.position[2], "m", f"position {CAMERA_POSE}", low=-5.0, high=5.0)
    camera_target_x: float = parameter(
        Camera.target[0], "m", f"point on the optical axis {CAMERA_POSE}", low=-5.0, high=5.0
    )
    camera_target_y: float = parameter(
        Camera.target[1], "m", f"point on the optical axis {CAMERA_POSE}", low=-5.0, high=5.0
    )
    camera_target_z: float = parameter(
        Camera.target[2], "m", f"point on the optical axis {CAMERA_POSE}", low=-5.0, high=5.0
    )
    camera_focal: float = parameter(Camera.focal, "pixel", "focal length", low=10.0, high=1e4)

    @property
    def camera(self) -> Camera:
        """Where the camera stands."""
        return Camera(
            position=(self.camera_x, self.camera_y, self.camera_z),
            target=(self.camera_target_x, self.camera_target_y, self.camera_target_z),
            focal=self.camera_focal,
        )
