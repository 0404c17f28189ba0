"""The network proposes, synthesis refines: corrections that a fit of simulated touch has improved where it can.

Where the fitted touch does not explain what was felt (another robot than assumed, a stuck fit), the network's
corrections stand.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from tacrefine.hands import Hand
from tacrefine.objects import GraspObject
from tacrefine.plants import PlantDraw, load_plant
from tacrefine.policy import Corrections
from tacrefine.policy.correction import wrist_increment
from tacrefine.sim.quasistatic import QuasistaticSimulator
from tacrefine.synthesis.fit import Observed, TouchSynthesis
from tacrefine.synthesis.robot import RobotPrior

MAX_MISFIT = 1.3
"""Mean squared residual, in units of its expectation, up to which a fit is believed."""


def known_robot(hand: Hand, plant: str) -> tuple[PlantDraw, RobotPrior]:
    """The robot that a plant (name or path) stands for; ConfigError where it does not fit the hand."""
    loaded = load_plant(plant)
    robot, prior = loaded.description.robot, RobotPrior.known()
    if robot is not None:
        prior = replace(prior, **robot.uncertainty.model_dump())
    return loaded.typical(hand), prior


class SynthesisRefiner:
    """Refines corrections on one object for a robot whose mechanics are those of `plant` (name or path)."""

    def __init__(
        self,
        hand: Hand,
        item: GraspObject,
        plant: str | tuple[PlantDraw, RobotPrior],
        simulator: QuasistaticSimulator | None = None,
    ) -> None:
        """`plant` may also be one robot with what is still unknown of it, as calibration finds them."""
        self._hand, self._item = hand, item
        nominal, prior = known_robot(hand, plant) if isinstance(plant, str) else plant
        self.misfit = np.zeros(0)
        """of the last call's trials, see PairFit"""
        self._fit = TouchSynthesis(hand, item, nominal, prior, simulator)

    def __call__(
        self, corrections: Corrections, current: Observed, target: Observed
    ) -> tuple[Corrections, NDArray[np.bool_]]:
        """Refined corrections of N trials from one proposal for each, and which of them the fit has improved.

        The proposals' predicted coordinates are the start; refused fits return the proposal unchanged.
        """
        guess = corrections.current
        fit = self._fit.fit(current, target, guess, guess + corrections.differences)
        self.misfit = fit.misfit
        believed = fit.misfit < MAX_MISFIT
        choose = believed[:, None]
        here = np.where(choose, fit.current, corrections.current)
        difference = np.where(choose, fit.target - fit.current, corrections.differences)
        deviation = np.where(choose, fit.standard_deviation, corrections.standard_deviation)
        deviation = np.where(corrections.observable, deviation, 0.0)
        increments = wrist_increment(self._hand, here, difference, corrections.observable)
        return Corrections(increments, deviation, corrections.observable, here, difference), believed

    def blend(
        self, corrections: Corrections, current: Observed, target: Observed
    ) -> tuple[Corrections, NDArray[np.int64]]:
        """As a call, from several corrections of each trial (one a frame, trials outermost).

        Returns one correction for each trial that was improved and all of its own for the others, with their numbers.
        """
        n = len(current.readings)
        frames = len(corrections) // n
        proposals = corrections.averaged(self._hand, frames)
        refined, believed = self(proposals, current, target)
        chosen: list[int] = []
        for i in range(n):
            chosen += [len(corrections) + i] if believed[i] else range(i * frames, (i + 1) * frames)
        return corrections.joined(refined).take(np.array(chosen)), np.where(believed, 1, frames)
