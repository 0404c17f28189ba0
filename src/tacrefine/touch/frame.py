"""One moment of touch, checked: the only door through which tactile data reaches a policy.

The live policy node, the recorder and the bag conversion all call :func:`frame_from_arrays`, so that training and
operation see the same tensors.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from tacrefine.errors import TouchError
from tacrefine.hands import Hand, Pad
from tacrefine.touch.settings import NEGATIVE_LIMIT

RAW, NORMALIZED, NEWTON = 0, 1, 2
MAX_DEAD_SHARE = 0.25


class ContactState(IntEnum):
    """How much of a grasp the taxels feel."""

    NONE = 0
    PARTIAL = 1
    GOOD = 2


@dataclass(frozen=True, eq=False)
class TouchFrame:
    """Readings 0..1 ``(T,)`` (NaN = dead taxel) and joint positions ``(J,)`` rad, in the hand's order."""

    tactile: NDArray[np.float32]
    joints: NDArray[np.float32]
    shear: NDArray[np.float32] | None = None
    """tangential readings -1..1 ``(T, 2)``, along columns and along rows; 0 on pads without; None: no pad has any"""


@dataclass(frozen=True, eq=False)
class PadReading:
    """One pad as it came off the wire; ``unit`` is RAW (counts of the converter), NORMALIZED (0..1) or NEWTON.

    ``data`` holds ``rows * cols * components`` readings, all components of one taxel side by side; 0 components mean 1.
    """

    name: str
    rows: int
    cols: int
    unit: int
    data: NDArray[np.float32]
    components: int = 1


def frame_from_arrays(
    hand: Hand,
    pads: Sequence[PadReading],
    joints: Mapping[str, float],
    negative_limit: float = NEGATIVE_LIMIT,
) -> TouchFrame:
    """Check one tactile message and joint state against the hand and put them in its order.

    Raises TouchError with one sentence that names the pad or joint and what is expected. NaN marks dead taxels and is
    allowed for up to a quarter of a pad. Readings below zero are taken for zero down to `negative_limit` (share of full
    scale); readings below that, infinite ones, wrong sizes, unknown and missing pads are not allowed.
    """
    return frame_of(hand, readings_of(hand, pads), joints, negative_limit, shear_of(hand, pads))


def readings_of(hand: Hand, pads: Sequence[PadReading]) -> NDArray[np.float32]:
    """The normal readings of one tactile message in the hand's order, ``(T,)`` as shares of full scale, as they came.

    Raises TouchError where pads, sizes, components or units are not the hand's; the values are not looked at.
    """
    by_name = {pad.name: pad for pad in pads}
    if not by_name.keys() <= hand.pad_names:
        name = next(name for name in by_name if name not in hand.pad_names)
        raise TouchError(
            f"Tactile pad '{name}' is unknown; hand '{hand.name}' has {', '.join(sorted(hand.pad_names))}."
        )
    if len(by_name) != len(pads):
        raise TouchError("The tactile array names a pad twice; each pad may appear once.")
    parts = []
    for pad in hand.pads:
        if pad.name not in by_name:
            raise TouchError(
                f"Tactile pad '{pad.name}' is missing; hand '{hand.name}' has {len(hand.pads)} pads."
            )
        values = _normalised(pad, by_name[pad.name])
        parts.append(values if pad.components == 1 else values[:: pad.components])
    return np.concatenate(parts)


def shear_of(hand: Hand, pads: Sequence[PadReading]) -> NDArray[np.float32] | None:
    """The tangential readings of a message that `readings_of` took, ``(T, 2)`` as shares of full scale.

    0 on pads with one component; None where the hand has no others.
    """
    if not hand.has_shear:
        return None
    by_name = {pad.name: pad for pad in pads}
    shear = np.zeros((hand.taxel_count, 2), np.float32)
    for pad, part in zip(hand.pads, hand.pad_slices, strict=True):
        if pad.components > 1:
            shear[part] = _normalised(pad, by_name[pad.name]).reshape(-1, pad.components)[:, 1:]
    return shear


def frame_of(
    hand: Hand,
    readings: NDArray[np.float32],
    joints: Mapping[str, float],
    negative_limit: float = NEGATIVE_LIMIT,
    shear: NDArray[np.float32] | None = None,
) -> TouchFrame:
    """A moment of touch from `readings_of`, joint positions by name (rad) and `shear_of`.

    Raises TouchError like `frame_from_arrays`.
    """
    tactile = readings
    if not (tactile.min() >= 0.0 and tactile.max() < np.inf):  # NaN makes both false
        for pad, part in zip(hand.pads, hand.pad_slices, strict=True):
            _check_values(pad, tactile[part], negative_limit)
        tactile = np.maximum(tactile, np.float32(0.0))
    missing = [name for name in hand.joint_names if name not in joints]
    if missing:
        raise TouchError(
            f"Joint '{missing[0]}' is missing in joint_states; hand '{hand.name}' has {len(hand.joint_names)} joints."
        )
    values = np.array([joints[name] for name in hand.joint_names], np.float32)
    if not np.isfinite(values).all():
        bad = hand.joint_names[int(np.argmin(np.isfinite(values)))]
        raise TouchError(f"Joint '{bad}' in joint_states is not a finite number of rad.")
    if shear is not None:
        shear = np.clip(shear, np.float32(-1.0), np.float32(1.0))
    return TouchFrame(np.minimum(tactile, np.float32(1.0)), values, shear)


def _normalised(pad: Pad, reading: PadReading) -> NDArray[np.float32]:
    components = reading.components or 1
    if components != pad.components:
        raise TouchError(
            f"Tactile pad '{pad.name}' has {components} force components for each taxel; hand description says "
            f"{pad.components}."
        )
    if (reading.rows, reading.cols) != (pad.rows, pad.cols) or len(reading.data) != pad.values:
        raise TouchError(
            f"Tactile pad '{pad.name}' has {reading.rows} x {reading.cols} taxels and {len(reading.data)} values; "
            f"expected {pad.rows} x {pad.cols}."
        )
    scale = {RAW: pad.raw_full_scale, NORMALIZED: 1.0, NEWTON: pad.full_scale_n}.get(reading.unit)
    if scale is None:
        raise TouchError(
            f"Tactile pad '{pad.name}' has unit {reading.unit}; allowed are 0 (raw), 1 (normalized), 2 (N)."
        )
    return np.asarray(reading.data, np.float32) / np.float32(scale)


def _check_values(pad: Pad, data: NDArray[np.float32], negative_limit: float) -> None:
    dead = np.isnan(data)
    if np.isinf(data).any():
        raise TouchError(f"Tactile pad '{pad.name}' has infinite values; allowed are numbers and NaN (dead).")
    lowest = float(np.fmin.reduce(data))
    if lowest < -negative_limit:
        raise TouchError(
            f"Tactile pad '{pad.name}' reads {lowest:.3f} of full scale; allowed is no less than "
            f"{-negative_limit:g} (negative_limit), tare it."
        )
    if dead.mean() > MAX_DEAD_SHARE:
        raise TouchError(
            f"Tactile pad '{pad.name}' has {int(dead.sum())} of {pad.size} taxels NaN (dead); "
            f"at most {int(MAX_DEAD_SHARE * pad.size)} are allowed."
        )


def contact_state(
    hand: Hand, frame: TouchFrame, noise: float = 0.03, closed: NDArray[np.bool_] | None = None
) -> ContactState:
    """GOOD when the grasp is valid (the fingers that it needs touch), PARTIAL when any finger touches, else NONE.

    Noise that is clipped at zero adds up over a finger's taxels; its mean (0.4 sigma a taxel) is taken off first. Where
    `closed` ``(F,)`` is given, only fingers that have left the open posture can touch.
    """
    load = frame.tactile - np.float32(noise * 0.4)
    load[np.isnan(load)] = 0.0
    force = load * hand.full_scale
    # Plain sums: this runs between a reading and its correction, where nansum over every finger is felt.
    touching = hand.touches(np.array([force[part].sum() for part in hand.finger_slices]))
    if closed is not None:
        touching = touching & closed
    if hand.counts_as_grasp(touching):
        return ContactState.GOOD
    return ContactState.PARTIAL if touching.any() else ContactState.NONE
