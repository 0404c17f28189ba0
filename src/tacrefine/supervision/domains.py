"""A ROS domain that nobody on this machine uses, for runs that must not meet other nodes."""

from __future__ import annotations

import os
import random
from pathlib import Path

FIRST, LAST = 1, 101  # beyond 101 the ports of DDS may meet those that Linux hands out
PORT_BASE, PORT_STEP = 7400, 250


def free_domain() -> int:
    """A domain whose UDP ports are unused now, chosen at random so that two runs seldom pick the same."""
    used = _used_ports()
    candidates = list(range(FIRST, LAST + 1))
    random.Random(os.urandom(8)).shuffle(candidates)
    for domain in candidates:
        begin = PORT_BASE + PORT_STEP * domain
        if not any(port in used for port in range(begin, begin + PORT_STEP)):
            return domain
    return candidates[0]


def domains_in_use() -> set[int]:
    """Domains in which DDS listens on this machine, told by its ports of UDP."""
    low, high = PORT_BASE, PORT_BASE + PORT_STEP * (LAST + 1)
    return {(port - PORT_BASE) // PORT_STEP for port in _used_ports() if low <= port < high}


def _used_ports() -> set[int]:
    ports = set()
    for table in ("udp", "udp6"):
        path = Path("/proc/net") / table
        if path.exists():
            for line in path.read_text().splitlines()[1:]:
                ports.add(int(line.split()[1].rpartition(":")[2], 16))
    return ports
