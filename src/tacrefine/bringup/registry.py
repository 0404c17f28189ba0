"""Every node of the package: the one list that whatever starts, installs, documents or secures nodes is made from.

Launch files, `tacrefine up`, the doctor and the reference pages of the documentation read it. For CMake and SROS2,
which cannot, `python -m tacrefine.bringup.generated` writes a list and the security policies.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tacrefine.bringup import interfaces
from tacrefine.bringup.interfaces import Interfaces
from tacrefine.nodes.drivers.parameters import DriverParameters
from tacrefine.nodes.gripper.parameters import RegraspServerParameters
from tacrefine.nodes.hand.parameters import PolicyParameters, ServerParameters
from tacrefine.nodes.sim.parameters import BridgeParameters, GripperBridgeParameters
from tacrefine.nodes.tools.parameters import RecorderParameters
from tacrefine.nodes.tools.scene_parameters import SceneParameters

PACKAGE = "tacrefine"
REFINE_LAUNCH, RECORD_LAUNCH, COLLECT = "refine.launch.py", "record.launch.py", "tacrefine collect"


@dataclass(frozen=True)
class NodeEntry:
    """One node. `executable` is what `ros2 run tacrefine` takes, `name` is how the node appears in the graph.

    `parameters` is its table (see `tacrefine.parameters`), `interfaces` says what it uses with certain parameters, and
    `started_by` names the launch file or command that starts it. A node with `kinds` differs with the value of that
    parameter: each value gets a security policy of its own.
    """

    executable: str
    name: str
    module: str
    parameters: type
    interfaces: Callable[[Mapping[str, Any]], Interfaces]
    started_by: str = REFINE_LAUNCH
    kinds: str = ""

    @property
    def is_installed(self) -> bool:
        """Whether it is an executable of its own; the others run inside a command."""
        return self.started_by.endswith(".launch.py")


_ENTRIES = (
    NodeEntry(
        "mujoco_bridge",
        "mujoco_bridge",
        "tacrefine.nodes.sim.mujoco_bridge",
        BridgeParameters,
        interfaces.mujoco_bridge,
    ),
    NodeEntry(
        "policy", "tacrefine_policy", "tacrefine.nodes.hand.policy", PolicyParameters, interfaces.policy
    ),
    NodeEntry(
        "refine_server",
        "refine_server",
        "tacrefine.nodes.hand.refine_server",
        ServerParameters,
        interfaces.refine_server,
    ),
    NodeEntry(
        "driver",
        "tacrefine_driver",
        "tacrefine.nodes.drivers.driver",
        DriverParameters,
        interfaces.driver,
        kinds="driver",
    ),
    NodeEntry(
        "recorder",
        "tacrefine_recorder",
        "tacrefine.nodes.tools.recorder",
        RecorderParameters,
        interfaces.recorder,
        started_by=RECORD_LAUNCH,
    ),
    NodeEntry(
        "gripper_bridge",
        "gripper_bridge",
        "tacrefine.nodes.sim.gripper_bridge",
        GripperBridgeParameters,
        interfaces.gripper_bridge,
    ),
    NodeEntry(
        "regrasp_server",
        "regrasp_server",
        "tacrefine.nodes.gripper.regrasp_server",
        RegraspServerParameters,
        interfaces.regrasp_server,
    ),
    NodeEntry(
        "scene_publisher",
        "scene_publisher",
        "tacrefine.nodes.tools.scene_publisher",
        SceneParameters,
        interfaces.scene_publisher,
    ),
    NodeEntry(
        "collector",
        "tacrefine_collector",
        "tacrefine.nodes.hand.collector",
        ServerParameters,
        interfaces.collector,
        started_by=COLLECT,
    ),
)
NODES: Mapping[str, NodeEntry] = {entry.executable: entry for entry in _ENTRIES}
"""by executable"""
NODE_PARAMETERS: Mapping[str, type] = {
    entry.executable: entry.parameters for entry in _ENTRIES if entry.is_installed
}
"""parameter table of each executable"""


def clients() -> dict[str, Interfaces]:
    """Who else takes part in the graph, by the name of the node that a security policy expects."""
    managed = [entry.name for entry in _ENTRIES if entry.is_installed]
    return {
        "planner": interfaces.planner(),
        "operator": interfaces.operator(managed),
        "estop_button": interfaces.estop_button(),
    }
