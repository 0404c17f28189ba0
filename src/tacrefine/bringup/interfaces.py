"""Which topics, services and actions each node uses; security policies are written from it, the registry refers to it.

Names are relative to the stack's namespace unless they begin with '/'; '~/' stands for the node's own name. A test
starts the nodes and compares.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any

from tacrefine.bags.schemas import RECORDED
from tacrefine.config import load_yaml, resolve
from tacrefine.touch.adapters import AdapterDescription
from tacrefine.touch.adapters.adapter import inputs_of


@dataclass(frozen=True)
class Interfaces:
    """Names by the direction in which a node uses them."""

    publish: tuple[str, ...] = ()
    subscribe: tuple[str, ...] = ()
    reply: tuple[str, ...] = ()
    """services that it serves"""
    request: tuple[str, ...] = ()
    """services that it calls"""
    execute: tuple[str, ...] = ()
    """actions that it serves"""
    call: tuple[str, ...] = ()
    """actions that it calls"""

    def __or__(self, other: Interfaces) -> Interfaces:
        """Everything of both, each name once, in order."""
        both = {
            f.name: tuple(dict.fromkeys((*getattr(self, f.name), *getattr(other, f.name))))
            for f in fields(Interfaces)
        }
        return Interfaces(**both)


LIFECYCLE_SERVICES = (
    "change_state",
    "get_state",
    "get_available_states",
    "get_available_transitions",
    "get_transition_graph",
)
PARAMETER_SERVICES = (
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
    reply=tuple(f"~/{name}" for name in (*PARAMETER_SERVICES, "get_type_description")),
)
"""what rclpy gives every node"""
LIFECYCLE_NODE = ANY_NODE | Interfaces(
    publish=("/diagnostics", "~/transition_event"),
    subscribe=("/diagnostics",),  # on which each node notices a duplicate of itself
    reply=tuple(f"~/{name}" for name in LIFECYCLE_SERVICES),
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
POLICY = Interfaces(publish=(CORRECTION,), subscribe=(TARGET,))
HAND_SERVER = Interfaces(publish=(TARGET,), subscribe=("estop", "sim/object"), reply=("estop_reset",))
ESTIMATES = ("grasp_estimate", "next_wrist_pose")
REFINE_SERVER = HAND_SERVER | Interfaces(
    publish=(*ESTIMATES, "object_in_hand"),
    subscribe=(CORRECTION, HEARTBEAT),
    reply=("capture_target", "estimate_grasp"),
    execute=("refine_grasp",),
)
IMAGES = (
    "camera/color/image_raw",
    "camera/depth/image_raw",
    "gripper/left/image_raw",
    "gripper/right/image_raw",
)
GRIPPER_STATES, GRIPPER_WRIST, GRIPPER_COMMAND = (
    "gripper/joint_states",
    "gripper/tcp_pose",
    "gripper/command",
)
REGRASP = Interfaces(
    subscribe=(GRIPPER_WRIST, GRIPPER_STATES, *IMAGES, "estop", "regrasp/heartbeat"),
    reply=("gripper/estop_reset",),
    execute=("regrasp",),
)
GRIPPER_BRIDGE = Interfaces(
    publish=(GRIPPER_WRIST, GRIPPER_STATES, *IMAGES, "camera/color/camera_info", "gripper/sim/object_pose"),
    subscribe=("gripper/arm/target_frame", GRIPPER_COMMAND),
    reply=("gripper/sim/place",),
)
DEVICES = {
    "inspire_rh56dftp": Interfaces(
        publish=(TACTILE, JOINTS),
        subscribe=(HAND_COMMANDS,),
        reply=("tare", "clear_errors", "calibrate_force"),
    ),
    "paxini": Interfaces(publish=(TACTILE, "tactile_shear"), reply=("tare",)),
    "paxini_gen3": Interfaces(publish=(TACTILE,), reply=("tare",)),
    "robotiq_tsf85": Interfaces(publish=(TACTILE,), reply=("tare",)),
    "optical": Interfaces(publish=("image_raw",)),
    "optical_taxels": Interfaces(publish=(TACTILE, "image_raw"), reply=("tare",)),
    "replay": Interfaces(publish=(TACTILE, JOINTS, WRIST, "/clock")),
}
MANAGEMENT = ("change_state", "get_state", "get_parameters", "describe_parameters", "list_parameters")
"""services of a node that an operator calls"""


def mujoco_bridge(parameters: Mapping[str, Any]) -> Interfaces:
    """Sensors, controllers and truth of the simulated hand."""
    uses = LIFECYCLE_NODE | Interfaces(
        publish=(TACTILE, JOINTS, WRIST, "sim/ground_truth", "sim/object"),
        subscribe=(HAND_COMMANDS,),
        reply=("sim/reset", "tare"),
    )
    uses |= _clock(parameters)
    if parameters.get("cell", "fixed") != "fixed":
        uses |= Interfaces(publish=("sim/object_pose",), reply=("sim/release", "sim/recall"))
    if parameters.get("arm", "free") == "free":
        return uses | Interfaces(subscribe=("arm/target_frame",))
    states = parameters.get("arm_joint_states", "arm/joint_states")
    return uses | Interfaces(publish=(states,), subscribe=("arm/joint_trajectory",))


def policy(parameters: Mapping[str, Any]) -> Interfaces:
    """Touch in, corrections out."""
    return LIFECYCLE_NODE | POLICY | _robot(parameters, "touch", "joints")


def refine_server(parameters: Mapping[str, Any]) -> Interfaces:
    """The action refine_grasp, and the controllers that it commands."""
    uses = LIFECYCLE_NODE | REFINE_SERVER | _robot(parameters, "touch", "joints", "wrist")
    return uses | _hand_controller(parameters) | _arm_controller(parameters)


def collector(parameters: Mapping[str, Any]) -> Interfaces:
    """The same controllers; it also looks whether the refine server is running a goal."""
    others = Interfaces(subscribe=("refine_grasp/_action/status",))
    uses = LIFECYCLE_NODE | HAND_SERVER | others | _robot(parameters, "touch", "joints", "wrist")
    return uses | _hand_controller(parameters) | _arm_controller(parameters)


def driver(parameters: Mapping[str, Any]) -> Interfaces:
    """What the chosen device has."""
    return LIFECYCLE_NODE | DEVICES[parameters.get("driver", "inspire_rh56dftp")]


def recorder(parameters: Mapping[str, Any]) -> Interfaces:
    """Every topic of a recording."""
    more = _robot(parameters, "touch", "joints", "wrist") if parameters.get("adapter") else Interfaces()
    return LIFECYCLE_NODE | Interfaces(subscribe=tuple(topic.name for topic in RECORDED)) | more


def scene_publisher(parameters: Mapping[str, Any]) -> Interfaces:
    """Frames, description and markers of the hand."""
    shown = parameters.get("publish_markers", True)
    robot = _robot(parameters, "joints", "wrist", *(("touch",) if shown else ()))
    arm = (parameters.get("arm_joint_states", "arm/joint_states"),) if parameters.get("scene_arm") else ()
    return LIFECYCLE_NODE | Interfaces(
        publish=("/tf", "/tf_static", "robot_description", "markers"),
        subscribe=(*robot.subscribe, *ESTIMATES, *((TARGET,) if shown else ()), *arm),
    )


def gripper_bridge(parameters: Mapping[str, Any]) -> Interfaces:
    """Sensors, controllers and truth of the simulated gripper."""
    return LIFECYCLE_NODE | GRIPPER_BRIDGE | _clock(parameters)


def regrasp_server(parameters: Mapping[str, Any]) -> Interfaces:
    """The action regrasp, and the controllers that it commands."""
    controller = _arm_controller({"arm_controller": "gripper/arm", **parameters})
    return LIFECYCLE_NODE | REGRASP | _gripper_controller(parameters) | controller


def planner() -> Interfaces:
    """Interfaces of a node that calls the actions."""
    return ANY_NODE | Interfaces(publish=(HEARTBEAT, "regrasp/heartbeat"), call=("refine_grasp", "regrasp"))


def operator(nodes: Iterable[str]) -> Interfaces:
    """Manages the nodes of these names, captures targets, zeroes sensors and resets the emergency stop."""
    managed = tuple(f"{node}/{service}" for node in sorted(nodes) for service in MANAGEMENT)
    return ANY_NODE | Interfaces(
        subscribe=("/diagnostics",),
        request=("capture_target", "estimate_grasp", "tare", "estop_reset", "gripper/estop_reset", *managed),
    )


def estop_button() -> Interfaces:
    """Requests the emergency stop."""
    return ANY_NODE | Interfaces(publish=("estop",))


def _robot(parameters: Mapping[str, Any], *kinds: str) -> Interfaces:
    """Touch, joints and wrist, under their usual names or those of the adapter's file."""
    names = {"touch": TACTILE, "joints": JOINTS, "wrist": WRIST}
    adapter = parameters.get("adapter", "")
    told = inputs_of(load_yaml(resolve("adapters", adapter), AdapterDescription)) if adapter else []
    found = []
    for kind in kinds:
        found += [entry.topic for entry in told if entry.kind == kind] or [names[kind]]
    return Interfaces(subscribe=tuple(dict.fromkeys(found)))


def _clock(parameters: Mapping[str, Any]) -> Interfaces:
    """A simulation that does not run in real time publishes its own."""
    return Interfaces(publish=() if parameters.get("real_time_factor", 1.0) == 1.0 else ("/clock",))


def _commands(topic: str, parameters: Mapping[str, Any]) -> Interfaces:
    """A command topic; in a dry run its twin under dry_run/ and nothing else."""
    return Interfaces(publish=(f"dry_run/{topic}" if parameters.get("dry_run") else topic,))


def _hand_controller(parameters: Mapping[str, Any]) -> Interfaces:
    """Topic or action of the hand's controller."""
    kind, name = parameters.get("hand_interface", "topic"), parameters.get("hand_controller", "hand")
    if kind == "forward":
        return _commands(f"{name}/commands", parameters)
    if kind == "action" and not parameters.get("dry_run"):
        return Interfaces(call=(f"{name}/follow_joint_trajectory",))
    return _commands(f"{name}/joint_trajectory", parameters)


def _gripper_controller(parameters: Mapping[str, Any]) -> Interfaces:
    """Topic or action of the gripper's controller."""
    if parameters.get("gripper_interface") == "action" and not parameters.get("dry_run"):
        return Interfaces(call=(f"{parameters.get('gripper_controller', 'gripper_controller')}/gripper_cmd",))
    return _commands(GRIPPER_COMMAND, parameters)


def _arm_controller(parameters: Mapping[str, Any]) -> Interfaces:
    """Topics and services of the arm's controller."""
    kind, name = parameters.get("arm", "cartesian"), parameters.get("arm_controller", "arm")
    dry_run = bool(parameters.get("dry_run"))
    if kind == "trajectory":
        states = Interfaces(subscribe=(parameters.get("arm_joint_states", "arm/joint_states"),))
        if parameters.get("arm_interface") == "action" and not dry_run:
            return states | Interfaces(call=(f"{name}/follow_joint_trajectory",))
        return states | _commands(f"{name}/joint_trajectory", parameters)
    if kind == "servo":
        services = () if dry_run else (f"{name}/switch_command_type", f"{name}/pause_servo")
        return Interfaces(request=services) | _commands(f"{name}/pose_target_cmds", parameters)
    return _commands(f"{name}/target_frame", parameters)
