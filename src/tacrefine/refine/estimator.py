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

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import RigidTransform

from tacrefine.geometry import HasGraspCentre, from_coordinates, matrix_coordinates, to_coordinates
from tacrefine.refine.estimator_settings import EstimatorSettings
from tacrefine.refine.fusion import fuse_frames, fuse_grasps
from tacrefine.refine.protocols import PoseMeasurement
from tacrefine.refine.samples import Decision

REFINED_SHARE = 0.5
"""of a refined correction's variance that grasps have in common at least: the target was shown once"""
WITHIN = 0.5
"""of the deviation: so little remaining is not worth a move once the tolerances are met"""


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
    standard deviation of the target before anything was felt; without it no axis is ever called weak.
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
        left = to_coordinates(step)
        estimate = centre * step * hand.centre_from_wrist
        if fraction < 1.0:
            step = from_coordinates(fraction * left)
        reason = (
            "reached"
            if reached
            else "nothing left to gain"
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
            weak_axes=self._observable & (deviation > s.weak_axis_share * self._prior),
            step=left,
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
            x = matrix_coordinates(from_origin @ np.stack([grasp.made_at, *grasp.wrists]) @ to_centre)
            made_at, x = x[0], x[1:]
            mean, variance, shared = fuse_frames(
                self.settings, self._observable, x, np.stack(grasp.deviations)
            )
            means.append(mean)
            variances.append(variance)
            common.append(np.maximum(shared, REFINED_SHARE * variance) if grasp.refined else shared)
            lengths.append(mean - made_at)
        mean, deviation = fuse_grasps(
            self.settings,
            self._observable,
            np.stack(means),
            np.stack(variances),
            np.stack(common),
            np.stack(lengths),
            self._arm_noise(hand),
        )
        return RigidTransform.from_matrix(origin) * from_coordinates(mean), np.where(
            self._observable, deviation, 0.0
        )
