"""What a `RegraspStrategy` asks for, and what is reported back to it."""

from __future__ import annotations

from dataclasses import dataclass

from tacrefine.gripper import Action, GripperPose
from tacrefine.supervision.errors import GoalError


@dataclass(frozen=True)
class Look:
    """Put down what is held, open, rise to the clear height and look at the table; then report `seen`."""

    reason: str = ""
    """why again; empty at the beginning"""


@dataclass(frozen=True)
class Approach:
    """Come down on a pose from above with the gripper open, then close; then report `felt`."""

    pose: GripperPose | None
    """None: stay where the gripper is"""
    force: float
    """N; 0: stay open"""


@dataclass(frozen=True)
class Regrasp:
    """Open, move to a pose, close with the action's force; then report `felt`."""

    pose: GripperPose
    action: Action
    """from the pose of the present grasp"""


@dataclass(frozen=True)
class Press:
    """Close with another force where the gripper is; then report `felt`."""

    force: float
    """N"""
    action: Action | None = None
    """the action that was chosen; None: the chosen grasp is eased, or firmed again"""


@dataclass(frozen=True)
class TrialLift:
    """Rise above the place of the grasp, wait, feel and look; then report `carried`."""

    height: float
    """m"""


@dataclass(frozen=True)
class Lift:
    """Rise all the way above the place of the grasp and hold; then report `held`."""


@dataclass(frozen=True)
class End:
    """Regrasping is over: the object is held in the air, or `error` says why not."""

    error: GoalError | None = None


Command = Look | Approach | Regrasp | Press | TrialLift | Lift | End


@dataclass(frozen=True)
class Decision:
    """One command with what was known when it was given."""

    command: Command
    tries: int
    """grasps that were chosen so far"""
    force: float
    """N of the present grasp; NaN before the first"""
    probability: float
    """success that is expected of the grasp; NaN before the first choice"""


@dataclass(frozen=True)
class TrialOutcome:
    """What a trial lift showed."""

    felt: tuple[bool, bool]
    """by the left and the right pad"""
    left_behind: bool
    """whether the camera sees the object on the table"""
    slide: float
    """m that the contact moved down both pads"""
    risen: float
    """m that the gripper rose"""
