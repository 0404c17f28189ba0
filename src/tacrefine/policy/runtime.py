"""A trained policy, ready to be asked: two touches in, one correction of the wrist out. Needs no torch."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tacrefine.config import resolve
from tacrefine.documents import quoted
from tacrefine.errors import ConfigError, ModelError
from tacrefine.geometry import AXES, RigidTransform
from tacrefine.hands import Hand
from tacrefine.objects import GraspObject
from tacrefine.policy.backends import BACKENDS, Backend, make_backend
from tacrefine.policy.card import ModelCard, read_card
from tacrefine.policy.correction import Correction, WristMoves, wrist_increment
from tacrefine.touch import Touch, TouchFrame
from tacrefine.touch.inputs import DeadTaxelFilling

DEFAULT_MODEL = "five_finger"
AXIS_BITS = 1 << np.arange(len(AXES))
"""a mask of axes times these is its number in a table of all masks"""


@dataclass(frozen=True)
class Corrections:
    """A batch of corrections: `increments` is a RigidTransform of n poses, the arrays are ``(n, 6)``.

    `current` are the predicted pose coordinates of the current grasp, `differences` those from it to the target's,
    m and rad, masked like the increments.
    """

    increments: RigidTransform
    standard_deviation: NDArray[np.float64]
    observable: NDArray[np.bool_]
    current: NDArray[np.float64]
    differences: NDArray[np.float64]

    def __getitem__(self, index: int) -> Correction:
        return Correction.of(self.increments[index], self.standard_deviation[index], self.observable[index])

    def __len__(self) -> int:
        return len(self.observable)

    def take(self, rows: NDArray[np.int64]) -> Corrections:
        """Some of them, in that order."""
        return Corrections(
            self.increments[rows],
            self.standard_deviation[rows],
            self.observable[rows],
            self.current[rows],
            self.differences[rows],
        )

    def joined(self, other: Corrections) -> Corrections:
        """These corrections, then those of `other`."""
        return Corrections(
            RigidTransform.concatenate([self.increments, other.increments]),
            np.concatenate([self.standard_deviation, other.standard_deviation]),
            np.concatenate([self.observable, other.observable]),
            np.concatenate([self.current, other.current]),
            np.concatenate([self.differences, other.differences]),
        )

    def averaged(self, hand: Hand, group: int) -> Corrections:
        """The mean of every `group` successive ones in pose coordinates; deviations are averaged, not reduced."""
        rows = [array.reshape(-1, group, 6).mean(axis=1) for array in (self.current, self.differences)]
        deviation = self.standard_deviation.reshape(-1, group, 6).mean(axis=1)
        mask = self.observable[::group]
        return Corrections(wrist_increment(hand, rows[0], rows[1], mask), deviation, mask, rows[0], rows[1])


class Policy:
    """Predicts corrections. Not thread-safe; build one for each thread."""

    def __init__(self, hand: Hand, card: ModelCard, backend: Backend) -> None:
        self.hand = hand
        self.card = card
        self.model_id = card.model_id
        self._backend = backend
        self._fill = DeadTaxelFilling(hand.pads)
        self._move = WristMoves(hand)
        self._factors = _factor_table(hand.description.deviation_factors.get(card.model_id, {}))

    @classmethod
    def load(
        cls,
        name_or_path: str | os.PathLike[str] = DEFAULT_MODEL,
        hand: Hand | None = None,
        backend: str = "onnx",
    ) -> Policy:
        """The trained policy of this name, or in this folder, for `hand` (default: the hand it was trained for).

        Raises ModelError, one sentence, when the model is missing, corrupt or made for another hand.
        """
        from tacrefine.hands import load_hand

        if hand is None:
            card = read_card(model_folder(name_or_path))
            hand = load_hand() if card.for_any_hand else load_hand(card.hand)
        return load_policy(name_or_path, hand, backend)

    def correct(
        self,
        current: Touch,
        target: Touch,
        axes: GraspObject | Sequence[str] | Sequence[bool] | NDArray[np.bool_],
    ) -> Correction:
        """How the wrist must move so that the touch `current` becomes the touch `target`.

        `axes` says what touch can tell of the object's pose, and so along which axes the wrist may move: the object
        itself (`load_objects()["plate_8"]`), names out of x, y, z, roll, pitch, yaw (of the grasp-centre frame), or six
        booleans. Raises ModelError where an axis does not exist or a touch is of another hand.
        """
        for touch in (current, target):
            if touch.hand.signature != self.hand.signature:
                raise ModelError(
                    f"The touch is of hand '{touch.hand.name}', the policy is of hand '{self.hand.name}'."
                )
        return self.predict(current.frame, target.frame, observable_axes(axes))

    def predict(
        self, current: TouchFrame, target: TouchFrame, observable: Sequence[bool] | NDArray[np.bool_]
    ) -> Correction:
        """Correction that takes the wrist from the current grasp to the target; `observable` (6,) masks it.

        A pair by itself takes no batch's detours: this is what happens between a reading and its correction.
        """
        mask = np.array(observable, bool)
        increment, deviation, here = self._ask(
            current.tactile[None], current.joints[None], target.tactile[None], target.joints[None], mask[None]
        )
        position, quaternion = self._move(here[0].tolist(), increment[0].tolist(), mask.tolist())
        return Correction(position, quaternion, np.where(mask, deviation[0], 0.0).astype(np.float64), mask)

    def predict_batch(
        self,
        current_tactile: NDArray[np.float32],
        current_joints: NDArray[np.float32],
        target_tactile: NDArray[np.float32],
        target_joints: NDArray[np.float32],
        observable: Sequence[bool] | NDArray[np.bool_],
    ) -> Corrections:
        """The same for n pairs: tactile ``(n, T)`` normalised (NaN = dead), joints ``(n, J)`` rad, mask ``(6,)``
        or ``(n, 6)``.

        Raises ModelError where a size is not the hand's.
        """
        mask = np.broadcast_to(np.asarray(observable, bool), (len(current_tactile), 6))
        increment, deviation, here = self._ask(
            current_tactile, current_joints, target_tactile, target_joints, mask
        )
        return Corrections(
            increments=wrist_increment(self.hand, here, increment, mask),
            standard_deviation=np.where(mask, deviation, 0.0).astype(np.float64),
            observable=np.array(mask),
            current=np.where(mask, here, 0.0).astype(np.float64),
            differences=np.where(mask, increment, 0.0).astype(np.float64),
        )

    def _ask(
        self,
        current_tactile: NDArray[np.float32],
        current_joints: NDArray[np.float32],
        target_tactile: NDArray[np.float32],
        target_joints: NDArray[np.float32],
        mask: NDArray[np.bool_],
    ) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
        """The network's difference, its deviation and the current coordinates, ``(n, 6)`` each."""
        self._check_sizes(current_tactile, current_joints, "current")
        self._check_sizes(target_tactile, target_joints, "target")
        inputs = (
            self._fill(current_tactile),
            np.asarray(current_joints, np.float32),
            self._fill(target_tactile),
            np.asarray(target_joints, np.float32),
            mask.astype(np.float32),
        )
        increment, deviation, here, _ = self._backend.run(inputs)
        return increment, deviation * self.deviation_factors(mask), here

    def deviation_factors(self, observable: NDArray[np.bool_]) -> NDArray[np.float32]:
        """What the hand's file multiplies the network's own deviations by, ``(n, 6)``, for masks ``(n, 6)``."""
        return self._factors[observable @ AXIS_BITS]

    def _check_sizes(self, tactile: NDArray[np.float32], joints: NDArray[np.float32], which: str) -> None:
        wanted = (self.hand.taxel_count, len(self.hand.joint_names))
        found = (tactile.shape[-1], joints.shape[-1])
        if found != wanted:
            raise ModelError(
                f"The {which} touch has {found[0]} taxels and {found[1]} joints, hand '{self.hand.name}' has "
                f"{wanted[0]} and {wanted[1]}."
            )


def _factor_table(known: Mapping[str, Mapping[Any, float]]) -> NDArray[np.float32]:
    """Factors ``(64, 6)`` for every mask of axes; one that the file does not have gets the largest of each axis."""
    table = np.ones((1 << len(AXES), len(AXES)), np.float32)
    for i, axis in enumerate(AXES):
        table[:, i] = max((factors[axis] for factors in known.values() if axis in factors), default=1.0)
        for told, factors in known.items():
            code = sum(1 << AXES.index(name) for name in told.split())
            table[code, i] = factors.get(axis, 1.0)
    return table


def observable_axes(
    axes: GraspObject | Sequence[str] | Sequence[bool] | NDArray[np.bool_],
) -> NDArray[np.bool_]:
    """Six booleans from an object, from axis names, or from six booleans; ModelError for anything else."""
    if isinstance(axes, GraspObject):
        return axes.observable
    given = [axes] if isinstance(axes, str) else list(axes)
    if given and all(isinstance(axis, str) for axis in given):
        unknown = [axis for axis in given if axis not in AXES]
        if unknown:
            raise ModelError(f"Axis '{unknown[0]}' does not exist; allowed are {', '.join(AXES)}.")
        return np.array([axis in given for axis in AXES])
    mask = np.array(given)
    if mask.shape != (6,) or mask.dtype != bool:
        raise ModelError(
            "axes must be an object, axis names, or six booleans, one for each of x, y, z, roll, pitch, yaw."
        )
    return mask


def model_folder(name_or_path: str | os.PathLike[str]) -> Path:
    """The folder of a model by name (in `models/`) or path; ModelError that lists the known names."""
    try:
        return resolve("models", name_or_path)
    except ConfigError as error:
        raise ModelError(str(error)) from error


def load_policy(
    name_or_path: str | os.PathLike[str] = DEFAULT_MODEL, hand: Hand | None = None, backend: str = "onnx"
) -> Policy:
    """Load a model by name or path for `hand` (default: the default hand); `backend` is 'onnx' or 'torch'.

    Raises ModelError, one sentence, when the model is missing, corrupt (checksum) or was made for another hand.
    """
    from tacrefine.hands import load_hand

    if backend not in BACKENDS:
        raise ModelError(f"Unknown backend '{backend}' of the policy; allowed: {', '.join(BACKENDS)}.")
    hand = hand or load_hand()
    folder = model_folder(name_or_path)
    card = read_card(folder)
    if not card.fits(hand):
        raise ModelError(
            f"{folder}: made for hand '{card.hand}' ({card.hand_signature}), not for '{hand.name}' "
            f"({hand.signature}); train a model for this hand."
        )
    return Policy(hand, card, _answering(make_backend(backend, folder, card, hand), folder, hand))


def _answering(backend: Backend, folder: Path, hand: Hand) -> Backend:
    """The backend, once it has answered a touch of nothing with finite numbers of the right size."""
    sizes = (hand.taxel_count, len(hand.joint_names))
    touch = tuple(np.zeros((1, size), np.float32) for size in (*sizes, *sizes, 6))
    try:
        answer = backend.run(touch)
    except Exception as error:  # each backend has its own class for sizes that do not fit
        raise ModelError(
            f"{folder}: the network does not take this hand's touch ({quoted(error)})."
        ) from error
    if any(array.shape != (1, 6) or not np.isfinite(array).all() for array in answer):
        raise ModelError(f"{folder}: the network answers no finite poses; fetch it or train it again.")
    return backend
