"""Examples are no packages: their folders are put on the path, as they are for a program that is started there."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

for example in ("insert_planner", "regrasp_then_refine"):
    sys.path.insert(0, str(Path(__file__).parents[2] / "examples" / example))

if importlib.util.find_spec("rclpy") is None:
    collect_ignore = ["test_insert_planner.py"]
