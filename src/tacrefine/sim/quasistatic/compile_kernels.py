"""Fills the kernel cache: ``python -m tacrefine.sim.quasistatic.compile_kernels``. Called by ``compile_once``."""

from __future__ import annotations

import numpy as np

from tacrefine.hands import load_hand
from tacrefine.objects import load_objects
from tacrefine.plants import load_plant
from tacrefine.sim.quasistatic.solver import MechanicsBatch, QuasistaticSimulator


def main() -> None:
    """One grasp on every shape."""
    hand = load_hand()
    sample = load_plant("ideal").sample(hand, np.random.default_rng(0))
    simulator = QuasistaticSimulator(hand)
    for item in load_objects().values():
        simulator.solve(item, np.zeros((1, 6)), MechanicsBatch.of(sample, 1))


if __name__ == "__main__":
    main()
