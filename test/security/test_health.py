"""Every node's report tells rates, ages, limits hit and the last error, also before anything came."""

from __future__ import annotations

import sys
import threading

from tacrefine.nodes.core.health import ERROR, OK, WARN, Health


def test_a_topic_that_is_expected_and_silent_is_told_with_an_infinite_age() -> None:
    health = Health()
    health.expect("tactile")
    assert health.report()["tactile rate [Hz]"] == "0.0"
    assert health.report()["tactile age [s]"] == "inf"
    health.tick("tactile")
    assert float(health.report()["tactile age [s]"]) < 60.0


def test_limits_hit_are_counted_and_the_last_one_is_told() -> None:
    health = Health()
    assert health.report()["limits hit"] == "0"
    assert health.report()["last error"] == ""
    health.limit("the next move is 0.03 m long; allowed is 0.02 m")
    health.limit("pad thumb_tip feels 20 N; allowed are 15 N")
    assert health.report()["limits hit"] == "2"
    assert "thumb_tip" in health.report()["last limit"]


def test_an_error_warns_and_a_failure_is_an_error_until_it_is_fixed() -> None:
    health = Health()
    assert health.level("active") == OK
    health.error("no model", "configure")
    assert health.level("active") == WARN
    health.failure = "no model"
    assert health.level("unconfigured") == ERROR
    health.failure = ""
    assert health.level("active") == WARN


def test_errors_are_logged_once_for_each_kind_however_their_sentences_change(monkeypatch) -> None:
    now = [100.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    health = Health()
    lines = []
    for number in range(100):  # two kinds, taking turns with ever new sentences, 20 times a second
        now[0] += 0.05
        lines += [health.error(f"tactile: {number} values", "tactile"), health.error("no pose", "wrist_pose")]
        assert health.last_error == "no pose"
    logged = [line for line in lines if line]
    assert logged == ["tactile: 0 values", "no pose"]
    now[0] += 5.0
    assert health.error("tactile: one more", "tactile") == (
        "tactile: one more (99 more of this kind were not logged)"
    )


def test_a_topic_may_be_counted_by_one_thread_while_another_one_reports():
    health, stop = Health(), threading.Event()

    def count() -> None:
        number = 0
        while not stop.is_set():
            health.tick("tactile")
            health.tick(f"topic {number % 50}")
            number += 1

    before = sys.getswitchinterval()
    thread = threading.Thread(target=count)
    sys.setswitchinterval(1e-6)
    try:
        thread.start()
        for _ in range(300):
            assert health.report()
    finally:
        stop.set()
        thread.join()
        sys.setswitchinterval(before)
