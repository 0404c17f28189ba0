"""What every simulator returns for a batch of grasps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class GraspBatch:
    """N closed grasps: true taxel forces ``(N, T)`` N, true joint positions ``(N, J)`` rad, valid contact ``(N,)``."""

    force: NDArray[np.float32]
    joints: NDArray[np.float32]
    valid: NDArray[np.bool_]
