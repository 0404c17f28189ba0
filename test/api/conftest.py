"""Bags for these tests are made by the helpers of test/bags."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "bags"))
