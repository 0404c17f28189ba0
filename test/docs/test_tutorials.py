"""The Python of a tutorial runs as it stands there."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.processes

ROOT = Path(__file__).parents[2]


def test_the_tutorial_on_arrays_runs_step_by_step(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "tutorials" / "python.md").read_text(encoding="utf-8")
    steps = re.findall(r"^```python\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    assert len(steps) == 5
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    (tmp_path / "out").mkdir()
    done = subprocess.run(
        [sys.executable, "-c", "\n".join(steps)],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        timeout=240,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("move the wrist by") == 2
    assert (tmp_path / "out" / "touches.png").stat().st_size > 1000
