"""Every node of the package and its parameter table; see `tacrefine.parameters` for how a table works."""

from __future__ import annotations

from tacrefine.nodes.drivers.parameters import DriverParameters
from tacrefine.nodes.gripper.parameters import RegraspServerParameters
from tacrefine.nodes.hand.parameters import PolicyParameters, ServerParameters
from tacrefine.nodes.sim.parameters import BridgeParameters, GripperBridgeParameters
from tacrefine.nodes.tools.parameters import RecorderParameters

NODE_PARAMETERS = {
    "mujoco_bridge": BridgeParameters,
    "policy": PolicyParameters,
    "refine_server": ServerParameters,
    "driver": DriverParameters,
    "recorder": RecorderParameters,
    "gripper_bridge": GripperBridgeParameters,
    "regrasp_server": RegraspServerParameters,
}
