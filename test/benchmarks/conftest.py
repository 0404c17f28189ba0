"""Tests of programs in benchmarks/: they are imported from there; made-up files come from test/report."""

from __future__ import annotations

import sys
from pathlib import Path

TEST = Path(__file__).parents[1]
sys.path[:0] = [str(TEST.parent / "benchmarks"), str(TEST / "report")]
