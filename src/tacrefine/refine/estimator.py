"""Fuses the corrections of several frames and several grasps into one estimate of the target's wrist pose.

The object stands still, so every correction, together with the wrist pose it was made at, measures the same
unknown: the wrist pose of the target in the arm's base frame. Frames of one grasp share the true pose and part of
their error (the same target touch, the same robot), so their average counts for less than their number. The newest
grasp is the anchor: it was made nearest to the target, and if the object was pushed, it alone knows. How much of the
error is in common is what `tacrefine.refine.error_correlation` says.

Everything is averaged at the grasp centre, where axes mean what the policy's standard deviations mean.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import RigidTransform, Rotation

from tacrefine.geometry import from_coordinates, to_coordinates
from tacrefine.parameters import parameter
from tacrefine.refine.error_correlation import ErrorCorrelation

REFINED_SHARE = 0.5
"""of a refined correction's variance that grasps have in common at least: the target was shown once"""
WITHIN = 0.5
"""of the deviation: so little remaining is not worth a move once the tolerances are met"""


class PoseMeasurement(Protocol):
    """What the estimator needs of a correction: the policy's and the one off the wire both have it."""

    @property
    def increment(self) -> RigidTransform:
        """Move of the wrist in its own frame."""
        ...

    @property
    def standard_deviation(self) -> NDArray[np.float64]:
        """``(6,)`` m and rad over the pose coordinates."""
        ...

    @property
    def observable(self) -> NDArray[np.bool_]:
        """``(6,)``, the axes that touch can tell."""
        ...


class HasGraspCentre(Protocol):
    """The part of a hand that the estimator needs."""

    wrist_from_centre: RigidTransform
    centre_from_wrist: RigidTransform


@dataclass(frozen=True)
class EstimatorSettings(ErrorCorrelation):
    """How corrections are weighed and when nothing is left to gain. Defaults were chosen on training plants.

    The tolerances' defaults are so tight that the loop goes on until nothing is left to gain.
    """

    position_tolerance: float = parameter(
        0.00005, "m", "remaining distance that counts as reached", low=1e-5, high=0.05
    )
    rotation_tolerance: float = parameter(
        0.0009, "rad", "remaining angle that counts as reached", low=1e-4, high=0.5
    )
    sigma_factor: float = parameter(
        1.0,
        "",
        "so many standard deviations are added to the estimate before it is compared",
        low=0.0,
        high=5.0,
    )
    gain_share: float = parameter(
        0.2,
        "",
        "share of the standard deviation up to which what remains is not worth another move",
        low=0.0,
        high=5.0,
    )
    unseen_share: float = parameter(
        0.5,
        "",
        "share of what was known beforehand; an axis that is known no better afterwards counts as unseen",
        low=0.01,
        high=1.0,
    )
    outlier_gate: float = parameter(
        3.0, "", "standard deviations beyond which a measurement loses weight", low=1.0, high=20.0
    )
    length_uncertainty: float = parameter(
        0.2,
        "",
        "share of a correction's length that adds to its uncertainty: long ones fall short",
        low=0.0,
        high=1.0,
    )
    wrist_position_noise: float = parameter(
        0.0001, "m", "repeatability of the arm, added to each grasp", low=0.0, high=0.01
    )
    wrist_rotation_noise: float = parameter(
        0.0017, "rad", "repeatability of the arm, added to each grasp", low=0.0, high=0.1
    )
    cautious_position: float = parameter(
        0.004, "m", "standard deviation from which only part of a step is made", low=1e-4, high=0.1
    )
    cautious_rotation: float = parameter(
        0.09, "rad", "standard deviation from which only part of a step is made", low=1e-3, high=1.0
    )


@dataclass(frozen=True)
class Decision:
    """What to do next. `next_wrist` is in the base frame of the wrist poses that were added.

    `remaining_m` and `remaining_rad` are the estimated distance and angle from the present wrist to the target, at
    the grasp centre; `standard_deviation` (6,) m and rad is the fused one, zero on axes that touch cannot tell for
    this object at all. `unseen` (6,) are the axes that it could tell, but hardly does in this grasp. `target_wrist` is
    the estimate itself, of which `next_wrist` may be a part only.
    """

    next_wrist: RigidTransform
    target_wrist: RigidTransform
    remaining_m: float
    remaining_rad: float
    standard_deviation: NDArray[np.float64]
    converged: bool
    reason: str
    unseen: NDArray[np.bool_]


@dataclass
class _Grasp:
    """Poses as 4 x 4 matrices: products of RigidTransform cost 0.2 ms each, and frames come at 100 Hz and more."""

    made_at: NDArray[np.float64]
    wrists: list[NDArray[np.float64]] = field(default_factory=list)
    deviations: list[NDArray[np.float64]] = field(default_factory=list)
    refined: bool = False


class TargetEstimator:
    """Collects `add(wrist, correction)` between `start_grasp()` calls; `decide` says where to go.

    One estimator serves one goal. Without any measurement `decide` raises ValueError. `prior` (6,) m and rad is the
    standard deviation of the target before anything was felt; without it no axis is ever called unseen.
    """

    def __init__(
        self, settings: EstimatorSettings | None = None, prior: NDArray[np.float64] | None = None
    ) -> None:
        self.settings = settings or EstimatorSettings()
        self._prior = np.full(6, np.inf) if prior is None else np.asarray(prior, float)
        self._grasps: list[_Grasp] = []
        self._observable = np.zeros(6, bool)

    @property
    def grasps(self) -> int:
        """Grasps with at least one measurement."""
        return sum(1 for grasp in self._grasps if grasp.wrists)

    @property
    def frames(self) -> int:
        """Measurements of the present grasp."""
        return len(self._grasps[-1].wrists) if self._grasps else 0

    def start_grasp(self) -> None:
        """The hand has closed anew: measurements from here on share another true pose."""
        if not self._grasps or self._grasps[-1].wrists:
            self._grasps.append(_Grasp(np.eye(4)))

    def add(self, wrist: RigidTransform, correction: PoseMeasurement) -> None:
        """One correction, made while the wrist stood at `wrist` (base frame)."""
        if not self._grasps:
            self.start_grasp()
        grasp = self._grasps[-1]
        if grasp.refined:
            return
        grasp.made_at = wrist.as_matrix()
        grasp.wrists.append(grasp.made_at @ correction.increment.as_matrix())
        grasp.deviations.append(np.asarray(correction.standard_deviation, float))
        self._observable = np.asarray(correction.observable, bool)

    def refine(self, wrist: RigidTransform, correction: PoseMeasurement) -> None:
        """One correction that rests on all frames of the present grasp: it takes the place of what was added so far.

        What is added to this grasp later is not counted either, because the refined one already knows.
        """
        if not self._grasps:
            self.start_grasp()
        self._grasps[-1] = _Grasp(np.eye(4))
        self.add(wrist, correction)
        self._grasps[-1].refined = True

    def decide(self, wrist: RigidTransform, hand: HasGraspCentre) -> Decision:
        """The best estimate of the target as a move from `wrist` (base frame)."""
        target, deviation = self._fuse(hand)
        centre = wrist * hand.wrist_from_centre
        step = centre.inv() * target
        remaining_m = float(np.linalg.norm(step.translation))
        remaining_rad = float(step.rotation.magnitude())
        s = self.settings
        sigma_m, sigma_rad = float(np.linalg.norm(deviation[:3])), float(np.linalg.norm(deviation[3:]))
        near = remaining_m + s.sigma_factor * sigma_m <= s.position_tolerance
        aligned = remaining_rad + s.sigma_factor * sigma_rad <= s.rotation_tolerance
        reached = bool(near and aligned)
        exhausted = self._exhausted(remaining_m, remaining_rad, deviation, self._arm_noise(hand))
        fraction = min(
            1.0,
            s.cautious_position / max(float(deviation[:3].max()), 1e-12),
            s.cautious_rotation / max(float(deviation[3:].max()), 1e-12),
        )
        estimate = centre * step * hand.centre_from_wrist
        if fraction < 1.0:
            step = from_coordinates(fraction * to_coordinates(step))
        reason = (
            "reached"
            if reached
            else "touch cannot tell more"
            if exhausted
            else "partial step"
            if fraction < 1
            else "step"
        )
        return Decision(
            next_wrist=centre * step * hand.centre_from_wrist if fraction < 1.0 else estimate,
            target_wrist=estimate,
            remaining_m=remaining_m,
            remaining_rad=remaining_rad,
            standard_deviation=deviation,
            converged=reached or exhausted,
            reason=reason,
            unseen=self._observable & (deviation > s.unseen_share * self._prior),
        )

    def _exhausted(
        self, metres: float, radians: float, deviation: NDArray[np.float64], arm: NDArray[np.float64]
    ) -> bool:
        """Whether another move would not help: grasps agree, and what remains is noise.

        By Bayes' rule a move is worth what remains of the estimate, squared, less what the arm adds by not arriving
        exactly; the deviation stays. Within the tolerances less is asked of it.
        """
        s = self.settings
        within = metres <= s.position_tolerance and radians <= s.rotation_tolerance
        share = max(s.gain_share, WITHIN) if within else s.gain_share
        worth = np.maximum(
            share * np.linalg.norm(deviation.reshape(2, 3), axis=1),
            np.linalg.norm(np.where(self._observable, arm, 0.0).reshape(2, 3), axis=1),
        )
        return bool(self.grasps >= 2 and metres <= worth[0] and radians <= worth[1])

    def _arm_noise(self, hand: HasGraspCentre) -> NDArray[np.float64]:
        """What the arm misses at the grasp centre ``(6,)``, m and rad: turning about the wrist moves the centre too."""
        s = self.settings
        lever = float(np.linalg.norm(hand.centre_from_wrist.translation)) * np.sqrt(2.0 / 3.0)
        at_centre = np.hypot(s.wrist_position_noise, s.wrist_rotation_noise * lever)
        return np.repeat([at_centre, s.wrist_rotation_noise], 3)

    def _fuse(self, hand: HasGraspCentre) -> tuple[RigidTransform, NDArray[np.float64]]:
        """Target pose of the grasp centre in the base frame and its standard deviation (6,), m and rad."""
        grasps = [grasp for grasp in self._grasps if grasp.wrists]
        if not grasps:
            raise ValueError("no correction was added")
        to_centre = hand.wrist_from_centre.as_matrix()
        origin = grasps[-1].wrists[0] @ to_centre
        from_origin = np.linalg.inv(origin)
        means, variances, common, lengths = [], [], [], []
        for grasp in grasps:
            x = _coordinates(from_origin @ np.stack([grasp.made_at, *grasp.wrists]) @ to_centre)
            made_at, x = x[0], x[1:]
            mean, variance, shared = self._fuse_frames(x, np.stack(grasp.deviations))
            means.append(mean)
            variances.append(variance)
            common.append(np.maximum(shared, REFINED_SHARE * variance) if grasp.refined else shared)
            lengths.append(mean - made_at)
        mean, deviation = self._fuse_grasps(
            np.stack(means), np.stack(variances), np.stack(common), np.stack(lengths), self._arm_noise(hand)
        )
        return RigidTransform.from_matrix(origin) * from_coordinates(mean), np.where(
            self._observable, deviation, 0.0
        )

    def _fuse_frames(
        self, x: NDArray[np.float64], sigma: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """Of one grasp from its frames `x` (n, 6) with `sigma` (n, 6): mean, variance, and what others share of it."""
        centre = np.median(x, axis=0)
        weight = self._weights(sigma, (x - centre) / np.maximum(sigma, 1e-9))
        mean = (weight * x).sum(0) / weight.sum(0)
        variance = (weight * sigma**2).sum(0) / weight.sum(0)
        effective = weight.sum(0) ** 2 / (weight**2).sum(0)
        return mean, self.settings.of_mean(variance, effective), self.settings.share(variance) * variance

    def _fuse_grasps(
        self,
        x: NDArray[np.float64],
        variance: NDArray[np.float64],
        common: NDArray[np.float64],
        length: NDArray[np.float64],
        arm: NDArray[np.float64],
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Weighted mean over grasps `x` (k, 6) and its deviation; those that contradict the newest lose weight.

        `common` (k, 6) is the part of `variance` that no further grasp takes away. `length` (k, 6) is how far each
        one's correction reached. An estimator that weighs noise against what it expects falls short by a share of it,
        which the next grasp sees and this one does not. What the arm misses, `arm` (6,), stands between the newest
        grasp and each of the others, twice; the newest itself is felt where the wrist truly is.
        """
        s = self.settings
        noise = np.sqrt(2.0) * np.tile(arm, (len(x), 1))
        noise[-1] = 0.0
        spread = np.sqrt(variance + noise**2)
        doubt = np.hypot(spread, s.length_uncertainty * length)
        weight = self._weights(doubt, (x - x[-1]) / np.maximum(np.hypot(doubt, doubt[-1]), 1e-9))
        mean = (weight * x).sum(0) / weight.sum(0)
        share = weight / weight.sum(0)
        alone = (share**2 * (variance - common + noise**2)).sum(0)
        return mean, np.sqrt(alone + (share * common).sum(0))

    def _weights(self, sigma: NDArray[np.float64], z: NDArray[np.float64]) -> NDArray[np.float64]:
        """Inverse variances (n, 6), reduced beyond the outlier gate.

        Axes that touch cannot tell carry nothing to weigh by; they take the mean weight of the others, so that no
        motion leaks into them from measurements that lost their say.
        """
        gate = self.settings.outlier_gate
        seen = self._observable
        with np.errstate(divide="ignore"):
            trust = np.minimum(1.0, gate / np.abs(z)) ** 2
        weight = trust / np.maximum(sigma, 1e-9) ** 2
        weight = weight / np.maximum(weight.max(axis=0), 1e-300)
        if seen.any():
            weight[:, ~seen] = weight[:, seen].mean(axis=1, keepdims=True)
        return weight


def _coordinates(matrices: NDArray[np.float64]) -> NDArray[np.float64]:
    """Pose matrices ``(n, 4, 4)`` to coordinates ``(n, 6)``."""
    turn = Rotation.from_matrix(matrices[:, :3, :3]).as_rotvec()
    return np.concatenate([matrices[:, :3, 3], turn], axis=1)
