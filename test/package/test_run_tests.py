"""`make test` runs two parts and closes like one pytest: one line with all counts, and the right exit code."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

RUNNER = Path(__file__).parents[2] / "scripts" / "run_tests.py"
specification = importlib.util.spec_from_file_location("run_tests", RUNNER)
run_tests = importlib.util.module_from_spec(specification)
specification.loader.exec_module(run_tests)


@pytest.mark.parametrize(
    ("words", "counts"),
    [
        (("3 passed, 2 deselected", "2 passed, 3 deselected"), "5 passed"),
        (("1 failed, 3 passed, 1 warning", "2 passed, 4 warnings"), "1 failed, 5 passed, 5 warnings"),
        (("3 passed, 1 rerun", "1 failed, 1 rerun"), "1 failed, 3 passed, 2 rerun"),
        (("1 error", "1 passed"), "1 passed, 1 error"),
        (("no tests ran", "2 passed"), "2 passed"),
        (("no tests ran", "no tests ran"), "no tests ran"),
    ],
)
def test_counts_of_both_parts_are_added(words: tuple[str, ...], counts: str) -> None:
    assert run_tests.together(words) == counts


@pytest.mark.parametrize(
    ("codes", "code"),
    [((0, 0), 0), ((1, 0), 1), ((0, 1), 1), ((5, 0), 0), ((0, 5), 0), ((5, 5), 5), ((2,), 2)],
)
def test_the_exit_code_is_zero_only_if_nothing_failed_and_something_ran(codes, code: int) -> None:
    assert run_tests.exit_code(codes) == code


@pytest.mark.parametrize(
    "line",
    [
        "========= 3 passed in 0.12s =========",
        "3 passed, 1 warning in 61.00s (0:01:01)",
        "==== no tests ran in 0.01s ====",
        "===== 8 failed, 1500 passed, 1 skipped, 2 rerun in 697.81s (0:11:37) =====",
    ],
)
def test_the_closing_line_of_pytest_is_found(line: str) -> None:
    assert run_tests.CLOSING.match(line)


@pytest.mark.processes
def test_both_parts_run_with_the_users_options_and_failures_reach_the_exit_code(tmp_path: Path) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers =\n    ros: needs ROS\n    slow: takes long\n")
    flaky = "import pathlib\ndef test_it():\n    seen = pathlib.Path('seen')\n    first = not seen.exists()\n"
    (tmp_path / "test_flaky.py").write_text(flaky + "    seen.touch()\n    assert not first\n")
    (tmp_path / "test_node.py").write_text("import pytest\n@pytest.mark.ros\ndef test_it(): assert False\n")
    (tmp_path / "test_long.py").write_text("import pytest\n@pytest.mark.slow\ndef test_it(): assert False\n")
    command = [sys.executable, RUNNER, "-p", "no:cacheprovider", "--reruns", "1", "-m", "not slow"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False, timeout=240)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "1 failed, 1 passed, 2 rerun in" in done.stdout.strip().splitlines()[-1]
