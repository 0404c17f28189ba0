"""Model-based refinement with robots that were calibrated first, each trial's own, from grasps before the trial."""

from __future__ import annotations

from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from tacrefine.evaluation.settings import EvaluationSettings
from tacrefine.hands import Hand
from tacrefine.identification import Calibration, FittedRobot, episodes_of, record
from tacrefine.identification.model_based import ModelBasedRefiner, Observed
from tacrefine.objects import GraspObject, load_objects
from tacrefine.plants import PlantSample, load_plant
from tacrefine.policy import Corrections, Policy
from tacrefine.sim.quasistatic import QuasistaticSimulator

START = "nominal"
"""the robot that calibration starts from; it knows nothing of the plant under test"""


class CalibratedRefiners:
    """One refiner for each trial. The recording has a generator of its own, so that trials stay the same ones."""

    def __init__(
        self,
        settings: EvaluationSettings,
        hand: Hand,
        policy: Policy,
        item: GraspObject,
        samples: list[PlantSample],
        number: int,
    ) -> None:
        simulator = QuasistaticSimulator(hand)
        items = list(load_objects(settings.objects).values())
        start = load_plant(settings.model_based or START).typical(hand)
        rng = np.random.default_rng([settings.seed, crc32(item.name.encode()), number, 1])
        self.robots: list[FittedRobot] = []
        for sample in samples:
            groups = record(hand, items, sample, settings.calibrate, rng, settings.frames)
            episodes = episodes_of(hand, groups, items, settings.frames)
            self.robots.append(Calibration(hand, start, simulator=simulator).fit(episodes, policy))
        self._refiners = [
            ModelBasedRefiner(hand, item, (robot.sample, robot.prior()), simulator) for robot in self.robots
        ]

    def blend(
        self, corrections: Corrections, current: Observed, target: Observed
    ) -> tuple[Corrections, NDArray[np.int64]]:
        """As :meth:`ModelBasedRefiner.blend`, with each trial's own robot."""
        n = len(self._refiners)
        frames = len(corrections) // n
        parts, repeats = [], []
        for i, refiner in enumerate(self._refiners):
            own = corrections.take(np.arange(i * frames, (i + 1) * frames))
            part, repeat = refiner.blend(own, current.of(i), target.of(i))
            parts.append(part)
            repeats.append(repeat)
        joined = parts[0]
        for part in parts[1:]:
            joined = joined.joined(part)
        return joined, np.concatenate(repeats)
