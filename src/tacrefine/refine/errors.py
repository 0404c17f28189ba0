"""Ways in which a refinement can end without success, each with the numeric code of `RefineGrasp.action`.

Every exit leaves hand and arm in a named state:

- `holding`: the arm holds its present pose, the hand stays closed on the object.
- `open`: the arm holds its present pose, the hand is commanded open.
- `handed_over`: the arm holds its present pose, the hand is left as it is for the goal that takes over.
- `untouched`: nothing had been commanded yet, so nothing was commanded.
- `stopped`: the arm holds its present pose, fingers that were moving hold theirs; an emergency stop moves nothing.

The object is held by something else (a fixture, the other hand), so opening the hand never drops it.
"""

# ruff: noqa: N818 - the classes are named like the constants of the action

from __future__ import annotations

from typing import ClassVar

from tacrefine.errors import TacrefineError

SUCCESS = 0
HOLDING, OPEN, HANDED_OVER, UNTOUCHED = "holding", "open", "handed_over", "untouched"
STOPPED = "stopped"


class RefineError(TacrefineError):
    """A refinement ended without success; `code` goes into the action's result."""

    code: ClassVar[int] = 900
    safe_state: ClassVar[str] = OPEN


class UnknownTarget(RefineError):
    """No target of this name was captured."""

    code = 101


class InvalidGoal(RefineError):
    """A field of the goal is out of its range."""

    code = 102


class Busy(RefineError):
    """The request cannot be served while a goal is running."""

    code = 103


class Canceled(RefineError):
    """The client canceled the goal."""

    code = 110


class Preempted(RefineError):
    """Another goal took over, or the node left its active state."""

    code = 111
    safe_state = HANDED_OVER


class NoTactile(RefineError):
    """No tactile message arrived in time."""

    code = 201


class StaleTactile(RefineError):
    """Tactile messages arrive, but their stamps are too old."""

    code = 202


class InvalidTactile(RefineError):
    """Tactile messages arrive, but they do not fit the hand."""

    code = 203


class NoJointStates(RefineError):
    """No usable joint state arrived in time."""

    code = 204


class NoWristPose(RefineError):
    """No usable wrist pose arrived in time."""

    code = 205


class NoCorrection(RefineError):
    """The policy sent no usable correction in time."""

    code = 206


class NoContact(RefineError):
    """The closed hand does not touch the object well enough."""

    code = 207


class ModelMismatch(RefineError):
    """The policy's model does not fit the hand or the target."""

    code = 208


class HandTimeout(RefineError):
    """The hand did not open or close in time."""

    code = 301


class ArmTimeout(RefineError):
    """The arm did not arrive in time."""

    code = 302


class LimitExceeded(RefineError):
    """The asked motion would leave the allowed volume around the start of the goal."""

    code = 303


class WorkspaceExceeded(RefineError):
    """The asked motion would leave the workspace box."""

    code = 304


class ForceExceeded(RefineError):
    """A pad felt more than the force ceiling while the hand closed or the arm moved."""

    code = 305


class EmergencyStop(RefineError):
    """The emergency stop was pressed, or is still latched."""

    code = 306
    safe_state = STOPPED


class Unreachable(RefineError):
    """The arm's joints cannot reach the asked pose within their limits."""

    code = 307


class ArmUnavailable(RefineError):
    """The arm's controller is not there, does not answer, or refused the motion."""

    code = 308


class NotConverged(RefineError):
    """All allowed corrections were made and the last check still misses the tolerances."""

    code = 401
    safe_state = HOLDING


class DryRun(RefineError):
    """Dry run: the next move was planned and published, nothing was moved."""

    code = 402
    safe_state = UNTOUCHED


class Internal(RefineError):
    """A defect in this software."""

    code = 900


def all_errors() -> dict[str, type[RefineError]]:
    """Every error class by the name of its constant in `RefineGrasp.action`, for example `ARM_TIMEOUT`."""
    classes = {}
    for error in RefineError.__subclasses__():
        name = "".join("_" + letter if letter.isupper() else letter.upper() for letter in error.__name__)
        classes[name.lstrip("_")] = error
    return classes
