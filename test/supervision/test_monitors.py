"""Clients that are gone and duplicate nodes."""

from __future__ import annotations

import numpy as np
import pytest

from tacrefine.supervision.client_monitor import ClientMonitor
from tacrefine.supervision.duplicate_nodes import DuplicateNodeMonitor


def test_a_client_whose_heartbeat_stops_is_lost_and_one_that_never_had_one_is_not():
    monitor = ClientMonitor(0.7)
    monitor.begin(b"a", 0.0)
    times = np.arange(0.0, 3.0, 0.01)
    assert not any(monitor.lost(t) for t in times)
    for t in times + 3.0:
        monitor.observe_heartbeat(b"a")
        assert not monitor.lost(t)
    lost = [t for t in times + 6.0 if monitor.lost(t)]
    assert lost[0] == pytest.approx(6.7, abs=0.05)
    monitor.begin(b"b", 9.0)
    monitor.observe_heartbeat(b"a")
    assert not any(monitor.lost(t) for t in times + 9.0)


def test_a_server_that_was_held_up_itself_does_not_blame_its_client():
    monitor = ClientMonitor(0.7)
    monitor.begin(b"a", 0.0)
    monitor.observe_heartbeat(b"a")
    assert not monitor.lost(0.1)
    assert not monitor.lost(5.0)


def test_the_last_client_that_leaves_the_graph_is_lost_after_three_looks():
    monitor = ClientMonitor(0.0)
    monitor.begin(b"a", 0.0)
    for clients in (0, 0, 0, 0, 1, 0, 0):
        monitor.observe_count(clients, 0.0)
        assert not monitor.lost(0.0)
    monitor.observe_count(0, 0.0)
    assert "graph" in monitor.lost(0.0)


def test_two_nodes_of_one_name_are_noticed_and_a_successor_is_not_taken_for_a_second_one():
    monitor = DuplicateNodeMonitor()
    monitor.observe("/policy", "old", 0.0)
    monitor.observe("/policy", "new", 1.0)
    assert monitor.duplicates(1.1) == []
    monitor.observe("/policy", "new", 2.0)
    assert monitor.duplicates(2.1) == []
    monitor.observe("/policy", "old", 2.2)
    monitor.observe("/policy", "new", 3.0)
    assert monitor.duplicates(3.1) == ["/policy"]
    monitor.observe("/policy", "new", 6.0)
    assert monitor.duplicates(6.1) == []
