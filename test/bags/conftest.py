"""Tests of ROS nodes in this folder use the helpers of test/nodes."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "nodes"))
