"""Probabilities that mean what they say."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit

from tacrefine.policy.regrasp.probability_calibration import calibration_error, fit_platt, reliability


def drawn(count: int = 40_000) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(1)
    true = rng.normal(0.5, 2.0, count)
    return true, rng.random(count) < expit(true)


def test_platt_scaling_undoes_overconfidence() -> None:
    true, success = drawn()
    boasted = 3.0 * true + 1.5
    assert calibration_error(expit(boasted), success) > 0.08
    slope, offset = fit_platt(boasted, success)
    assert slope == pytest.approx(1 / 3, rel=0.05)
    assert offset == pytest.approx(-0.5, abs=0.05)
    assert calibration_error(expit(slope * boasted + offset), success) < 0.01


def test_calibration_error_is_the_gap_between_promise_and_outcome() -> None:
    success = np.arange(100) < 60
    assert calibration_error(np.full(100, 0.85), success) == pytest.approx(0.25)
    assert calibration_error(success.astype(float), success) == 0.0


def test_reliability_shares_make_a_whole() -> None:
    true, success = drawn(1000)
    rows = reliability(expit(true), success)
    assert sum(row["share"] for row in rows) == pytest.approx(1.0)
    assert [row["predicted"] for row in rows] == sorted(row["predicted"] for row in rows)


def test_one_outcome_alone_leaves_the_logits_as_they_are() -> None:
    assert fit_platt(np.array([1.0, 2.0]), np.array([True, True])) == (1.0, 0.0)
