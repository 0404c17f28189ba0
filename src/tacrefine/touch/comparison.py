"""Whether two touches of one hand differ by more than noise and an expected pose error explain.

Both touches are means of readings of a grasp at rest, of the same hand: gains, offsets and skin are in both and
cancel. What may still differ, and by how much, a covariance says for the taxels of each finger:

- noise of the readings, less of it the more of them were averaged;
- the strength of the contact (gains under another load, creep, play) and the zero of each pad;
- a small shift of the image along the skin, as far as the pose error that is still expected moves it.

The squared distance of two images in that covariance is one for each taxel on average if nothing else differs. The
same is asked of the places where the fingers came to rest: the pose error that is expected moves them all together, a
thicker object moves them apart.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tacrefine.hands import Hand
from tacrefine.hands.hand import Pad
from tacrefine.hands.kinematics import PadPlaces
from tacrefine.touch.comparison_settings import ComparisonSettings

LEAST_NOISE = 0.004
"""share of full scale: a count of eight bits, for readings that repeat"""
CLIPPED = 0.34
"""of the noise's variance is left at a taxel that feels nothing, because readings below zero are cut off"""
FELT = 0.05
"""share of full scale from which a taxel is felt"""
LEAST_FINGERS = 4
"""that touch, from which on one may stand elsewhere"""
ALONE = 1.0 / 3.0
"""weight of a single finger's image: in a grasp at an edge one finger differs more than all do on average"""
SAME_SIDE = 0.5
"""cosine between the normals of two fingers that press from the same side"""
NEIGHBOURS = 1.6
"""pitches within which a taxel looks for the slope of the image"""


@dataclass(frozen=True, eq=False)
class MeanTouch:
    """Mean of so many readings of one grasp: ``(T,)`` 0..1 (NaN = dead) and joints ``(J,)`` rad or m.

    `noise` ``(T,)`` and `joint_noise` (rad, see `Hand.per_radian`) are standard deviations of one reading, None where
    they are not known.
    """

    tactile: NDArray[np.floating]
    joints: NDArray[np.floating]
    frames: float = 1.0
    noise: NDArray[np.floating] | None = None
    joint_noise: float | None = None

    @classmethod
    def of(cls, hand: Hand, tactile: NDArray[np.floating], joints: NDArray[np.floating]) -> MeanTouch:
        """Mean and noise of readings ``(n, T)`` and joints ``(n, J)``; a taxel that is ever dead is dead."""
        count, mean = len(tactile), tactile.mean(axis=0, dtype=np.float64)
        if count < 2:
            return cls(mean, joints.mean(axis=0, dtype=np.float64), count)
        noise = np.zeros(hand.taxel_count)
        for part in hand.pad_slices:
            variance, felt = tactile[:, part].var(axis=0, ddof=1), mean[part] > FELT
            enough = felt if felt.sum() >= 5 else np.isfinite(variance)
            noise[part] = np.sqrt(variance[enough].mean()) if enough.any() else 0.0
        spread = float(np.sqrt((joints / hand.per_radian).var(axis=0, ddof=1, dtype=np.float64).mean()))
        return cls(mean, joints.mean(axis=0, dtype=np.float64), count, noise, spread)


@dataclass(frozen=True, eq=False)
class TouchDifference:
    """How far two touches are apart in units of what is expected: about 1 or less if they are of the same grasp.

    `images` ``(F,)`` of each finger's taxels, `places` ``(F,)`` of where each finger came to rest; `image` over the
    fingers, `place` of all places together, one of them left out.
    """

    fingers: tuple[str, ...]
    images: NDArray[np.float64]
    places: NDArray[np.float64]
    place: float
    settings: ComparisonSettings

    @property
    def image(self) -> float:
        """Mean over the fingers, or the farthest of them at a third."""
        return float(max(self.images.mean(), ALONE * self.images.max()))

    @property
    def ratio(self) -> float:
        """The larger of image and place over its limit: above 1 more than noise and the expected pose error explain."""
        return max(self.image / self.settings.largest_image, self.place / self.settings.largest_place)

    @property
    def is_mismatch(self) -> bool:
        """Whether the difference is a finding."""
        return self.ratio > 1.0

    @property
    def finger(self) -> str:
        """The one that disagrees most."""
        s = self.settings
        by_image = self.image / s.largest_image >= self.place / s.largest_place
        return self.fingers[int(np.argmax(self.images if by_image else self.places))]


class TouchComparison:
    """Compares touches of one hand."""

    def __init__(self, hand: Hand, settings: ComparisonSettings | None = None) -> None:
        self.hand, self.settings = hand, settings or ComparisonSettings()
        self._slopes = [_slopes(pad) for pad in hand.pads]
        self._places = PadPlaces(hand)
        length = float(np.linalg.norm(hand.wrist_from_centre.translation))
        self._reach = np.array(
            [
                min([j.per_radian for j in finger.joints if j.is_prismatic], default=length)
                for finger in hand.fingers
            ]
        )
        """(F,) m by which a finger's pad is off for a radian of its joints (see `Hand.per_radian`)"""
        self._pads = {finger.name: [hand.pads.index(pad) for pad in finger.pads] for finger in hand.fingers}

    def __call__(
        self, felt: MeanTouch, shown: MeanTouch, expected: NDArray[np.floating], observable: NDArray[np.bool_]
    ) -> TouchDifference:
        """Difference of a touch from the target's, with the standard deviation ``(6,)`` m and rad of the pose.

        `expected` are the axes x, y, z, roll, pitch, yaw of the grasp centre; those that are not `observable` may be
        off by as much as `weak_axis_position` and `weak_axis_rotation` of the settings.
        """
        s = self.settings
        pose = np.where(observable, expected, np.repeat([s.weak_axis_position, s.weak_axis_rotation], 3))
        places = self._places(shown.joints)
        moved = (np.linalg.norm(expected[:3]), np.linalg.norm(expected[3:]))
        images = np.array(
            [self._image(finger.name, felt, shown, places, moved) for finger in self.hand.fingers]
        )
        single, together = self._apart(felt, shown, places, pose)
        return TouchDifference(
            tuple(finger.name for finger in self.hand.fingers), images, single, together, s
        )

    # ---- taxels
    def _image(
        self,
        finger: str,
        felt: MeanTouch,
        shown: MeanTouch,
        places: NDArray[np.float64],
        moved: tuple[np.floating, np.floating],
    ) -> float:
        """Squared distance of a finger's two images for each taxel that one of them feels."""
        s = self.settings
        distance, taxels = 0.0, 0.0
        for number in self._pads[finger]:
            part, pad = self.hand.pad_slices[number], self.hand.pads[number]
            there, here = (np.asarray(touch.tactile[part], float) for touch in (shown, felt))
            alive = np.isfinite(there) & np.isfinite(here)
            if not alive.any():
                continue
            there, here = np.where(alive, there, 0.0), np.where(alive, here, 0.0)
            both = 0.5 * (there + here)
            noise = self._noise(felt, shown, part, both)
            variance = noise + (s.taxel_share * np.maximum(there, here)) ** 2
            shift = np.hypot(moved[0], moved[1] * np.linalg.norm(places[number, 0]))
            along = self._slopes[number] @ both
            basis = np.stack(
                [np.full(pad.size, s.zero), s.contact_gain * both, shift * along[0], shift * along[1]], axis=1
            )
            basis, rest = basis[alive] / np.sqrt(variance[alive])[:, None], (here - there)[alive]
            rest = rest / np.sqrt(variance[alive])
            inner = np.linalg.solve(np.eye(4) + basis.T @ basis, basis.T @ rest)
            distance += float(rest @ rest - (basis.T @ rest) @ inner)
            taxels += float(alive.sum())
        return distance / taxels if taxels else 0.0

    def _noise(
        self, felt: MeanTouch, shown: MeanTouch, part: slice, level: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Variance of the difference of the two means at taxels of this mean reading."""
        known = felt.noise if felt.noise is not None else shown.noise
        single = np.maximum(LEAST_NOISE, known[part] if known is not None else self.settings.noise)
        clear = np.clip(level / (2.0 * single), CLIPPED, 1.0)
        return single**2 * clear * (1.0 / felt.frames + 1.0 / shown.frames) + LEAST_NOISE**2

    # ---- places
    def _apart(
        self,
        felt: MeanTouch,
        shown: MeanTouch,
        places: NDArray[np.float64],
        pose: NDArray[np.float64],
    ) -> tuple[NDArray[np.float64], float]:
        """Squared distance of each finger's place from the target's, and that of all together for each finger."""
        s, now = self.settings, self._places(felt.joints)
        distances = np.zeros(len(self.hand.fingers))
        rows, moved, index = [], [], []
        for i, finger in enumerate(self.hand.fingers):
            loads = [
                sum(np.nansum(t.tactile[self.hand.pad_slices[n]]) for n in self._pads[finger.name])
                for t in (felt, shown)
            ]
            if not finger.moves or min(loads) <= s.least_load:
                continue  # a finger that touches nothing stands where its drive takes it
            number = self._pads[finger.name][-1]
            place, normal = places[number]
            rows.append(np.concatenate([normal, np.cross(place, normal)]))
            moved.append(float(normal @ (now[number, 0] - place)))
            index.append(i)
        if not rows:
            return distances, 0.0
        jacobian, difference = np.array(rows), np.array(moved)
        joint = max(felt.joint_noise or 0.0, shown.joint_noise or 0.0, s.joint_noise)
        frames = 1.0 / felt.frames + 1.0 / shown.frames
        alone = s.place**2 + (joint * self._reach[index]) ** 2 * frames
        covariance = np.diag(alone) + (jacobian * pose**2) @ jacobian.T
        distances[index] = difference**2 / np.diag(covariance)
        return distances, min(_per_row(covariance, difference, kept) for kept in _kept(jacobian[:, :3]))


def _kept(normals: NDArray[np.float64]) -> list[NDArray[np.int64]]:
    """Rows to judge by: without each finger in turn, as one at an edge may miss the object in one of two grasps.

    A finger that presses alone from its side (a thumb) always counts: without it a thicker object is a shifted one.
    """
    every = np.arange(len(normals))
    if len(every) < LEAST_FINGERS:
        return [every]
    beside = normals @ normals.T - 2.0 * np.eye(len(every)) > SAME_SIDE
    return [np.delete(every, i) for i in every if beside[i].any()] or [every]


def _per_row(
    covariance: NDArray[np.float64], difference: NDArray[np.float64], kept: NDArray[np.int64]
) -> float:
    """Squared distance in a covariance for each of these rows."""
    rows = difference[kept]
    return float(rows @ np.linalg.solve(covariance[np.ix_(kept, kept)], rows)) / len(rows)


def _slopes(pad: Pad) -> NDArray[np.float64]:
    """What gives the slopes of an image along the pad's two directions, ``(2, S, S)`` 1/m for S taxels.

    Each taxel's slope is that of the plane through its neighbours by least squares, so any set of points will do.
    """
    points = pad.points[:, 1:]
    reach = NEIGHBOURS * max(pad.row_pitch, pad.col_pitch)
    slopes = np.zeros((2, pad.size, pad.size))
    for i, point in enumerate(points):
        near = np.flatnonzero(np.linalg.norm(points - point, axis=1) <= reach)
        plane = np.column_stack([np.ones(len(near)), points[near] - point])
        slopes[:, i, near] = np.linalg.pinv(plane)[1:]
    return slopes
