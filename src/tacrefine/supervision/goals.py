"""How a goal ends, whichever loop runs it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from tacrefine.supervision.errors import GoalError


class GoalOutcome(Protocol):
    """How a goal ended, whatever else a loop tells of it."""

    @property
    def code(self) -> int:
        """0 or the code of an error."""

    @property
    def message(self) -> str:
        """One sentence for a person."""

    @property
    def safe_state(self) -> str:
        """Name of the state in which arm and fingers were left."""


@dataclass(frozen=True)
class Ending:
    """How a goal is going to end, and the safe state that it is brought into first."""

    code: int
    message: str
    safe_state: str

    @classmethod
    def of(cls, error: GoalError) -> Ending:
        """Return the outcome that an error stands for."""
        return cls(error.code, str(error), error.safe_state)
