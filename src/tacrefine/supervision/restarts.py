"""What a node knows of its own restarts: the respawner tells it in two environment variables."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping

COUNT, LAST_EXIT = "TACREFINE_RESTARTS", "TACREFINE_LAST_EXIT"
"""how often the node was started again, and how it ended the last time, for example 'signal 9'"""
WARN_S = 60.0
"""for which a node that was started again reports a warning"""


class Restarts:
    """Restarts of this process, as told by `tacrefine.bringup.respawn`; none where nobody respawns it."""

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        text = environment.get(COUNT, "")
        self.count = int(text) if text.isdecimal() else 0
        self.last_exit = environment.get(LAST_EXIT, "") if self.count else ""
        self._began = time.monotonic()

    @property
    def is_recent(self) -> bool:
        """Whether the node was started again within the last `WARN_S` seconds."""
        return self.count > 0 and time.monotonic() - self._began < WARN_S

    def report(self) -> dict[str, str]:
        """Pairs for /diagnostics, empty without a restart."""
        return {"restarts": str(self.count), "last exit": self.last_exit} if self.count else {}
