"""How hard the pads press: what the force ceilings of the refinement look at."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tacrefine.hands import Hand
from tacrefine.touch.frame import PadReading, frame_from_arrays
from tacrefine.touch.settings import NEGATIVE_LIMIT


def strongest_pad(
    hand: Hand, pads: Sequence[PadReading], negative_limit: float = NEGATIVE_LIMIT
) -> tuple[str, float]:
    """Name of the pad with the largest sum of taxel forces, and that sum in N; dead taxels count as zero.

    Raises TouchError, like :func:`frame_from_arrays`, for readings that do not fit the hand.
    """
    frame = frame_from_arrays(hand, pads, dict.fromkeys(hand.joint_names, 0.0), negative_limit)
    return strongest_of(hand, frame.tactile)


def strongest_of(hand: Hand, tactile: NDArray[np.float32]) -> tuple[str, float]:
    """The same of normalised readings ``(T,)``, NaN where a taxel is dead."""
    force = np.nan_to_num(tactile) * hand.full_scale
    sums = [float(force[part].sum()) for part in hand.pad_slices]
    strongest = int(np.argmax(sums))
    return hand.pads[strongest].name, sums[strongest]
