"""Notices duplicate nodes: two of one name publish the same topics and serve the same goals."""

from __future__ import annotations

REPORTED_S = 2.5
"""nodes report once a second; one without a report for so long is gone"""


class DuplicateNodeMonitor:
    """Fed with the reports of active nodes: a name, and an id that is another for each process."""

    def __init__(self) -> None:
        self._reports: dict[str, dict[str, tuple[float, float]]] = {}

    def observe(self, name: str, instance: str, now: float) -> None:
        """Take one report; `now` is monotonic time, s."""
        instances = self._reports.setdefault(name, {})
        first, _ = instances.get(instance, (now, now))
        instances[instance] = (first, now)
        for other in [key for key, (_, last) in instances.items() if now - last > REPORTED_S]:
            del instances[other]

    def duplicates(self, now: float) -> list[str]:
        """Names of duplicate nodes. One that took a dead one's place is none: the dead one reports no more."""
        return sorted(name for name, instances in self._reports.items() if self._are_two(instances, now))

    @staticmethod
    def _are_two(instances: dict[str, tuple[float, float]], now: float) -> bool:
        alive = [times for times in instances.values() if now - times[1] <= REPORTED_S]
        newest = max((first for first, _ in alive), default=0.0)
        return sum(last > newest or first == newest for first, last in alive) > 1
