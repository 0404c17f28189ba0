"""What counts as one grasp: frames at rest, no longer than a window."""

from __future__ import annotations

import numpy as np

from tacrefine.hands import load_hand
from tacrefine.identification.model_based.grasp_mean import GraspMean
from tacrefine.touch import TouchFrame

HAND = load_hand()


def frame(rng: np.random.Generator, joints: float = 0.5, load: float = 0.2) -> TouchFrame:
    tactile = np.clip(load + 0.03 * rng.standard_normal(HAND.taxel_count), 0, 1).astype(np.float32)
    angles = (joints + 0.001 * rng.standard_normal(len(HAND.joint_names))).astype(np.float32)
    return TouchFrame(tactile, angles)


def test_noise_alone_starts_no_new_grasp_and_the_newest_frames_are_averaged() -> None:
    rng, mean = np.random.default_rng(0), GraspMean(HAND, 10)
    frames = [frame(rng) for _ in range(200)]
    for number, one in enumerate(frames):
        mean.add(one)
        assert len(mean) == min(number + 1, 10)
    seen = mean.observed()
    assert seen.frames == 10
    np.testing.assert_allclose(
        seen.readings[0], np.mean([f.tactile for f in frames[-10:]], axis=0), rtol=1e-5
    )
    np.testing.assert_allclose(seen.joints[0], np.mean([f.joints for f in frames[-10:]], axis=0), rtol=1e-5)


def test_moved_joints_start_a_new_mean() -> None:
    rng, mean = np.random.default_rng(0), GraspMean(HAND, 10)
    for _ in range(5):
        mean.add(frame(rng))
    mean.add(frame(rng, joints=0.53))
    assert len(mean) == 1


def test_a_growing_load_starts_a_new_mean_even_with_joints_at_rest() -> None:
    rng, mean = np.random.default_rng(0), GraspMean(HAND, 10)
    for _ in range(5):
        mean.add(frame(rng))
    mean.add(frame(rng, load=0.25))
    assert len(mean) == 1


def test_a_dead_taxel_stays_dead_in_the_mean() -> None:
    rng, mean = np.random.default_rng(0), GraspMean(HAND, 10)
    for _ in range(3):
        one = frame(rng)
        one.tactile[7] = np.nan
        mean.add(one)
    readings = mean.observed().readings[0]
    assert np.isnan(readings[7])
    assert np.isfinite(np.delete(readings, 7)).all()
