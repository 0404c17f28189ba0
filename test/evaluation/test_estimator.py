"""The estimator: many corrections say more than one, wild ones are not believed, and it knows when to stop."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tacrefine.geometry import error_between, from_coordinates, to_coordinates, transform
from tacrefine.hands import load_hand
from tacrefine.policy import Correction
from tacrefine.refine.estimator import TargetEstimator
from tacrefine.refine.estimator_settings import EstimatorSettings
from tacrefine.refine.samples import weak_axes_note

HAND = load_hand()
PLATE = np.array([False, False, True, True, True, False])
SIGMA = np.repeat([0.001, np.deg2rad(1.0)], 3)
BASE = transform((0.4, 0.1, 0.3), (0.2, -1.0, 0.5))
INDEPENDENT = EstimatorSettings(shared_fraction=0.0, shared_position=0.1, shared_rotation=1.0)
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
    estimator = TargetEstimator(EstimatorSettings(position_tolerance=0.0003, rotation_tolerance=0.005))
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
        estimator = TargetEstimator(INDEPENDENT)
        for _ in range(4):
            x = TARGET + rng.normal(size=6) * SIGMA * 3 * PLATE
            estimator.start_grasp()
            for _ in range(5):
                estimator.add(wrist_at(x), measured(x, rng.normal(size=6) * SIGMA))
            if estimator.grasps == 1:
                single.append(errors(wrist_at(x) * measured(x, rng.normal(size=6) * SIGMA).increment))
        fused.append(errors(estimator.decide(wrist_at(x), HAND).next_wrist))
    assert (np.median(fused, axis=0) < 0.35 * np.median(single, axis=0)).all()


def test_one_sigma_of_the_fused_estimate_covers_68_percent() -> None:
    rng = np.random.default_rng(2)
    inside = []
    for _ in range(100):
        estimator = TargetEstimator(replace(INDEPENDENT, wrist_position_noise=0.0, wrist_rotation_noise=0.0))
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
    assert decision.reason == "nothing left to gain"


def test_the_newest_grasp_is_felt_where_the_wrist_truly_is() -> None:
    """An arm that misses by 0.3 mm spoils what older grasps say of the present one, not what the newest says."""
    settings = EstimatorSettings(wrist_position_noise=0.0003, wrist_rotation_noise=0.0)
    estimator, sigma = TargetEstimator(settings), 0.02 * SIGMA
    for slip in (0.0003, -0.0004, 0.0):
        estimator.start_grasp()
        estimator.add(wrist_at(TARGET), measured(TARGET, np.array([0, 0, slip, 0, 0, 0]), sigma))
    decision = estimator.decide(wrist_at(TARGET), HAND)
    assert errors(decision.target_wrist)[0] < 0.00002
    assert decision.standard_deviation[2] < 1.1 * sigma[2]


def test_without_any_correction_there_is_nothing_to_decide() -> None:
    estimator = TargetEstimator()
    estimator.start_grasp()
    with pytest.raises(ValueError, match="no correction"):
        estimator.decide(wrist_at(TARGET), HAND)


def test_axes_known_little_better_than_before_are_called_weak() -> None:
    prior = np.repeat([0.0035, 0.1], 3)
    sigma = np.array([0, 0, 0.003, 0.01, 0.01, 0])
    estimator = TargetEstimator(prior=prior)
    estimator.add(wrist_at(TARGET), measured(TARGET, np.zeros(6), sigma))
    weak_axes = estimator.decide(wrist_at(TARGET), HAND).weak_axes
    assert weak_axes.tolist() == [False, False, True, False, False, False]
    assert weak_axes_note(weak_axes) == "; weakly observable here: z"
    assert weak_axes_note(np.zeros(6, bool)) == ""


def test_without_a_prior_no_axis_is_called_weak() -> None:
    estimator = TargetEstimator()
    estimator.add(wrist_at(TARGET), measured(TARGET, np.zeros(6), 10 * SIGMA))
    assert not estimator.decide(wrist_at(TARGET), HAND).weak_axes.any()


def test_what_is_in_common_does_not_average_out() -> None:
    """Noise does: the deviation of a well-told axis falls with the readings, that of a hardly told one does not."""
    sigma = np.array([0, 0, 0.00003, np.deg2rad(3.0), np.deg2rad(0.1), 0])
    settings = EstimatorSettings(wrist_position_noise=0.0, wrist_rotation_noise=0.0)
    deviations = []
    for readings in (1, 16):
        estimator = TargetEstimator(settings)
        for _ in range(readings):
            estimator.add(wrist_at(TARGET), measured(TARGET, np.zeros(6), sigma))
        deviations.append(estimator.decide(wrist_at(TARGET), HAND).standard_deviation)
    ratio = (deviations[1] / np.maximum(deviations[0], 1e-12))[PLATE]
    assert ratio[0] < 0.5
    assert ratio[1] > 0.95
    assert ratio[2] < 0.5


def test_refined_corrections_of_several_grasps_share_the_touch_of_the_target() -> None:
    settings = EstimatorSettings(wrist_position_noise=0.0, wrist_rotation_noise=0.0)
    estimator, sigma = TargetEstimator(settings), 0.01 * SIGMA
    for _ in range(20):
        estimator.start_grasp()
        estimator.refine(wrist_at(TARGET), measured(TARGET, np.zeros(6), sigma))
    deviation = estimator.decide(wrist_at(TARGET), HAND).standard_deviation
    assert (deviation[PLATE] > 0.65 * sigma[PLATE]).all()
    assert (deviation[PLATE] < 0.8 * sigma[PLATE]).all()


def test_it_goes_on_while_a_move_gains_and_stops_when_the_arm_cannot_do_better() -> None:
    """0.1 mm remain and are known to 0.05 mm: worth a move for an exact arm, not for one that misses by as much."""
    off = TARGET + np.array([0, 0, 0.0001, 0, 0, 0])
    sigma = np.array([0, 0, 0.00005, 0.0001, 0.0001, 0])
    reasons = []
    for noise in (0.0, 0.0001):
        estimator = TargetEstimator(EstimatorSettings(wrist_position_noise=noise, wrist_rotation_noise=noise))
        for _ in range(2):
            estimator.start_grasp()
            estimator.add(wrist_at(off), measured(off, np.zeros(6), sigma))
        reasons.append(estimator.decide(wrist_at(off), HAND).reason)
    assert reasons == ["step", "nothing left to gain"]
