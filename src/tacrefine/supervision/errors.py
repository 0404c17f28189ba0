"""Errors that end a goal, with the numeric codes of `RefineGrasp.action` and `Regrasp.action`.

One table for both, so that a code means the same wherever it comes from. Every exit leaves hand and arm in a safe state
with a name:

- `holding`: the arm holds its present pose, the hand stays closed on the object.
- `open`: the arm holds its present pose, the hand is commanded open.
- `handed_over`: the arm holds its present pose, the hand is left as it is for the goal that takes over.
- `untouched`: nothing had been commanded yet, so nothing was commanded.
- `stopped`: the arm holds its present pose, fingers that were moving hold theirs; an emergency stop moves nothing.

While a grasp is refined in place the object is held by something else (a fixture, the other hand), so opening the hand
never drops it. A goal that puts its object down keeps it `holding` instead of opening while nothing else holds it. A
gripper that has lifted its object puts it back before it opens; where it cannot, it goes on `holding`.
"""

# ruff: noqa: N818 - the classes are named like the constants of the action

from __future__ import annotations

from typing import Any, ClassVar

from tacrefine.errors import TacrefineError

SUCCESS = 0
HOLDING, OPEN, HANDED_OVER, UNTOUCHED = "holding", "open", "handed_over", "untouched"
STOPPED = "stopped"

REFINE, REGRASP = "refine_grasp", "regrasp"
BOTH = (REFINE, REGRASP)


class GoalError(TacrefineError):
    """A goal ended without success; `code` goes into the result of the `actions` that may end so."""

    code: ClassVar[int] = 900
    safe_state: ClassVar[str] = OPEN
    actions: ClassVar[tuple[str, ...]] = BOTH

    def __init_subclass__(
        cls, code: int, safe_state: str = OPEN, actions: tuple[str, ...] = BOTH, **options: Any
    ) -> None:
        super().__init_subclass__(**options)
        cls.code, cls.safe_state, cls.actions = code, safe_state, actions


class UnknownTarget(GoalError, code=101, actions=(REFINE,)):
    """No target of this name was captured."""


class InvalidGoal(GoalError, code=102):
    """A field of the goal is out of its range."""


class Busy(GoalError, code=103):
    """The request cannot be served while a goal is running."""


class ForceOutOfRange(GoalError, code=104, actions=(REGRASP,)):
    """A force of the goal lies outside what gripper and model allow."""


class Occupied(GoalError, code=105, safe_state=UNTOUCHED, actions=(REGRASP,)):
    """The gripper already holds something that this server has not grasped."""


class Ambiguous(GoalError, code=106):
    """Duplicate nodes: two servers, two policies or two sources of one stream."""


class NotActive(GoalError, code=107, safe_state=UNTOUCHED):
    """The server is not active, so that it takes no goals."""


class Canceled(GoalError, code=110):
    """The client canceled the goal."""


class Preempted(GoalError, code=111, safe_state=HANDED_OVER):
    """Another goal took over, or the node left its active state."""


class ClientLost(GoalError, code=112):
    """The client of the goal is gone: its heartbeat stopped, or it left the graph."""


class NoTactile(GoalError, code=201, actions=(REFINE,)):
    """No tactile message arrived in time."""


class StaleTactile(GoalError, code=202, actions=(REFINE,)):
    """Tactile messages arrive, but their stamps are too old."""


class InvalidTactile(GoalError, code=203, actions=(REFINE,)):
    """Tactile messages arrive, but they do not fit the hand."""


class NoJointStates(GoalError, code=204):
    """No usable joint state arrived in time."""


class NoWristPose(GoalError, code=205):
    """No usable wrist pose arrived in time."""


class NoCorrection(GoalError, code=206, actions=(REFINE,)):
    """The policy sent no usable correction in time."""


class NoContact(GoalError, code=207, actions=(REFINE,)):
    """The closed hand does not touch the object well enough."""


class ModelMismatch(GoalError, code=208, actions=(REFINE,)):
    """The policy's model does not fit the hand or the target."""


class NoImage(GoalError, code=209, actions=(REGRASP,)):
    """No new image of the camera or of a pad arrived in time."""


class InvalidImage(GoalError, code=210, actions=(REGRASP,)):
    """Images arrive, but not of the size or encoding that is needed."""


class DeadPad(GoalError, code=211, actions=(REGRASP,)):
    """One pad shows nothing that a working pad could show."""


class EmptyTable(GoalError, code=212, actions=(REGRASP,)):
    """The camera sees no object to grasp."""


class ObjectGone(GoalError, code=213, actions=(REGRASP,)):
    """There was an object, and it is no longer there."""


class FrozenTactile(GoalError, code=214, actions=(REFINE,)):
    """Tactile messages arrive, but always with the same readings."""


class ClockJump(GoalError, code=215):
    """The clock that stamps messages was set back, jumped ahead or stands still."""


class HandTimeout(GoalError, code=301):
    """The hand did not open or close in time."""


class ArmTimeout(GoalError, code=302):
    """The arm did not arrive in time."""


class LimitExceeded(GoalError, code=303):
    """The asked motion would leave the allowed volume around the start of the goal."""


class WorkspaceExceeded(GoalError, code=304):
    """The asked motion would leave the workspace box."""


class ForceExceeded(GoalError, code=305):
    """A pad felt more than the force ceiling while the hand closed or the arm moved."""


class EmergencyStop(GoalError, code=306, safe_state=STOPPED):
    """The emergency stop was pressed, or is still latched."""


class Unreachable(GoalError, code=307):
    """Arm or gripper cannot reach the asked pose."""


class ArmUnavailable(GoalError, code=308):
    """The arm's controller is not there, does not answer, or refused the motion."""


class PathDeviation(GoalError, code=309):
    """The wrist left the path of its move, moved while it had to hold still, or its pose jumped."""


class NoSupport(GoalError, code=310, safe_state=HOLDING, actions=(REFINE,)):
    """Strategy put_down: nothing was felt below the held object within the allowed travel; it is still held."""


class EarlyContact(GoalError, code=311, safe_state=HOLDING, actions=(REFINE,)):
    """Strategy put_down: the held object touched something sooner than it may; it is still held."""


class NotConverged(GoalError, code=401, safe_state=HOLDING, actions=(REFINE,)):
    """All allowed corrections were made and the last check still misses the tolerances."""


class DryRun(GoalError, code=402, safe_state=UNTOUCHED):
    """Dry run: the next move was planned and published, nothing was moved."""


class NoGrasp(GoalError, code=403, actions=(REGRASP,)):
    """Within the tries no action promised to hold."""


class Slipped(GoalError, code=404, actions=(REGRASP,)):
    """The object was lost while it was lifted or held, and no try was left."""


class Oscillating(GoalError, code=405, safe_state=HOLDING, actions=(REFINE,)):
    """The corrections go back and forth and bring the grasp no nearer."""


class TouchMismatch(GoalError, code=406, safe_state=HOLDING, actions=(REFINE,)):
    """The grasp does not feel like the target, and no move makes it: another object, or a wrong place."""


class ObjectMoved(GoalError, code=407, safe_state=HOLDING, actions=(REFINE,)):
    """The object moved between grasps again and again: corrections do not fit what the wrist did."""


class ObjectLost(GoalError, code=408, safe_state=HOLDING, actions=(REFINE,)):
    """The object was lost out of the hand while it was carried; the fingers stay as they are."""


class Internal(GoalError, code=900):
    """A defect in this software."""


LIMITS = frozenset(
    error.code
    for error in (LimitExceeded, WorkspaceExceeded, ForceExceeded, EmergencyStop, Unreachable, PathDeviation)
)
"""codes of goals that a limit of the motion ended; /diagnostics counts them"""


def all_errors(action: str = REFINE) -> dict[str, type[GoalError]]:
    """Every error class of an action by the name of its constant there, for example `ARM_TIMEOUT`."""
    classes = {}
    for error in GoalError.__subclasses__():
        if action in error.actions:
            name = "".join("_" + letter if letter.isupper() else letter.upper() for letter in error.__name__)
            classes[name.lstrip("_")] = error
    return classes
