"""Network and model together: weighed by what each one knows, and never worse for a robot that is another one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tacrefine.hands import load_hand
from tacrefine.identification.model_based import ModelBasedRefiner, Observed
from tacrefine.objects import load_objects
from tacrefine.plants import load_plant
from tacrefine.policy import Corrections, wrist_increment
from tacrefine.sim import QuasistaticSimulator
from tacrefine.touch import Sensor

HAND = load_hand()
SIMULATOR = QuasistaticSimulator(HAND)
ITEM = load_objects()["rod_13"]
AXES = ITEM.observable
N = 16


class Held:
    """N pairs of touches on a robot, and proposals that are wrong by `sigma` and say so."""

    def __init__(self, sigma: float, **robot: float) -> None:
        rng = np.random.default_rng(3)
        ideal = load_plant("ideal").sample(HAND, rng)
        sample = replace(ideal, noise=0.03, joint_noise=0.001, **robot)  # type: ignore[arg-type]
        sensor = Sensor(HAND, sample, rng)
        current, target = (0.7 * ITEM.sample_poses(rng, N) for _ in range(2))
        self.touches = []
        for poses in (current, target):
            grasp = SIMULATOR.grasp(ITEM, poses, sample)
            self.touches.append(Observed(sensor.read(grasp.force), sensor.read_joints(grasp.joints)))
        self.truth = target - current
        deviation = np.broadcast_to(sigma * ITEM.half_range, (N, 6))
        wrong = self.truth + deviation * rng.standard_normal((N, 6)) * AXES
        seen = np.broadcast_to(AXES, (N, 6))
        increments = wrist_increment(HAND, current, wrong, seen)
        self.proposal = Corrections(increments, deviation * AXES, seen, current, wrong)
        self.refined, self.improved = ModelBasedRefiner(HAND, ITEM, "ideal", SIMULATOR)(
            self.proposal, *self.touches
        )

    def error(self, corrections: Corrections) -> np.ndarray:
        return np.abs((corrections.differences - self.truth)[:, AXES] / ITEM.half_range[AXES])


def test_where_the_robot_is_known_the_fit_decides() -> None:
    held = Held(0.05)
    assert held.improved.all()
    assert np.median(held.error(held.refined)) < 0.2 * np.median(held.error(held.proposal))
    assert (held.refined.standard_deviation < held.proposal.standard_deviation + 1e-12).all()


def test_a_network_that_is_surer_than_the_fit_decides() -> None:
    held = Held(0.0002)
    assert np.median(held.error(held.refined)) < 1.5 * np.median(held.error(held.proposal))


@pytest.mark.parametrize("sigma", [0.02, 0.1])
def test_on_another_robot_than_assumed_nothing_gets_worse(sigma: float) -> None:
    held = Held(sigma, taxel_stiffness=330.0, closing_torque=1.4)
    assert np.median(held.error(held.refined)) <= 1.1 * np.median(held.error(held.proposal))
    believed = held.refined.standard_deviation[:, AXES]
    assert (believed > 0).all()


def test_a_fit_without_a_say_leaves_the_proposal_as_it_is() -> None:
    held = Held(0.005, taxel_stiffness=300.0, closing_torque=1.4, contact_stiffness=800.0)
    left = ~held.improved
    assert left.any()
    np.testing.assert_array_equal(held.refined.differences[left], held.proposal.differences[left])
    np.testing.assert_array_equal(
        held.refined.standard_deviation[left], held.proposal.standard_deviation[left]
    )
