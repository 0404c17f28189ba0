"""Examples are no package: their folder is put on the path, as it is for a program that is started there."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "examples" / "insert_planner"))

if importlib.util.find_spec("rclpy") is None:
    collect_ignore = ["test_insert_planner.py"]
