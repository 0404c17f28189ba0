"""Compiles the kernels into the cache, unless they are there: ``python -m tacrefine.sim.quasistatic.compile_kernels``.

Set-up does it; whoever installs the package otherwise may, so that the first grasp need not.
"""

from __future__ import annotations

import numpy as np

from tacrefine.hands import load_hand
from tacrefine.objects import load_objects
from tacrefine.plants import load_plant
from tacrefine.sim.quasistatic.cache import compiling
from tacrefine.sim.quasistatic.solver import MechanicsBatch, QuasistaticSimulator


def main() -> None:
    """One grasp."""
    with compiling() as needed:
        if not needed:
            return
        hand = load_hand()
        sample = load_plant("ideal").sample(hand, np.random.default_rng(0))
        item = next(iter(load_objects().values()))
        QuasistaticSimulator(hand).solve(item, np.zeros((1, 6)), MechanicsBatch.of(sample, 1))


if __name__ == "__main__":
    main()
