"""Refined corrections in the loop: waited for, preferred, and never a reason to get stuck."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from tacrefine.geometry import transform
from tacrefine.refine.correction_filter import CorrectionFilter
from tacrefine.refine.estimator import TargetEstimator
from tacrefine.refine.samples import CorrectionSample
from tacrefine.supervision import errors
from tacrefine.supervision.phases import HandPhase

OBSERVABLE = np.array([True, False, True, False, True, False])
WRONG = transform((0.002, 0.0, 0.0))


def sample(stamp: float, frames: int = 1, increment=WRONG) -> CorrectionSample:
    return CorrectionSample(stamp, "goal", 2, increment, np.where(OBSERVABLE, 1e-4, 0.0), OBSERVABLE, frames)


def send_refined(world, delay: float) -> None:
    """Answer with the truth, refined, `delay` s after sensing began; the network is wrong by 2 mm."""
    right, began = [], [0.0]
    original, spoil = world.step, world.spoil

    def wrong(one: CorrectionSample) -> CorrectionSample:
        right[:] = [one]
        return replace(spoil(one), increment=one.increment * WRONG)

    def step(seconds: float = 0.01):
        outcome = original(seconds)
        if world.machine.phase is not HandPhase.SENSING:
            began[0] = world.clock.now()
        elif world.clock.now() - began[0] >= delay:
            world.machine.observe_correction(replace(right[0], frames=10))
        return outcome

    world.spoil, world.step = wrong, step


def test_a_refined_correction_counts_beside_newer_ones_but_not_if_older_than_the_grasp() -> None:
    corrections = CorrectionFilter("goal", 1.0)
    assert corrections.accept(sample(1.5), 2.0)
    assert corrections.accept(sample(1.2, frames=8), 2.0)
    assert not corrections.accept(sample(1.2, frames=9), 2.0)
    assert not corrections.accept(sample(0.9, frames=8), 2.0)
    assert (corrections.accepted, corrections.refined) == (1, 1)


def test_a_refined_correction_takes_the_place_of_all_others_of_its_grasp(world) -> None:
    estimator, wrist = TargetEstimator(), transform()
    for _ in range(5):
        estimator.add(wrist, sample(1.0))
    estimator.refine(wrist, sample(1.0, 8, transform((0.0, 0.0, 0.003))))
    estimator.add(wrist, sample(1.1))
    assert (estimator.grasps, estimator.frames) == (1, 1)
    decision = estimator.decide(wrist, world.centre)
    np.testing.assert_allclose(decision.next_wrist.translation, [0.0, 0.0, 0.003], atol=1e-12)


def test_the_loop_waits_for_a_refined_correction_and_follows_it(make_world) -> None:
    world = make_world(refined_timeout=1.0)
    send_refined(world, delay=0.3)
    world.machine.start(world.goal())
    outcome = world.run()
    assert outcome.code == errors.SUCCESS
    assert np.linalg.norm((world.wrist.inv() * world.target).translation) < 1e-4


def test_where_no_refined_correction_comes_the_others_decide(make_world) -> None:
    world = make_world(refined_timeout=1.0)
    world.machine.start(world.goal())
    world.run_to(HandPhase.SENSING)
    began = world.clock.steady()
    world.run_to(HandPhase.OPENING)
    assert 1.0 <= world.clock.steady() - began < 1.2
    assert world.run().code == errors.SUCCESS


def test_without_model_based_refinement_nothing_is_waited_for(world) -> None:
    world.machine.start(world.goal())
    world.run_to(HandPhase.SENSING)
    began = world.clock.steady()
    world.run_to(HandPhase.OPENING)
    assert world.clock.steady() - began < 0.1
