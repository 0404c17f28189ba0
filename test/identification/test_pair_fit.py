"""Poses fitted to touch: near the truth where the robot is known, with a deviation that tells where it is not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tacrefine.hands import load_hand
from tacrefine.identification.model_based import PairFit, RobotPrior, TouchModelFit
from tacrefine.identification.model_based.fit import Observed
from tacrefine.objects import load_objects
from tacrefine.plants import load_plant
from tacrefine.sim import QuasistaticSimulator
from tacrefine.touch import Sensor

HAND = load_hand()
SIMULATOR = QuasistaticSimulator(HAND)
NOMINAL = load_plant("ideal").sample(HAND, np.random.default_rng(0))
N = 24


class Pairs:
    """N noisy pairs of touches on one object, with guesses that are off by up to a third of the sampling box."""

    def __init__(self, name: str, **robot: float) -> None:
        self.item = load_objects()[name]
        rng = np.random.default_rng(11)
        sample = replace(NOMINAL, noise=0.03, joint_noise=0.001, **robot)  # type: ignore[arg-type]
        self.current, self.target = (0.7 * self.item.sample_poses(rng, N) for _ in range(2))
        sensor = Sensor(HAND, sample, rng)
        self.felt = []
        for poses in (self.current, self.target):
            grasp = SIMULATOR.grasp(self.item, poses, sample)
            self.felt.append(Observed(sensor.read(grasp.force), sensor.read_joints(grasp.joints)))
        self.guesses = [poses + self.item.sample_poses(rng, N) / 3 for poses in (self.current, self.target)]

    def fit(self, prior: RobotPrior) -> PairFit:
        fit = TouchModelFit(HAND, self.item, NOMINAL, prior, SIMULATOR)
        return fit.fit(*self.felt, *self.guesses)

    def errors(self, fit: PairFit) -> np.ndarray:
        """(N, A) in units of the sampling half range."""
        axes = self.item.observable
        found = (fit.target - fit.current) - (self.target - self.current)
        return found[:, axes] / self.item.half_range[axes]


@pytest.mark.parametrize(("name", "limit"), [("rod_10", 0.02), ("plate_6", 0.15), ("disk_110x10", 0.1)])
def test_a_known_robots_pose_difference_is_found_from_a_rough_guess(name: str, limit: float) -> None:
    pairs = Pairs(name)
    assert np.median(np.abs(pairs.errors(pairs.fit(RobotPrior.known())))) < limit


def test_one_sigma_covers_about_two_thirds_on_a_known_robot() -> None:
    pairs = Pairs("rod_13")
    fit = pairs.fit(RobotPrior.known())
    axes = pairs.item.observable
    error = np.abs((fit.target - fit.current) - (pairs.target - pairs.current))[:, axes]
    assert 0.45 < (error < fit.standard_deviation[:, axes]).mean() < 0.9


def test_hidden_axes_stay_where_they_are_and_have_no_deviation() -> None:
    pairs = Pairs("rod_10")
    fit = pairs.fit(RobotPrior.known())
    hidden = ~pairs.item.observable
    assert (fit.current[:, hidden] == 0).all()
    assert (fit.standard_deviation[:, hidden] == 0).all()


def test_another_robots_touch_is_not_explained_by_a_known_one() -> None:
    known, other = Pairs("rod_13"), Pairs("rod_13", taxel_stiffness=300.0, closing_torque=1.4)
    assert np.median(known.fit(RobotPrior.known()).misfit) < 1.0
    assert np.median(other.fit(RobotPrior.known()).misfit) > 1.3


def test_stiffness_of_an_unknown_robot_is_found_with_the_poses() -> None:
    pairs = Pairs("rod_16", taxel_stiffness=420.0)
    stiffness = NOMINAL.taxel_stiffness * np.exp(pairs.fit(RobotPrior()).nuisance[:, 0])
    assert np.median(stiffness) == pytest.approx(420.0, rel=0.2)


def test_dead_taxels_are_left_out() -> None:
    pairs = Pairs("rod_10")
    dead = np.random.default_rng(0).random(HAND.taxel_count) < 0.05
    pairs.felt = [
        Observed(np.where(dead, np.nan, o.readings).astype(np.float32), o.joints) for o in pairs.felt
    ]
    assert np.median(np.abs(pairs.errors(pairs.fit(RobotPrior.known())))) < 0.02
