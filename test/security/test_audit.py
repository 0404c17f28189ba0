"""The audit's report: what is known is named, and what could not be looked up is no good news."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "scripts" / "audit_report.py"
CLEAN = {"name": "a", "version": "1", "vulns": []}
KNOWN = {"name": "b", "version": "2", "vulns": [{"id": "PYSEC-1", "fix_versions": ["3"]}]}
SKIPPED = {"name": "c", "skip_reason": "Dependency not found"}


@pytest.mark.parametrize(
    ("packages", "code", "words"),
    [
        ([CLEAN], 0, ("1 of 1 packages were looked up", "0 vulnerabilities")),
        ([CLEAN, KNOWN], 1, ("b 2: PYSEC-1, fixed in: 3", "1 vulnerabilities")),
        ([CLEAN, SKIPPED], 1, ("1 of 2", "must be reached")),
        ([], 1, ("0 of 0",)),
    ],
)
def test_silence_of_the_database_is_no_good_news(packages, code: int, words: tuple[str, ...]) -> None:
    specification = importlib.util.spec_from_file_location("audit_report", SCRIPT)
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    lines, found = module.judged({"dependencies": packages})
    assert found == code
    assert all(word in "\n".join(lines) for word in words)
