"""Everything about the arm's controller that a user may set."""

from __future__ import annotations

from dataclasses import dataclass

from tacrefine.parameters import parameter

ARM_KINDS = ("cartesian", "servo", "trajectory")
ARM = (
    "kind of arm controller. cartesian: poses on target_frame (FZI cartesian_controllers); servo: poses to MoveIt "
    "Servo; trajectory: joint trajectories (ros2_control), with inverse kinematics on arm_model"
)
ARM_MODEL = (
    "MJCF or URDF of the arm, for arm trajectory: path or name of a shipped one; its meshes are not needed"
)
ARM_JOINT_STATES = "topic of the arm's joint states; joint_states where one topic carries arm and hand"


@dataclass(frozen=True)
class ArmSettings:
    """Parameters of the adapters; the model's only where `arm` is trajectory."""

    arm: str = parameter("cartesian", "", ARM, choices=ARM_KINDS)
    arm_controller: str = parameter(
        "arm",
        "",
        "name of the controller's node, before its topics and services: cartesian_motion_controller, servo_node, ...",
    )
    arm_frame: str = parameter(
        "", "", "base link of the controller, which wrist_pose must be given in; empty: any frame"
    )
    arm_rate: float = parameter(
        100.0, "Hz", "how often poses are sent and phases are judged", low=10.0, high=500.0
    )
    arm_backend: str = parameter(
        "streaming",
        "",
        "for arm cartesian. streaming: send an interpolated target at every tick; waypoint: send the end pose and let "
        "the arm plan",
        choices=("streaming", "waypoint"),
    )
    arm_answer_timeout: float = parameter(
        2.0, "s", "longest wait for an answer of the controller's services or action", low=0.05, high=30.0
    )
    arm_interface: str = parameter(
        "topic",
        "",
        "for arm trajectory. topic: joint_trajectory; action: follow_joint_trajectory, which needs control_msgs",
        choices=("topic", "action"),
    )
    arm_model: str = parameter("", "", ARM_MODEL)
    arm_tip: str = parameter(
        "wrist", "", "site of arm_model, or else body or link, whose pose wrist_pose tells"
    )
    arm_root: str = parameter(
        "", "", "body or link of arm_model that is the frame of wrist_pose; empty: the model's world"
    )
    arm_joints: str = parameter(
        "", "", "joints of the controller, separated by commas; empty: all between root and tip"
    )
    arm_joint_states: str = parameter("arm/joint_states", "", ARM_JOINT_STATES)
    arm_joint_speed: float = parameter(
        0.5,
        "rad/s",
        "fastest that a joint is sent; a URDF's own limit counts if it is lower",
        low=1e-3,
        high=10.0,
    )
    arm_joint_margin: float = parameter(
        0.02, "rad", "distance that joints keep from their limits", low=0.0, high=0.5
    )
    arm_model_position: float = parameter(
        0.01, "m", "largest distance between wrist_pose and the pose that arm_model gives", low=1e-5, high=0.5
    )
    arm_model_rotation: float = parameter(
        0.05, "rad", "largest angle between wrist_pose and the pose that arm_model gives", low=1e-4, high=1.0
    )
