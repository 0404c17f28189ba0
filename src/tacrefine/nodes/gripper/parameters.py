"""The parameter table of `regrasp_server`."""

from __future__ import annotations

from dataclasses import dataclass

from tacrefine.arms.settings import ArmSettings
from tacrefine.nodes.core.priority import PRIORITY
from tacrefine.parameters import parameter
from tacrefine.regrasp.settings import RegraspSettings

REGRASP_MODEL = "name or path of the model folder that predicts how a grasp ends"


@dataclass(frozen=True)
class RegraspServerParameters(ArmSettings, RegraspSettings):
    """Parameters of `regrasp_server`: the loop's settings, its arm and where things lie."""

    arm_controller: str = parameter(
        "gripper/arm", "", "name of the controller's node, before its topics and services"
    )
    arm_joint_states: str = parameter("gripper/arm/joint_states", "", "topic of the arm's joint states")
    realtime_priority: int = parameter(0, "", PRIORITY, low=0, high=90)
    autostart: bool = parameter(True, "", "configure and activate at start, without a lifecycle manager")
    regrasp_model: str = parameter("regrasp_wsg50", "", REGRASP_MODEL)
    actions: str = parameter(
        "actions", "", "name or path of the action box: motions, forces and workspace that the model knows"
    )
    seed: int = parameter(0, "", "seed of the random actions that are asked about", low=0, high=2**31 - 1)
