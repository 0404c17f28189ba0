"""The estimator: many corrections say more than one, wild ones are not believed, and it knows when to stop."""

from __future__ import annotations

import numpy as np
import pytest

from tacrefine.geometry import error_between, from_coordinates, to_coordinates, transform
from tacrefine.hands import load_hand
from tacrefine.policy import Correction
from tacrefine.refine.estimator import EstimatorSettings, TargetEstimator

HAND = load_hand()
PLATE = np.array([False, False, True, True, True, False])
SIGMA = np.repeat([0.001, np.deg2rad(1.0)], 3)
BASE = transform((0.4, 0.1, 0.3), (0.2, -1.0, 0.5))
TARGET = np.array([0, 0, 0.003, 0.05, -0.08, 0])


def wrist_at(coordinates: np.ndarray):
    """Wrist pose in the arm's base frame, the object standing at BASE."""
    return BASE * from_coordinates(coordinates) * HAND.centre_from_wrist


def measured(x: np.ndarray, error: np.ndarray, sigma: np.ndarray = SIGMA) -> Correction:
    """The correction from x to the target, wrong by `error` in pose coordinates."""
    centre = from_coordinates(x).inv() * from_coordinates(TARGET + error * PLATE)
    return Correction.of(HAND.wrist_from_centre * centre * HAND.centre_from_wrist, sigma * PLATE, PLATE)


def errors(wrist) -> tuple[float, float]:
    metres, radians = error_between(wrist * HAND.wrist_from_centre, BASE * from_coordinates(TARGET))
    return float(metres), float(radians)


def test_a_perfect_correction_leads_to_the_target() -> None:
    x = np.array([0, 0, -0.004, -0.1, 0.05, 0])
    estimator = TargetEstimator()
    estimator.add(wrist_at(x), measured(x, np.zeros(6), 1e-5 * np.ones(6)))
    decision = estimator.decide(wrist_at(x), HAND)
    assert max(errors(decision.next_wrist)) < 1e-9
    assert decision.remaining_m == pytest.approx(0.007)
    assert not decision.converged
    assert TargetEstimator.decide(estimator, decision.next_wrist, HAND).converged


def test_several_frames_and_grasps_are_better_than_one() -> None:
    rng = np.random.default_rng(1)
    single, fused = [], []
    for _ in range(40):
        estimator = TargetEstimator(EstimatorSettings(shared_fraction=0.0))
        for _ in range(4):
            x = TARGET + rng.normal(size=6) * SIGMA * 3 * PLATE
            estimator.start_grasp()
            for _ in range(5):
                estimator.add(wrist_at(x), measured(x, rng.normal(size=6) * SIGMA))
            if estimator.grasps == 1:
                single.append(errors(wrist_at(x) * measured(x, rng.normal(size=6) * SIGMA).increment))
        fused.append(errors(estimator.decide(wrist_at(x), HAND).next_wrist))
    assert (np.median(fused, axis=0) < 0.35 * np.median(single, axis=0)).all()


def test_the_fused_deviation_is_honest() -> None:
    rng = np.random.default_rng(2)
    inside = []
    for _ in range(100):
        estimator = TargetEstimator(
            EstimatorSettings(shared_fraction=0.0, wrist_position_noise=0, wrist_rotation_noise=0)
        )
        for _ in range(3):
            x = TARGET + rng.normal(size=6) * SIGMA * PLATE
            estimator.start_grasp()
            for _ in range(4):
                estimator.add(wrist_at(x), measured(x, rng.normal(size=6) * SIGMA))
        decision = estimator.decide(wrist_at(x), HAND)
        reached = BASE.inv() * decision.next_wrist * HAND.wrist_from_centre
        error = np.abs(to_coordinates(reached) - TARGET)
        inside.append((error < decision.standard_deviation)[PLATE])
        assert (decision.standard_deviation[~PLATE] == 0).all()
    assert 0.58 < np.mean(inside) < 0.8


def test_a_wild_frame_is_not_believed() -> None:
    x = np.zeros(6)
    estimator = TargetEstimator()
    for error in (0.1, -0.1, 0.05, -0.05, 12.0):
        estimator.add(wrist_at(x), measured(x, error * SIGMA))
    metres, radians = errors(estimator.decide(wrist_at(x), HAND).next_wrist)
    assert metres < 0.4 * SIGMA[0]
    assert radians < 0.8 * SIGMA[3]


def test_the_newest_grasp_wins_when_the_object_was_pushed() -> None:
    x = np.zeros(6)
    estimator = TargetEstimator()
    for error in (15.0, 15.0, 15.0, 0.0):
        estimator.start_grasp()
        for _ in range(5):
            estimator.add(wrist_at(x), measured(x, error * SIGMA))
    metres, _ = errors(estimator.decide(wrist_at(x), HAND).next_wrist)
    assert metres < 3 * SIGMA[0]


def test_fusing_never_moves_the_axes_that_touch_cannot_tell() -> None:
    rng = np.random.default_rng(3)
    estimator = TargetEstimator()
    for _ in range(4):
        x = TARGET + rng.normal(size=6) * SIGMA * PLATE
        estimator.start_grasp()
        for _ in range(3):
            estimator.add(
                wrist_at(x), measured(x, rng.normal(size=6) * SIGMA, SIGMA * rng.uniform(0.3, 3, 6))
            )
    reached = BASE.inv() * estimator.decide(wrist_at(x), HAND).next_wrist * HAND.wrist_from_centre
    aside = to_coordinates(reached)[~PLATE]
    assert np.abs(aside[:2]).max() < 1e-4
    assert np.abs(aside[2]) < np.deg2rad(0.2)


def test_an_unsure_correction_is_made_in_part() -> None:
    x = np.array([0, 0, -0.004, 0, 0, 0])
    estimator = TargetEstimator(EstimatorSettings(shared_fraction=1.0))
    estimator.add(wrist_at(x), measured(x, np.zeros(6), 8 * SIGMA))
    decision = estimator.decide(wrist_at(x), HAND)
    assert decision.reason == "partial step"
    assert 0.2 * 0.007 < errors(decision.next_wrist)[0] < 0.8 * 0.007


def test_it_stops_when_touch_cannot_tell_more() -> None:
    estimator = TargetEstimator()
    for _ in range(3):
        estimator.start_grasp()
        estimator.add(wrist_at(TARGET), measured(TARGET, 0.05 * SIGMA))
    decision = estimator.decide(wrist_at(TARGET), HAND)
    assert decision.converged
    assert decision.reason == "touch cannot tell more"


def test_without_any_correction_there_is_nothing_to_decide() -> None:
    estimator = TargetEstimator()
    estimator.start_grasp()
    with pytest.raises(ValueError, match="no correction"):
        estimator.decide(wrist_at(TARGET), HAND)
