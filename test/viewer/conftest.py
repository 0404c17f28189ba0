"""Made-up messages come from test/bags; tests of nodes need ROS to be collected."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

TEST = Path(__file__).parents[1]
sys.path.insert(0, str(TEST / "bags"))
if importlib.util.find_spec("rclpy") is None:
    collect_ignore_glob = ["test_ros_*.py"]


@pytest.fixture
def browser_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where a browser keeps its profile; without a browser the test is skipped, and says so."""
    from browser import NAMES, find_browser

    if find_browser() is None:
        pytest.skip(f"no browser on PATH (looked for {', '.join(NAMES)}); Debian: apt install chromium")
    return tmp_path_factory.mktemp("browser")
