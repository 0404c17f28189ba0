"""What a check found, and how to fix it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, Literal

Level = Literal["ok", "note", "problem"]


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at. A problem has a remedy; a note tells something and is no fault."""

    check: str
    level: Level
    what: str
    remedy: str = ""

    def __str__(self) -> str:
        """The line that people read."""
        fix = f"\n         fix: {self.remedy}" if self.remedy else ""
        return f"{self.level:7}  {self.check}: {self.what}{fix}"


def ok(check: str, what: str) -> Finding:
    """Return a finding that all is well."""
    return Finding(check, "ok", what)


def note(check: str, what: str, remedy: str = "") -> Finding:
    """Return a finding that is worth knowing and needs no action."""
    return Finding(check, "note", what, remedy)


def problem(check: str, what: str, remedy: str) -> Finding:
    """Return a finding that has to be fixed, and how."""
    return Finding(check, "problem", what, remedy)


def summary(findings: Iterable[Finding]) -> dict[str, Any]:
    """For a JSON file: `well`, how many of each level, and every finding."""
    found = list(findings)
    counts = {level: sum(finding.level == level for finding in found) for level in ("ok", "note", "problem")}
    return {"well": counts["problem"] == 0, **counts, "findings": [asdict(finding) for finding in found]}
