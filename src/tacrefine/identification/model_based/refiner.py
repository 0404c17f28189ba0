"""The network proposes, a model refines: corrections weighed between network and a fit of simulated touch.

Both are weighed by their variances. The fit's own deviation holds for the robot that it assumes; what it leaves
unexplained tells how far the real one is from that, and widens it. So a fit decides where the mechanics are known, has
some say where they are nearly, and none where it is stuck or the robot is another one.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from tacrefine.hands import Hand
from tacrefine.identification.model_based.fit import Observed, TouchModelFit
from tacrefine.identification.model_based.robot import RobotPrior
from tacrefine.objects import GraspObject
from tacrefine.plants import PlantSample, load_plant
from tacrefine.policy import Corrections
from tacrefine.policy.correction import wrist_increment
from tacrefine.refine.error_correlation import ErrorCorrelation
from tacrefine.sim.quasistatic import QuasistaticSimulator

DISTRUST = 2.0
"""Power of the misfit (1 where the touch is explained) by which a fit's deviation is widened. Chosen on samples of the
plant `training` with the mechanics of `ideal` assumed."""
LEAST_WEIGHT = 0.1
"""Weight on any axis, 0 to 1, from which a fit counts as an improvement."""


def known_robot(hand: Hand, plant: str) -> tuple[PlantSample, RobotPrior]:
    """The robot that a plant (name or path) stands for; ConfigError where it does not fit the hand."""
    loaded = load_plant(plant)
    robot, prior = loaded.description.robot, RobotPrior.known()
    if robot is not None:
        prior = replace(prior, **robot.uncertainty.model_dump())
    return loaded.typical(hand), prior


class ModelBasedRefiner:
    """Refines corrections on one object for a robot whose mechanics are those of `plant` (name or path)."""

    def __init__(
        self,
        hand: Hand,
        item: GraspObject,
        plant: str | tuple[PlantSample, RobotPrior],
        simulator: QuasistaticSimulator | None = None,
    ) -> None:
        """`plant` may also be one robot with what is still unknown of it, as calibration finds them."""
        self._hand, self._item = hand, item
        nominal, prior = known_robot(hand, plant) if isinstance(plant, str) else plant
        self.misfit = np.zeros(0)
        """of the last call's trials, see PairFit"""
        self._error_correlation = ErrorCorrelation()
        self._fit = TouchModelFit(hand, item, nominal, prior, simulator)

    def __call__(
        self, corrections: Corrections, current: Observed, target: Observed
    ) -> tuple[Corrections, NDArray[np.bool_]]:
        """Refined corrections of N trials from one proposal for each, and which of them the fit has improved.

        The proposals rest on the same readings as `current`, and their deviations are those of one reading. Their
        predicted coordinates are the start. Where a fit hardly counts, the proposal is returned unchanged.
        """
        guess = corrections.current
        fit = self._fit.fit(current, target, guess, guess + corrections.differences)
        self.misfit = fit.misfit
        network = np.sqrt(self._error_correlation.of_mean(corrections.standard_deviation**2, current.frames))
        fitted = fit.standard_deviation * np.maximum(fit.misfit, 1.0)[:, None] ** DISTRUST
        both = network**2 + fitted**2
        weight = np.divide(
            network**2, both, out=np.zeros_like(both), where=corrections.observable & (both > 0)
        )
        improved = weight.max(axis=1) >= LEAST_WEIGHT
        weight[~improved] = 0.0
        here = corrections.current + weight * (fit.current - corrections.current)
        change = fit.target - fit.current - corrections.differences
        difference = corrections.differences + weight * change
        # The same noise is in both, so the deviation of their mean is the mean of their deviations.
        mixed = weight * fitted + (1.0 - weight) * network
        deviation = np.where(improved[:, None], mixed, corrections.standard_deviation)
        deviation = np.where(corrections.observable, deviation, 0.0)
        increments = wrist_increment(self._hand, here, difference, corrections.observable)
        return Corrections(increments, deviation, corrections.observable, here, difference), improved

    def blend(
        self, corrections: Corrections, current: Observed, target: Observed
    ) -> tuple[Corrections, NDArray[np.int64]]:
        """As a call, from several corrections of each trial (one a frame, trials outermost).

        Returns one correction for each trial that was improved and all of its own for the others, with their numbers.
        """
        n = len(current.readings)
        frames = len(corrections) // n
        proposals = corrections.averaged(self._hand, frames)
        refined, improved = self(proposals, current, target)
        chosen: list[int] = []
        for i in range(n):
            chosen += [len(corrections) + i] if improved[i] else range(i * frames, (i + 1) * frames)
        return corrections.joined(refined).take(np.array(chosen)), np.where(improved, 1, frames)
