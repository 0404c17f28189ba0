"""Which nodes the bringup's arguments start, with which parameters.

`launch/refine.launch.py` and `tacrefine up` both read it, so they cannot drift apart. Nothing here needs ROS.

What is typed on the command line wins over the parameter file, and the file wins over defaults. Where the command line
and the file disagree about what moves the robot, nothing is started. The parameters of a node are complete: the file
itself is not handed on to ROS, so that what was checked is what runs.
"""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from tacrefine.bringup.arguments import Arguments
from tacrefine.bringup.parameter_files import ParameterFile, find_parameter_file
from tacrefine.bringup.registry import NODES, PACKAGE, NodeEntry
from tacrefine.config import model_of, resolve
from tacrefine.documents import quoted
from tacrefine.errors import ConfigError
from tacrefine.nodes.sim.parameters import FREE_ARM
from tacrefine.objects import load_objects
from tacrefine.parameters import build, specs

REFINED_TIMEOUT_S = 1.0
"""how long the server waits for refined corrections where the policy node makes them"""
PATIENT = {"image_timeout": 10.0, "sensor_timeout": 10.0}
"""s; a timeout by the wall clock says little where a simulation runs as fast as the machine lets it"""
SIMULATED_ARM = "seven_joint"
SIMULATED = ("mujoco_bridge", "policy", "refine_server")
GRIPPER = ("gripper_bridge", "regrasp_server")
SCENE = "scene_publisher"
BRIDGES = ("mujoco_bridge", "gripper_bridge", "driver")
"""nodes that publish the time where it is not the system's"""
SAFETY = ("dry_run", "arm", "arm_model", "driver", "device")
"""arguments that decide what moves: command line and parameter file may not disagree about them"""


@dataclass(frozen=True)
class NodeSpec:
    """One node process: executable of the package, namespace, complete parameters, remappings (from, to)."""

    executable: str
    namespace: str
    parameters: Mapping[str, Any]
    log_level: str = "info"
    remaps: tuple[tuple[str, str], ...] = ()

    @property
    def entry(self) -> NodeEntry:
        """The node in the registry."""
        return NODES[self.executable]

    @property
    def name(self) -> str:
        """The node's name in the graph, without its namespace."""
        return self.entry.name

    @property
    def full_name(self) -> str:
        """The node's name in the graph, for example /left/refine_server."""
        return "/" + "/".join(part for part in (self.namespace.strip("/"), self.name) if part)

    @property
    def module(self) -> str:
        """The Python module that the executable runs."""
        return self.entry.module

    @property
    def enclave(self) -> str:
        """The node's path in a keystore of SROS2, see docs/how_to/secure.md; ignored without security."""
        return f"/{PACKAGE}{self.full_name}"

    def ros_arguments(self) -> list[str]:
        """The command line after the program."""
        words = ["--ros-args", "-r", f"__node:={self.name}", "--log-level", self.log_level]
        words += ["--enclave", self.enclave]
        if self.namespace:
            words += ["-r", f"__ns:=/{self.namespace.strip('/')}"]
        for old, new in self.remaps:
            words += ["-r", f"{old}:={new}"]
        for name, value in self.parameters.items():
            words += ["-p", f"{name}:={json.dumps(value)}"]
        return words


def describe(arguments: Arguments, typed: Collection[str] | None = None) -> list[NodeSpec]:
    """The nodes to start, in order; raises ConfigError if an argument names something that does not exist.

    `typed` are the arguments that the user gave; None stands for those that differ from their defaults.
    """
    build(Arguments, vars(arguments))
    _check_descriptions(arguments)
    if typed is None:
        typed = [field.name for field in fields(Arguments) if getattr(arguments, field.name) != field.default]
    file = ParameterFile(find_parameter_file(arguments.params_file)) if arguments.params_file else None
    plain = _nodes(arguments)
    if file is None:
        return plain
    file.check({node.full_name: node.entry.parameters for node in plain})
    nodes = _nodes(_with_file(arguments, typed, file, plain))
    file.check({node.full_name: node.entry.parameters for node in nodes})
    return [_merged(node, arguments, typed, file) for node in nodes]


def _check_descriptions(arguments: Arguments) -> None:
    """Raise ConfigError for a hand, adapter, cell, object or plant that does not exist, before any node starts."""
    if not arguments.refine:
        return
    resolve("hands", arguments.hand)
    for kind, name in (("adapters", arguments.adapter), ("plants", arguments.model_based)):
        if name:
            resolve(kind, name)
    if arguments.mode != "sim":
        return
    resolve("plants", arguments.plant)
    resolve("cells", arguments.cell)
    objects = load_objects(arguments.objects)
    if arguments.object and arguments.object not in objects:
        raise ConfigError(
            f"object is '{quoted(arguments.object)}', which the object set {arguments.objects} does not have; allowed "
            f"are {', '.join(objects)}"
        )


def environment() -> dict[str, str]:
    """Variables that the nodes get unless the user has set them: discovery stays on this machine."""
    defaults = {"ROS_AUTOMATIC_DISCOVERY_RANGE": "LOCALHOST"}
    return {name: value for name, value in defaults.items() if name not in os.environ}


def _nodes(arguments: Arguments) -> list[NodeSpec]:
    """The nodes as the arguments alone describe them."""
    values = {**vars(arguments), "model": model_of(arguments.hand, arguments.model)}
    if arguments.driver != "none" and arguments.mode != "real":
        raise ConfigError(f"driver {arguments.driver} needs mode real, not {arguments.mode}")
    if arguments.mode == "sim" and arguments.arm == "servo":
        raise ConfigError("arm servo needs mode real: the simulated robot has no MoveIt Servo")
    replayed = arguments.driver == "replay"  # which publishes the time of the recording on /clock
    simulated_time = replayed or (arguments.mode == "sim" and arguments.real_time_factor != 1.0)
    nodes = []
    for executable in _executables(arguments):
        table = NODES[executable].parameters
        parameters = {key: value for key, value in values.items() if key in specs(table)}
        parameters |= _arm(executable, arguments) | _adapter(executable, arguments)
        if executable == "refine_server" and arguments.model_based:
            parameters["refined_timeout"] = REFINED_TIMEOUT_S
        build(table, parameters)
        if simulated_time and executable not in BRIDGES:
            parameters["use_sim_time"] = True
        if simulated_time and executable == "regrasp_server":
            parameters |= PATIENT
        nodes.append(NodeSpec(executable, arguments.namespace.strip("/"), parameters, arguments.log_level))
    return nodes


def _with_file(
    arguments: Arguments, typed: Collection[str], file: ParameterFile, nodes: list[NodeSpec]
) -> Arguments:
    """Arguments that nobody typed take the value that the file gives to their nodes, if it gives the same to all.

    So that what follows from them follows from the file too: `arm: trajectory` gives the simulated robot an arm.
    """
    adopted = {}
    for name in (field.name for field in fields(Arguments) if field.name not in typed):
        takers = [
            node for node in nodes if name in node.parameters and not _is_its_own(name, node, arguments)
        ]
        told = [file.parameters_of(node.full_name, node.entry.parameters).get(name) for node in takers]
        if told and told[0] is not None and told.count(told[0]) == len(told):
            adopted[name] = told[0]
    return replace(arguments, **adopted)


def _is_its_own(name: str, node: NodeSpec, arguments: Arguments) -> bool:
    """Whether a node has a parameter of this name that is not simply the argument."""
    return node.executable != "refine_server" and name in _arm(node.executable, arguments)


def _merged(node: NodeSpec, arguments: Arguments, typed: Collection[str], file: ParameterFile) -> NodeSpec:
    """The node with what the file says of it; raises ConfigError where that contradicts the command line on safety."""
    told = file.parameters_of(node.full_name, node.entry.parameters)
    for name, value in told.items():
        ours = node.parameters.get(name, value)
        if value == ours:
            continue
        if name in typed and name in SAFETY:
            raise ConfigError(
                f"{name} is {json.dumps(getattr(arguments, name))} on the command line and {json.dumps(value)} in "
                f"{file.path} for {node.full_name}; this decides what moves: make them agree"
            )
        if name == "use_sim_time":
            raise ConfigError(
                f"use_sim_time is {json.dumps(value)} in {file.path} for {node.full_name}, but these arguments take "
                f"the time from /clock; leave it out"
            )
    wins = {name: value for name, value in told.items() if name not in typed or name not in node.parameters}
    parameters = {**node.parameters, **wins, **_adapter(node.executable, arguments)}
    return replace(node, parameters=parameters)


def _adapter(executable: str, arguments: Arguments) -> dict[str, Any]:
    """A replayed bag is read through the adapter by the driver; the other nodes hear the usual topics."""
    is_told = arguments.driver == "replay" and "adapter" in specs(NODES[executable].parameters)
    return {"adapter": ""} if is_told and executable != "driver" else {}


def _arm(executable: str, arguments: Arguments) -> dict[str, Any]:
    """The simulated robot gets the arm that the server is told to move."""
    if executable == "mujoco_bridge":
        jointed = arguments.arm == "trajectory"
        return {"arm": (arguments.arm_model or SIMULATED_ARM) if jointed else FREE_ARM}
    if executable == SCENE and arguments.mode == "sim" and arguments.arm == "trajectory":
        return {"scene_arm": arguments.arm_model or SIMULATED_ARM}
    if executable == "regrasp_server" and arguments.mode == "sim":
        return {"arm": "cartesian", "arm_model": ""}
    if executable == "refine_server" and arguments.mode == "sim" and arguments.arm == "trajectory":
        return {"arm_model": arguments.arm_model or SIMULATED_ARM}
    return {}


def _executables(arguments: Arguments) -> list[str]:
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
        names += [SCENE] if arguments.tf or arguments.rviz else []
    elif arguments.tf or arguments.rviz:
        raise ConfigError("tf and rviz show the hand: they need refine true")
    if arguments.regrasp:
        names += GRIPPER[1:] if real else GRIPPER
    return names
