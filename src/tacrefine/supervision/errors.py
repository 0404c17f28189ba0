"""Ways in which a goal can end without success: the numeric codes of `RefineGrasp.action` and `Regrasp.action`.

One table for both, so that a code means the same wherever it comes from. Every exit leaves hand and arm in a state with
a name:

- `holding`: the arm holds its present pose, the hand stays closed on the object.
- `open`: the arm holds its present pose, the hand is commanded open.
- `handed_over`: the arm holds its present pose, the hand is left as it is for the goal that takes over.
- `untouched`: nothing had been commanded yet, so nothing was commanded.
- `stopped`: the arm holds its present pose, fingers that were moving hold theirs; an emergency stop moves nothing.

While a grasp is refined the object is held by something else (a fixture, the other hand), so opening the hand never
drops it. A gripper that has lifted its object puts it back before it opens; where it cannot, it goes on `holding`.
"""

# ruff: noqa: N818 - the classes are named like the constants of the action

from __future__ import annotations

from typing import ClassVar

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


class UnknownTarget(GoalError):
    """No target of this name was captured."""

    code = 101
    actions = (REFINE,)


class InvalidGoal(GoalError):
    """A field of the goal is out of its range."""

    code = 102


class Busy(GoalError):
    """The request cannot be served while a goal is running."""

    code = 103


class ForceOutOfRange(GoalError):
    """A force of the goal lies outside what gripper and model allow."""

    code = 104
    actions = (REGRASP,)


class Occupied(GoalError):
    """The gripper already holds something that this server has not grasped."""

    code = 105
    safe_state = UNTOUCHED
    actions = (REGRASP,)


class Ambiguous(GoalError):
    """Two nodes do what one alone may do: two servers, two policies, two sources of one stream."""

    code = 106


class Canceled(GoalError):
    """The client canceled the goal."""

    code = 110


class Preempted(GoalError):
    """Another goal took over, or the node left its active state."""

    code = 111
    safe_state = HANDED_OVER


class ClientLost(GoalError):
    """The client of the goal is gone: its heartbeat stopped, or it left the graph."""

    code = 112


class NoTactile(GoalError):
    """No tactile message arrived in time."""

    code = 201
    actions = (REFINE,)


class StaleTactile(GoalError):
    """Tactile messages arrive, but their stamps are too old."""

    code = 202
    actions = (REFINE,)


class InvalidTactile(GoalError):
    """Tactile messages arrive, but they do not fit the hand."""

    code = 203
    actions = (REFINE,)


class NoJointStates(GoalError):
    """No usable joint state arrived in time."""

    code = 204


class NoWristPose(GoalError):
    """No usable wrist pose arrived in time."""

    code = 205


class NoCorrection(GoalError):
    """The policy sent no usable correction in time."""

    code = 206
    actions = (REFINE,)


class NoContact(GoalError):
    """The closed hand does not touch the object well enough."""

    code = 207
    actions = (REFINE,)


class ModelMismatch(GoalError):
    """The policy's model does not fit the hand or the target."""

    code = 208
    actions = (REFINE,)


class NoImage(GoalError):
    """No new image of the camera or of a pad arrived in time."""

    code = 209
    actions = (REGRASP,)


class InvalidImage(GoalError):
    """Images arrive, but not of the size or encoding that is needed."""

    code = 210
    actions = (REGRASP,)


class DeadPad(GoalError):
    """One pad shows nothing that a working pad could show."""

    code = 211
    actions = (REGRASP,)


class EmptyTable(GoalError):
    """The camera sees no object to grasp."""

    code = 212
    actions = (REGRASP,)


class ObjectGone(GoalError):
    """There was an object, and it is no longer there."""

    code = 213
    actions = (REGRASP,)


class FrozenTactile(GoalError):
    """Tactile messages arrive, but always with the same readings."""

    code = 214
    actions = (REFINE,)


class ClockJump(GoalError):
    """The clock that stamps messages was set back, jumped ahead or stands still."""

    code = 215


class HandTimeout(GoalError):
    """The hand did not open or close in time."""

    code = 301


class ArmTimeout(GoalError):
    """The arm did not arrive in time."""

    code = 302


class LimitExceeded(GoalError):
    """The asked motion would leave the allowed volume around the start of the goal."""

    code = 303


class WorkspaceExceeded(GoalError):
    """The asked motion would leave the workspace box."""

    code = 304


class ForceExceeded(GoalError):
    """A pad felt more than the force ceiling while the hand closed or the arm moved."""

    code = 305


class EmergencyStop(GoalError):
    """The emergency stop was pressed, or is still latched."""

    code = 306
    safe_state = STOPPED


class Unreachable(GoalError):
    """Arm or gripper cannot reach the asked pose."""

    code = 307


class ArmUnavailable(GoalError):
    """The arm's controller is not there, does not answer, or refused the motion."""

    code = 308


class PathDeviation(GoalError):
    """The wrist is not on the way that it was sent, moved while it had to stand, or its pose jumped."""

    code = 309


class NotConverged(GoalError):
    """All allowed corrections were made and the last check still misses the tolerances."""

    code = 401
    safe_state = HOLDING
    actions = (REFINE,)


class DryRun(GoalError):
    """Dry run: the next move was planned and published, nothing was moved."""

    code = 402
    safe_state = UNTOUCHED


class NoGrasp(GoalError):
    """Within the tries no action promised to hold."""

    code = 403
    actions = (REGRASP,)


class Slipped(GoalError):
    """The object was lost while it was lifted or held, and no try was left."""

    code = 404
    actions = (REGRASP,)


class Oscillating(GoalError):
    """The corrections go back and forth and bring the grasp no nearer."""

    code = 405
    safe_state = HOLDING
    actions = (REFINE,)


class Internal(GoalError):
    """A defect in this software."""

    code = 900


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
