"""One moment of touch of one hand, from arrays of any of the usual units."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tacrefine.errors import TouchError
from tacrefine.hands import Hand
from tacrefine.touch.frame import (
    NEWTON,
    NORMALIZED,
    RAW,
    ContactState,
    PadReading,
    TouchFrame,
    contact_state,
    frame_from_arrays,
)

Unit = Literal["normalized", "newton", "raw"]
UNITS: dict[str, int] = {"normalized": NORMALIZED, "newton": NEWTON, "raw": RAW}


@dataclass(frozen=True, eq=False)
class Touch:
    """What the pads of a hand read at one moment, and where its joints stood.

    Build one with `Touch.from_arrays`. `tactile` are readings 0..1 ``(T,)``, NaN where a taxel is dead, and `joints`
    are positions ``(J,)`` rad, both in the hand's order (`hand.pads`, `hand.joint_names`).
    """

    hand: Hand
    frame: TouchFrame

    @classmethod
    def from_arrays(
        cls,
        hand: Hand,
        pads: Mapping[str, ArrayLike] | ArrayLike,
        joints: Mapping[str, float] | ArrayLike,
        unit: Unit = "normalized",
    ) -> Touch:
        """Touch from recorded arrays.

        `pads` is either one array over all taxels in the hand's order, ``(T,)`` where each has one component, or a
        mapping from each pad's name to its array ``(rows, cols)``, or ``(rows, cols, 3)`` where its taxels have three
        components (or flat, row by row, a taxel's components side by side). `unit` says what the numbers are:
        "normalized" (0..1 of full scale), "newton", or "raw" (counts of the converter). NaN marks a dead taxel.
        `joints` is an array ``(J,)`` in the hand's order or a mapping from joint names to positions, rad.

        Raises TouchError in one sentence that names the pad or joint, what was found and what is allowed.
        """
        if unit not in UNITS:
            raise TouchError(f"Unit '{unit}' is unknown; allowed are {', '.join(UNITS)}.")
        named = pads if isinstance(pads, Mapping) else _split(hand, np.asarray(pads, np.float32))
        readings = [_reading(hand, name, np.asarray(values), UNITS[unit]) for name, values in named.items()]
        return cls(hand, frame_from_arrays(hand, readings, _joints(hand, joints)))

    @classmethod
    def mean(cls, touches: Sequence[Touch]) -> Touch:
        """The mean of several moments of one grasp: less noise. Raises TouchError where there are none."""
        if not touches:
            raise TouchError("The mean of no touch at all does not exist; give at least one.")
        tactile = np.stack([touch.tactile for touch in touches]).mean(axis=0)
        joints = np.stack([touch.joints for touch in touches]).mean(axis=0)
        shears = [touch.frame.shear for touch in touches if touch.frame.shear is not None]
        shear = np.stack(shears).mean(axis=0) if shears else None
        return cls(touches[0].hand, TouchFrame(tactile, joints, shear))

    @property
    def tactile(self) -> NDArray[np.float32]:
        """Readings 0..1 ``(T,)``, NaN where a taxel is dead."""
        return self.frame.tactile

    @property
    def joints(self) -> NDArray[np.float32]:
        """Joint positions ``(J,)`` rad."""
        return self.frame.joints

    @property
    def shear(self) -> NDArray[np.float32] | None:
        """Tangential readings -1..1 ``(T, 2)`` along columns and rows; None: no pad has any."""
        return self.frame.shear

    @property
    def force(self) -> NDArray[np.float32]:
        """Readings as force, ``(T,)`` N, NaN where a taxel is dead."""
        return self.frame.tactile * self.hand.full_scale

    @property
    def pads(self) -> dict[str, NDArray[np.float32]]:
        """Readings 0..1 of each pad, ``(rows, cols)``, by its name."""
        return {
            pad.name: self.tactile[part].reshape(pad.rows, pad.cols)
            for pad, part in zip(self.hand.pads, self.hand.pad_slices, strict=True)
        }

    @property
    def contact(self) -> ContactState:
        """NONE, PARTIAL (a finger touches) or GOOD (enough fingers touch for a grasp)."""
        return contact_state(self.hand, self.frame)

    def __repr__(self) -> str:
        total = float(np.nansum(self.force))
        return f"<Touch of '{self.hand.name}': contact {self.contact.name.lower()}, {total:.1f} N in all>"


def _split(hand: Hand, flat: NDArray[np.float32]) -> dict[str, NDArray[np.float32]]:
    count = hand.value_slices[-1].stop
    if flat.shape != (count,):
        shear = " with tangential components" if hand.has_shear else ""
        raise TouchError(
            f"The tactile array has the shape {flat.shape}; hand '{hand.name}' has {hand.taxel_count} taxels{shear}, "
            f"so ({count},) is allowed, or a mapping from pad names to arrays."
        )
    return {pad.name: flat[part] for pad, part in zip(hand.pads, hand.value_slices, strict=True)}


def _reading(hand: Hand, name: str, values: NDArray[np.generic], unit: int) -> PadReading:
    pad = next((pad for pad in hand.pads if pad.name == name), None)
    rows, cols = (0, 0) if pad is None else (pad.rows, pad.cols)
    components = 1 if pad is None else pad.components
    if pad is not None and values.ndim in (2, 3):
        rows, cols = values.shape[:2]
        components = values.shape[2] if values.ndim == 3 else 1
    return PadReading(name, rows, cols, unit, np.asarray(values, np.float32).ravel(), components)


def _joints(hand: Hand, joints: Mapping[str, float] | ArrayLike) -> Mapping[str, float]:
    if isinstance(joints, Mapping):
        return joints
    values = np.asarray(joints, float)
    if values.shape != (len(hand.joint_names),):
        raise TouchError(
            f"The joint array has the shape {values.shape}; hand '{hand.name}' has {len(hand.joint_names)} joints: "
            f"{', '.join(hand.joint_names)}."
        )
    return dict(zip(hand.joint_names, values.tolist(), strict=True))
