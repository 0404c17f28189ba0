"""Every node's report tells rates, ages, limits hit and the last error, also before anything came."""

from __future__ import annotations

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


def test_an_error_warns_and_a_failure_is_an_error_until_it_is_mended() -> None:
    health = Health()
    assert health.level("active") == OK
    assert health.error("no model") is True
    assert health.error("no model") is False  # said already
    assert health.level("active") == WARN
    health.failed = True
    assert health.level("unconfigured") == ERROR
