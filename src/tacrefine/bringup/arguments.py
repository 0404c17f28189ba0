"""What a user may choose when starting the stack, typed on the command line of `ros2 launch` or `tacrefine up`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from tacrefine.arms.settings import ARM, ARM_KINDS, ARM_MODEL
from tacrefine.bringup import renamed
from tacrefine.documents import quoted
from tacrefine.errors import ConfigError
from tacrefine.nodes.drivers.parameters import DEVICE, DRIVERS
from tacrefine.nodes.gripper.parameters import REGRASP_MODEL
from tacrefine.nodes.hand.parameters import MODEL_BASED
from tacrefine.nodes.sim.parameters import CELL, REGRASP_OBJECT
from tacrefine.nodes.tools.scene_parameters import TF_PREFIX
from tacrefine.parameters import WORDS, Spec, build, check, parameter, specs
from tacrefine.touch.settings import ADAPTER


@dataclass(frozen=True)
class Arguments:
    """The arguments of the bringup. Those that are named like a parameter of a node become that parameter."""

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
    adapter: str = parameter("", "", ADAPTER)
    objects: str = parameter("fifteen", "", "name or path of the object set")
    object: str = parameter("", "", "object that the simulation starts with; empty: the first of the set")
    plant: str = parameter("nominal_elastic", "", "name or path of the simulated robot, elastic touch")
    cell: str = parameter("fixed", "", CELL)
    arm: str = parameter("cartesian", "", ARM, choices=ARM_KINDS)
    arm_model: str = parameter(
        "", "", ARM_MODEL + "; empty in simulation: the arm of seven joints that the simulated robot has then"
    )
    dry_run: bool = parameter(
        False, "", "publish what would be commanded under dry_run/ and move nothing, neither hand nor arm"
    )
    model: str = parameter("", "", "name or path of the model folder; empty: the one named like the hand")
    backend: str = parameter("onnx", "", "what runs the network", choices=("onnx", "torch"))
    model_based: str = parameter("", "", MODEL_BASED)
    regrasp: bool = parameter(False, "", "start the gripper's nodes too: the action regrasp")
    refine: bool = parameter(True, "", "start the hand's nodes: the action refine_grasp")
    regrasp_objects: str = parameter("easy", "", "name or path of the objects for the simulated gripper")
    regrasp_object: str = parameter("", "", REGRASP_OBJECT)
    regrasp_model: str = parameter("regrasp_wsg50", "", REGRASP_MODEL)
    tf: bool = parameter(
        False,
        "",
        "publish frames of the hand on TF, its robot description, and markers for RViz and Foxglove",
    )
    tf_prefix: str = parameter("", "", TF_PREFIX)
    rviz: bool = parameter(False, "", "open RViz with the shipped configuration; sets tf")
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
    params_file: str = parameter(
        "",
        "",
        "ROS parameter file for single parameters of the nodes: path, or name of a shipped one (real_robot.yaml); what "
        "is typed on the command line wins over it",
    )
    respawn: bool = parameter(False, "", "start a node that has died again, up to five times in five minutes")
    autostart: bool = parameter(True, "", "bring every node to active without a lifecycle manager")
    log_level: str = parameter(
        "info", "", "of every node", choices=("debug", "info", "warn", "error", "fatal")
    )


def argument_specs() -> dict[str, Spec]:
    """Table of the bringup's arguments."""
    return specs(Arguments)


def parse(values: Mapping[str, str]) -> Arguments:
    """Arguments from text, as a launch file gets them; raises ConfigError in one sentence."""
    check_names(values)
    table = argument_specs()
    typed = {name: check(table[name], _typed(table[name], text)) for name, text in values.items()}
    return build(Arguments, typed)


def check_names(names: Iterable[str]) -> None:
    """Raise ConfigError in one sentence, with the nearest one, for a name that is no argument."""
    table = argument_specs()
    for name in names:
        if name not in table:
            raise ConfigError(
                f"unknown argument '{quoted(name)}'; allowed are {', '.join(table)}{renamed.hint(name, table)}"
            )


def _typed(spec: Spec, text: str) -> Any:
    try:
        if spec.kind is bool:
            return {"true": True, "false": False}[text.strip().lower()]
        return spec.kind(text)
    except (KeyError, ValueError):
        raise ConfigError(f"argument '{spec.name}' must be {WORDS[spec.kind]}, not '{text}'") from None
