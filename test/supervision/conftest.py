"""The worlds without ROS and without physics of the three loops."""

from __future__ import annotations

import sys
from pathlib import Path

TESTS = Path(__file__).parents[1]
for folder in ("refine", "collect", "regrasp"):
    sys.path.insert(0, str(TESTS / folder))
