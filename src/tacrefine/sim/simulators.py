"""Both tactile models behind one interface."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from tacrefine.hands import Hand
from tacrefine.objects import GraspObject
from tacrefine.plants import PlantSample
from tacrefine.sim.batch import GraspBatch
from tacrefine.sim.elastic import ElasticSimulator
from tacrefine.sim.quasistatic import QuasistaticSimulator


class GraspSimulator(Protocol):
    """Closes a hand at ``(N, 6)`` pose coordinates."""

    def grasp(self, poses: NDArray[np.float64]) -> GraspBatch:
        """Close the hand at each pose."""
        ...


class _Quasistatic:
    def __init__(self, hand: Hand, obj: GraspObject, sample: PlantSample) -> None:
        self._simulator, self._object, self._sample = QuasistaticSimulator(hand), obj, sample

    def grasp(self, poses: NDArray[np.float64]) -> GraspBatch:
        return self._simulator.grasp(self._object, poses, self._sample)


def make_simulator(hand: Hand, obj: GraspObject, sample: PlantSample) -> GraspSimulator:
    """The simulator that the sampled plant asks for (``sample.tactile_model``)."""
    return (
        ElasticSimulator(hand, obj, sample)
        if sample.tactile_model == "elastic"
        else _Quasistatic(hand, obj, sample)
    )
