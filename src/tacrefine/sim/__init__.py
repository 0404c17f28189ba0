"""Simulated touch: two tactile models of one mechanics, behind one interface."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from tacrefine.hands import Hand
from tacrefine.objects import GraspObject
from tacrefine.plants import PlantSample
from tacrefine.sim.batch import GraspBatch
from tacrefine.sim.elastic import ElasticSimulator, ElasticWorld
from tacrefine.sim.quasistatic import QuasistaticSimulator

__all__ = [
    "ElasticSimulator",
    "ElasticWorld",
    "GraspBatch",
    "GraspSimulator",
    "QuasistaticSimulator",
    "make_simulator",
]


class GraspSimulator(Protocol):
    """Closes a hand at ``(N, 6)`` pose coordinates."""

    def grasp(self, poses: NDArray[np.float64]) -> GraspBatch:
        """Close the hand at each pose."""
        ...


class _Quasistatic:
    def __init__(self, hand: Hand, obj: GraspObject, draw: PlantSample) -> None:
        self._simulator, self._object, self._draw = QuasistaticSimulator(hand), obj, draw

    def grasp(self, poses: NDArray[np.float64]) -> GraspBatch:
        return self._simulator.grasp(self._object, poses, self._draw)


def make_simulator(hand: Hand, obj: GraspObject, draw: PlantSample) -> GraspSimulator:
    """The simulator that the drawn plant asks for (``draw.tactile_model``)."""
    return (
        ElasticSimulator(hand, obj, draw)
        if draw.tactile_model == "elastic"
        else _Quasistatic(hand, obj, draw)
    )
