"""The page and the notebook for Python users run as they stand."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"


def test_the_offline_example_prints_a_correction_and_draws_a_picture(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(EXAMPLES / "offline.py"), "--out", str(tmp_path / "offline.png")],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert "correction: move the wrist by x " in done.stdout
    assert (tmp_path / "offline.png").stat().st_size > 5_000


def test_the_notebook_runs_from_top_to_bottom(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(EXAMPLES)
    notebook = json.loads((EXAMPLES / "quickstart.ipynb").read_text(encoding="utf-8"))
    cells = ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert len(cells) >= 5
    names: dict[str, Any] = {"__name__": "__main__"}
    for cell in cells:
        exec(compile(cell, "quickstart.ipynb", "exec"), names)
    printed = capsys.readouterr().out
    before, after = (float(printed.split(f"{name}: ")[1].split(" mm")[0]) for name in ("before", "after"))
    assert before > 3.0
    assert after < 1.0


def test_the_notebook_is_shipped_without_outputs() -> None:
    notebook = json.loads((EXAMPLES / "quickstart.ipynb").read_text(encoding="utf-8"))
    assert notebook["nbformat"] == 4
    assert all(not cell.get("outputs") for cell in notebook["cells"])
