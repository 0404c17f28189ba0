"""Examples are no packages: their folders are put on the path, as they are for a program that is started there."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "examples" / "pick_refine_insert"))
