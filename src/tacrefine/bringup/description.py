"""The one description of the bringup: its arguments, and which nodes they make with which parameters.

`launch/refine.launch.py` and `tacrefine up` both read it, so they cannot drift apart. Nothing here needs ROS.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from tacrefine.arms.settings import ARM, ARM_KINDS, ARM_MODEL
from tacrefine.bringup.parameter_files import sections_of
from tacrefine.bringup.parameters import NODE_PARAMETERS
from tacrefine.config import model_of
from tacrefine.errors import ConfigError
from tacrefine.nodes.drivers.parameters import DEVICE, DRIVERS
from tacrefine.nodes.gripper.parameters import REGRASP_MODEL
from tacrefine.nodes.hand.parameters import SYNTHESIS
from tacrefine.nodes.sim.parameters import FREE_ARM, REGRASP_OBJECT
from tacrefine.parameters import Spec, build, check, parameter, specs

PACKAGE = "tacrefine"
REFINED_TIMEOUT_S = 1.0
"""how long the server waits for refined corrections where the policy node makes them"""
PATIENT = {"image_timeout": 10.0, "sensor_timeout": 10.0}
"""s; silence is judged by the wall clock, which says little where a simulation goes as fast as the machine lets it"""
SIMULATED_ARM = "seven_joint"
MODULES = {
    "mujoco_bridge": "tacrefine.nodes.sim.mujoco_bridge",
    "policy": "tacrefine.nodes.hand.policy",
    "refine_server": "tacrefine.nodes.hand.refine_server",
    "driver": "tacrefine.nodes.drivers.driver",
    "recorder": "tacrefine.nodes.tools.recorder",
    "gripper_bridge": "tacrefine.nodes.sim.gripper_bridge",
    "regrasp_server": "tacrefine.nodes.gripper.regrasp_server",
}
SIMULATED = ("mujoco_bridge", "policy", "refine_server")
GRIPPER = ("gripper_bridge", "regrasp_server")
BRIDGES = ("mujoco_bridge", "gripper_bridge", "driver")
"""nodes that tell the time where it is not the system's"""


@dataclass(frozen=True)
class Arguments:
    """What a user may choose when starting the stack."""

    mode: str = parameter(
        "sim",
        "",
        "sim: simulated robot, policy and server; real: policy and server, and the driver that is named",
        choices=("sim", "real"),
    )
    driver: str = parameter(
        "none",
        "",
        "driver of a real device, with mode real; none: drivers come from elsewhere",
        choices=("none", *DRIVERS),
    )
    device: str = parameter("", "", DEVICE)
    hand: str = parameter("five_finger", "", "name or path of the hand description")
    objects: str = parameter("fifteen", "", "name or path of the object set")
    object: str = parameter("", "", "object that the simulation starts with; empty: the first of the set")
    plant: str = parameter("nominal_elastic", "", "name or path of the simulated robot, elastic touch")
    arm: str = parameter("cartesian", "", ARM, choices=ARM_KINDS)
    arm_model: str = parameter(
        "", "", ARM_MODEL + "; empty in simulation: the arm of seven joints that the simulated robot has then"
    )
    dry_run: bool = parameter(
        False, "", "publish what would be commanded under dry_run/ and move nothing, neither hand nor arm"
    )
    model: str = parameter("", "", "name or path of the model folder; empty: the one named like the hand")
    backend: str = parameter("onnx", "", "what runs the network", choices=("onnx", "torch"))
    synthesis: str = parameter("", "", SYNTHESIS)
    regrasp: bool = parameter(False, "", "start the gripper's nodes too: the action regrasp")
    refine: bool = parameter(True, "", "start the hand's nodes: the action refine_grasp")
    regrasp_objects: str = parameter("easy", "", "name or path of the objects for the simulated gripper")
    regrasp_object: str = parameter("", "", REGRASP_OBJECT)
    regrasp_model: str = parameter("regrasp_wsg50", "", REGRASP_MODEL)
    namespace: str = parameter("", "", "namespace of every node and topic, for example left_hand")
    seed: int = parameter(0, "", "seed of the simulated robot", low=0, high=2**31 - 1)
    real_time_factor: float = parameter(
        1.0,
        "",
        "simulated over real time, 0: as fast as possible; anything but 1 uses /clock",
        low=0.0,
        high=100.0,
    )
    targets_folder: str = parameter("~/.ros/tacrefine/targets", "", "folder of the captured targets")
    params_file: str = parameter("", "", "ROS parameter file that overrides single parameters of the nodes")
    autostart: bool = parameter(True, "", "bring every node to active without a lifecycle manager")
    log_level: str = parameter(
        "info", "", "of every node", choices=("debug", "info", "warn", "error", "fatal")
    )


@dataclass(frozen=True)
class NodeSpec:
    """One node process: executable of the package, parameters and where it lives."""

    executable: str
    namespace: str
    parameters: Mapping[str, Any]
    params_file: str
    log_level: str
    remaps: tuple[tuple[str, str], ...] = ()

    @property
    def module(self) -> str:
        """The Python module that the executable runs."""
        return MODULES[self.executable]

    @property
    def enclave(self) -> str:
        """The node's path in a keystore of SROS2, see docs/how_to/secure.md; without security it says nothing."""
        return "/" + "/".join(part for part in (PACKAGE, self.namespace.strip("/"), self.executable) if part)

    def ros_arguments(self) -> list[str]:
        """Command line after the program. The parameter file comes last and wins."""
        words = ["--ros-args", "-r", f"__node:={self.executable}", "--log-level", self.log_level]
        words += ["--enclave", self.enclave]
        if self.namespace:
            words += ["-r", f"__ns:=/{self.namespace.strip('/')}"]
        for old, new in self.remaps:
            words += ["-r", f"{old}:={new}"]
        for name, value in self.parameters.items():
            words += ["-p", f"{name}:={json.dumps(value)}"]
        if self.params_file:
            words += ["--params-file", self.params_file]
        return words


def argument_specs() -> dict[str, Spec]:
    """Table of the bringup's arguments."""
    return specs(Arguments)


def parse(values: Mapping[str, str]) -> Arguments:
    """Arguments from text, as a launch file gets them; raises ConfigError in one sentence."""
    table, typed = argument_specs(), {}
    for name, text in values.items():
        if name not in table:
            raise ConfigError(f"unknown argument '{name}'; allowed are {', '.join(table)}")
        typed[name] = check(table[name], _typed(table[name], text))
    return build(Arguments, typed)


def describe(arguments: Arguments) -> list[NodeSpec]:
    """The nodes to start, in order; raises ConfigError if an argument names something that does not exist."""
    values = {field.name: getattr(arguments, field.name) for field in fields(Arguments)}
    build(Arguments, values)
    values["model"] = model_of(arguments.hand, arguments.model)
    if arguments.params_file and not os.path.isfile(os.path.expanduser(arguments.params_file)):
        raise ConfigError(f"params_file {arguments.params_file}: no such file")
    if arguments.params_file:
        sections_of(Path(arguments.params_file).expanduser())
    if arguments.driver != "none" and arguments.mode != "real":
        raise ConfigError(f"driver {arguments.driver} needs mode real, not {arguments.mode}")
    if arguments.mode == "sim" and arguments.arm == "servo":
        raise ConfigError("arm servo needs mode real: the simulated robot has no MoveIt Servo")
    names = _names(arguments)
    replayed = arguments.driver == "replay"  # which tells the time of the recording on /clock
    simulated_time = replayed or (arguments.mode == "sim" and arguments.real_time_factor != 1.0)
    nodes = []
    for name in names:
        table = specs(NODE_PARAMETERS[name])
        parameters = {key: value for key, value in values.items() if key in table} | _arm(name, arguments)
        if name == "refine_server" and arguments.synthesis:
            parameters["refined_timeout"] = REFINED_TIMEOUT_S
        build(NODE_PARAMETERS[name], parameters)
        if simulated_time and name not in BRIDGES:
            parameters["use_sim_time"] = True
        if simulated_time and name == "regrasp_server":
            parameters |= PATIENT
        file = os.path.expanduser(arguments.params_file)
        nodes.append(NodeSpec(name, arguments.namespace.strip("/"), parameters, file, arguments.log_level))
    return nodes


def _arm(node: str, arguments: Arguments) -> dict[str, Any]:
    """The simulated robot gets the arm that the server is told to move."""
    if node == "mujoco_bridge":
        jointed = arguments.arm == "trajectory"
        return {"arm": (arguments.arm_model or SIMULATED_ARM) if jointed else FREE_ARM}
    if node == "regrasp_server" and arguments.mode == "sim":
        return {"arm": "cartesian", "arm_model": ""}
    if node == "refine_server" and arguments.mode == "sim" and arguments.arm == "trajectory":
        return {"arm_model": arguments.arm_model or SIMULATED_ARM}
    return {}


def _names(arguments: Arguments) -> list[str]:
    real = arguments.mode == "real"
    if not (arguments.refine or arguments.regrasp):
        raise ConfigError("nothing is left to start: refine and regrasp are both false")
    if arguments.refine and arguments.regrasp and not real and arguments.real_time_factor != 1.0:
        raise ConfigError(
            "with refine and regrasp there are two simulations, and only one can tell the time: leave "
            "real_time_factor at 1, or set refine to false"
        )
    names: list[str] = []
    if arguments.refine:
        driver = ["driver"] if arguments.driver != "none" else []
        names += [*driver, "policy", "refine_server"] if real else SIMULATED
    if arguments.regrasp:
        names += GRIPPER[1:] if real else GRIPPER
    return names


def environment() -> dict[str, str]:
    """Variables that the nodes get unless the user has set them: discovery stays on this machine."""
    defaults = {"ROS_AUTOMATIC_DISCOVERY_RANGE": "LOCALHOST"}
    return {name: value for name, value in defaults.items() if name not in os.environ}


def _typed(spec: Spec, text: str) -> Any:
    try:
        if spec.kind is bool:
            return {"true": True, "false": False}[text.strip().lower()]
        return spec.kind(text)
    except (KeyError, ValueError):
        raise ConfigError(f"argument '{spec.name}' must be a {spec.kind.__name__}, not '{text}'") from None
