"""Plain objects that enter and leave the regrasp loop. Times are seconds of the sensors' clock."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import IntEnum

from scipy.spatial.transform import RigidTransform, Rotation

from tacrefine.gripper import Action, GripperPose, wrap_yaw
from tacrefine.regrasp.actions import ActionBox
from tacrefine.regrasp.defaults import Objective
from tacrefine.supervision.errors import NoJointStates
from tacrefine.supervision.gripper import STATES
from tacrefine.supervision.phases import GuardedPhases

NAN = float("nan")
FARTHEST_TURN = math.radians(120.0)
"""how far from yaw 0 a wrist is turned at most: half a turn either way gives the same grasp"""


class Phase(IntEnum):
    """Phases of a goal; from OPENING on, the values are those of `Regrasp.action`."""

    PREPARING = 0
    OPENING = 1
    OBSERVING = 2
    MOVING = 3
    CLOSING = 4
    SENSING = 5
    DECIDING = 6
    LIFTING = 7
    HOLDING = 8
    VERIFYING = 9
    LOWERING = 10
    FINISHING = 11


GRIPPER_PHASES = GuardedPhases(
    gripping=frozenset(
        {Phase.OPENING, Phase.CLOSING, Phase.SENSING, Phase.LIFTING, Phase.HOLDING, Phase.VERIFYING}
    ),
    moving=frozenset({Phase.MOVING}),
    still=frozenset({Phase.CLOSING, Phase.HOLDING}),
    exiting=frozenset({Phase.LOWERING, Phase.FINISHING}),
    source=STATES,
    timeout_error=NoJointStates,
)


@dataclass(frozen=True)
class RegraspGoal:
    """What a planner asks for, free of zeros that mean 'default'. `box` holds the forces that may be used."""

    objective: Objective
    box: ActionBox
    tries: int


@dataclass(frozen=True)
class RegraspFeedback:
    """How far a goal is; `probability` and `force` are NaN before the first."""

    phase: Phase
    tries: int = 0
    probability: float = NAN
    action: Action | None = None
    force: float = NAN


@dataclass(frozen=True)
class RegraspOutcome:
    """How a goal ended: numeric code, one sentence, what the gripper holds, and the safe state it was left in."""

    code: int
    message: str
    safe_state: str
    lifted: bool = False
    force: float = NAN
    tries: int = 0
    probability: float = NAN
    wrist: RigidTransform | None = None


def wrist_of(pose: GripperPose, near: float) -> RigidTransform:
    """The grasp centre's frame, z up, pads opening along y; of equal turns the one nearest to the turn `near`, rad."""
    turns = [pose.yaw + k * math.pi for k in (-1, 0, 1)]
    yaw = min((turn for turn in turns if abs(turn) <= FARTHEST_TURN), key=lambda turn: abs(turn - near))
    return RigidTransform.from_components((pose.x, pose.y, pose.z), Rotation.from_euler("z", yaw))


def yaw_of(wrist: RigidTransform) -> float:
    """Turn about the vertical, rad."""
    x_axis = wrist.rotation.as_matrix()[:, 0]
    return math.atan2(x_axis[1], x_axis[0])


def pose_of(wrist: RigidTransform) -> GripperPose:
    """A measured frame as a gripper's pose, yaw wrapped."""
    x, y, z = (float(value) for value in wrist.translation)
    return GripperPose(x, y, z, wrap_yaw(yaw_of(wrist)))
