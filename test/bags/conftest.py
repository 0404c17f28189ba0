"""Tests of ROS nodes in this folder use the helpers of test/nodes; without ROS they are not collected."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "nodes"))
if importlib.util.find_spec("rclpy") is None:
    collect_ignore_glob = ["test_ros_*.py"]
