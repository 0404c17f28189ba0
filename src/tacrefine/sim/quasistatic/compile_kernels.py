"""Compiles the kernels into the cache, unless they are there: ``python -m tacrefine.sim.quasistatic.compile_kernels``.

Set-up does it; whoever installs the package otherwise may, so that the first grasp need not. Where numba does not
compile the kernels that vectorise, plain ones are compiled and used from then on.
"""

from __future__ import annotations

import logging
import os
import subprocess
import sys

import numpy as np
from numba.core.errors import NumbaError

from tacrefine.hands import Hand, load_hand
from tacrefine.hands.description import HandDescription
from tacrefine.objects import load_objects
from tacrefine.plants import load_plant
from tacrefine.sim.quasistatic.cache import PLAIN, PLAIN_KERNELS, compiling, kernel_folder, plain_kernels
from tacrefine.sim.quasistatic.solver import MechanicsBatch, QuasistaticSimulator

logger = logging.getLogger(__name__)


def main() -> int:
    """Close a hand once; returns the exit code."""
    with compiling() as needed:
        if not needed:
            return 0
        try:
            _close_once()
        except (NumbaError, AttributeError, NotImplementedError) as error:
            if plain_kernels():
                raise
            # numba's inside is another one in this version.
            logger.warning("the fast kernels do not compile (%s); compiling plain ones", type(error).__name__)
            (kernel_folder() / PLAIN).touch()
            plain = [sys.executable, "-m", "tacrefine.sim.quasistatic.compile_kernels"]
            return subprocess.run(plain, env=os.environ | {PLAIN_KERNELS: "1"}, check=False).returncode
    return 0


def _close_once() -> None:
    item = next(iter(load_objects().values()))
    for hand in (load_hand(), _with_points(load_hand())):
        sample = load_plant("ideal").sample(hand, np.random.default_rng(0))
        QuasistaticSimulator(hand).solve(item, np.zeros((1, 6)), MechanicsBatch.of(sample, 1))


def _with_points(hand: Hand) -> Hand:
    """The hand with a pad whose taxels are points, which the other kernels close."""
    content = hand.description.model_dump()
    pad = content["fingers"][0]["pads"][0]
    for key in ("rows", "cols", "pitch", "curvature_radius"):
        pad.pop(key)
    pad["taxels"] = [[0.0, 0.0, 0.0, 1.0, 0.0, 0.0]]
    return Hand(HandDescription.model_validate(content))


if __name__ == "__main__":
    sys.exit(main())
