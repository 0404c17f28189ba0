"""Which topics, services and actions each node uses: what a security policy allows it, and what `doctor` expects.

Names are relative to the stack's namespace unless they begin with '/', '~/' stands for the node's own. A test starts
the nodes and compares.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from tacrefine.bags.schemas import RECORDED


@dataclass(frozen=True)
class Interfaces:
    """Names by the direction in which a node uses them."""

    publish: tuple[str, ...] = ()
    subscribe: tuple[str, ...] = ()
    reply: tuple[str, ...] = ()
    """services it answers"""
    request: tuple[str, ...] = ()
    """services it asks"""
    execute: tuple[str, ...] = ()
    """actions it serves"""
    call: tuple[str, ...] = ()
    """actions it asks for"""

    def __or__(self, other: Interfaces) -> Interfaces:
        """Everything of both, each name once, in order."""
        both = {
            f.name: tuple(dict.fromkeys((*getattr(self, f.name), *getattr(other, f.name))))
            for f in fields(Interfaces)
        }
        return Interfaces(**both)


LIFECYCLE = (
    "change_state",
    "get_state",
    "get_available_states",
    "get_available_transitions",
    "get_transition_graph",
)
PARAMETERS = (
    "describe_parameters",
    "get_parameter_types",
    "get_parameters",
    "list_parameters",
    "set_parameters",
    "set_parameters_atomically",
)
ANY_NODE = Interfaces(
    publish=("/rosout", "/parameter_events"),
    subscribe=("/clock",),
    reply=tuple(f"~/{name}" for name in (*PARAMETERS, "get_type_description")),
)
"""what rclpy gives every node"""
OUR_NODE = ANY_NODE | Interfaces(
    publish=("/diagnostics", "~/transition_event"),
    subscribe=("/diagnostics",),  # on which each sees whether it runs twice
    reply=tuple(f"~/{name}" for name in LIFECYCLE),
)
TACTILE, JOINTS, WRIST, CORRECTION, TARGET = (
    "tactile",
    "joint_states",
    "wrist_pose",
    "correction",
    "grasp_target",
)
HEARTBEAT = "refine_grasp/heartbeat"
HAND_COMMANDS = "hand/joint_trajectory"
POLICY = Interfaces(publish=(CORRECTION,), subscribe=(TACTILE, JOINTS, TARGET))
ROBOT = Interfaces(
    publish=(TARGET, HAND_COMMANDS), subscribe=(TACTILE, JOINTS, WRIST, "estop"), reply=("estop_reset",)
)
SERVER = ROBOT | Interfaces(
    subscribe=(CORRECTION, HEARTBEAT), reply=("capture_target",), execute=("refine_grasp",)
)
IMAGES = (
    "camera/color/image_raw",
    "camera/depth/image_raw",
    "gripper/left/image_raw",
    "gripper/right/image_raw",
)
GRIPPER_STATES, GRIPPER_WRIST, GRIPPER_COMMAND = (
    "gripper/joint_states",
    "gripper/wrist_pose",
    "gripper/command",
)
REGRASP = Interfaces(
    publish=(GRIPPER_COMMAND,),
    subscribe=(GRIPPER_WRIST, GRIPPER_STATES, *IMAGES, "estop", "regrasp/heartbeat"),
    reply=("gripper/estop_reset",),
    execute=("regrasp",),
)
GRIPPER_BRIDGE = Interfaces(
    publish=(GRIPPER_WRIST, GRIPPER_STATES, *IMAGES, "camera/color/camera_info", "gripper/sim/object_pose"),
    subscribe=("gripper/arm/target_frame", GRIPPER_COMMAND),
    reply=("gripper/sim/place",),
)
DRIVERS = {
    "inspire_rh56dftp": Interfaces(
        publish=(TACTILE, JOINTS),
        subscribe=(HAND_COMMANDS,),
        reply=("tare", "clear_errors", "calibrate_force"),
    ),
    "paxini": Interfaces(publish=(TACTILE, "tactile_shear"), reply=("tare",)),
    "optical": Interfaces(publish=("image_raw",)),
    "replay": Interfaces(publish=(TACTILE, JOINTS, WRIST, "/clock")),
}
RECORDER = Interfaces(subscribe=tuple(topic.name for topic in RECORDED))
MANAGED = tuple(
    f"{node}/{service}"
    for node in (
        "driver",
        "gripper_bridge",
        "mujoco_bridge",
        "policy",
        "recorder",
        "refine_server",
        "regrasp_server",
    )
    for service in ("change_state", "get_state", "get_parameters", "describe_parameters", "list_parameters")
)
PEOPLE = {
    "planner": ANY_NODE
    | Interfaces(publish=(HEARTBEAT, "regrasp/heartbeat"), call=("refine_grasp", "regrasp")),
    "operator": ANY_NODE
    | Interfaces(
        subscribe=("/diagnostics",),
        request=("capture_target", "tare", "estop_reset", "gripper/estop_reset", *MANAGED),
    ),
    "estop_button": ANY_NODE | Interfaces(publish=("estop",)),
}
"""who else takes part, by the name of the node that a policy expects"""


def interfaces_of(executable: str, parameters: Mapping[str, Any] | None = None) -> Interfaces:
    """What a node of this package uses with these parameters, defaults elsewhere."""
    p = dict(parameters or {})
    if executable == "mujoco_bridge":
        return OUR_NODE | _bridge(p)
    if executable == "policy":
        return OUR_NODE | POLICY
    if executable in ("refine_server", "collector"):
        others = Interfaces(subscribe=("refine_grasp/_action/status",))
        return OUR_NODE | (SERVER if executable == "refine_server" else ROBOT | others) | _arm(p)
    if executable == "regrasp_server":
        return OUR_NODE | REGRASP | _arm({"arm_controller": "gripper/arm", **p})
    if executable == "gripper_bridge":
        return OUR_NODE | GRIPPER_BRIDGE | _time(p)
    if executable == "driver":
        return OUR_NODE | DRIVERS[p.get("driver", "inspire_rh56dftp")]
    if executable == "recorder":
        return OUR_NODE | RECORDER
    return PEOPLE[executable]


def _bridge(parameters: Mapping[str, Any]) -> Interfaces:
    common = Interfaces(
        publish=(TACTILE, JOINTS, WRIST, "sim/ground_truth"),
        subscribe=(HAND_COMMANDS,),
        reply=("sim/reset", "tare"),
    )
    common |= _time(parameters)
    if parameters.get("arm", "free") == "free":
        return common | Interfaces(subscribe=("arm/target_frame",))
    states = parameters.get("arm_joint_states", "arm/joint_states")
    return common | Interfaces(publish=(states,), subscribe=("arm/joint_trajectory",))


def _time(parameters: Mapping[str, Any]) -> Interfaces:
    """A simulation that does not keep to real time tells its own."""
    return Interfaces(publish=() if parameters.get("real_time_factor", 1.0) == 1.0 else ("/clock",))


def _arm(parameters: Mapping[str, Any]) -> Interfaces:
    """The side of the arm's controller; in a dry run what would be commanded goes elsewhere, and only there."""
    kind, name = parameters.get("arm", "cartesian"), parameters.get("arm_controller", "arm")
    command = {"cartesian": "target_frame", "servo": "pose_target_cmds", "trajectory": "joint_trajectory"}[
        kind
    ]
    if kind == "trajectory":
        states = Interfaces(subscribe=(parameters.get("arm_joint_states", "arm/joint_states"),))
        if parameters.get("arm_interface") == "action":
            return states | Interfaces(call=(f"{name}/follow_joint_trajectory",))
        return states | Interfaces(publish=(f"{name}/{command}",))
    asked = (f"{name}/switch_command_type", f"{name}/pause_servo") if kind == "servo" else ()
    return Interfaces(publish=(f"{name}/{command}",), request=asked)
