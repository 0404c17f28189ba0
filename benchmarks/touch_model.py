"""How well touch can tell a pose at all, for ``pose_bound.py``: the Cramer-Rao bound, and two estimators.

Everything here knows the simulator that made the touch, which no robot does: a limit and a yardstick, not a policy.
Coordinates are the pose coordinates of `tacrefine.geometry`, restricted to the observable axes of one object.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tacrefine.objects import GraspObject
from tacrefine.plants import PlantSample
from tacrefine.sim import QuasistaticSimulator

STEP_M = 1e-4
STEP_RAD = np.deg2rad(0.1)
LM_STEPS = 8
LM_STARTS = 4
LM_LIMIT = 0.3
"""largest step of the fit, as a share of the sampling half range"""


@dataclass(frozen=True)
class TouchModel:
    """Noise-free readings 0..1 and their Jacobian on one object for one sampled robot."""

    simulator: QuasistaticSimulator
    item: GraspObject
    sample: PlantSample
    noise: float
    """standard deviation of a reading, share of full scale"""

    @property
    def axes(self) -> NDArray[np.int64]:
        """Indices of the observable axes, A of them."""
        return np.flatnonzero(self.item.observable)

    @property
    def prior_sigma(self) -> NDArray[np.float64]:
        """Standard deviation of the uniform sampling box on the observable axes, ``(A,)`` m or rad."""
        return self.item.half_range[self.axes] / np.sqrt(3.0)

    def readings(self, poses: NDArray[np.float64]) -> NDArray[np.float64]:
        """``(N, T)`` at pose coordinates ``(N, 6)``."""
        force = self.simulator.grasp(self.item, poses, self.sample).force
        return np.clip(force / self.simulator.hand.full_scale, 0.0, 1.0).astype(float)

    def jacobian(self, poses: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Readings ``(N, T)`` and their derivative ``(N, T, A)`` per m or rad.

        Where the one-sided differences disagree in sign a taxel snapped over an edge; such a jump carries no local
        information and counts as zero, else the smaller of the two counts.
        """
        here = self.readings(poses)
        columns = []
        for axis in self.axes:
            step = STEP_M if axis < 3 else STEP_RAD
            forward, backward = poses.copy(), poses.copy()
            forward[:, axis] += step
            backward[:, axis] -= step
            ahead = (self.readings(forward) - here) / step
            behind = (here - self.readings(backward)) / step
            smaller = np.where(np.abs(ahead) < np.abs(behind), ahead, behind)
            columns.append(np.where(ahead * behind > 0, smaller, 0.0))
        return here, np.stack(columns, axis=-1)

    def covariance(self, poses: NDArray[np.float64]) -> NDArray[np.float64]:
        """Bound on the covariance of one pose from one frame, ``(N, A, A)``, with the sampling box as a prior."""
        _, jacobian = self.jacobian(poses)
        information = np.einsum("nta,ntb->nab", jacobian, jacobian) / self.noise**2
        return np.linalg.inv(information + np.diag(self.prior_sigma**-2))

    def nearest(
        self,
        readings: NDArray[np.float64],
        bank_poses: NDArray[np.float64],
        bank: NDArray[np.float64],
        count: int,
    ) -> NDArray[np.float64]:
        """Poses ``(N, count, 6)`` of the bank whose readings are nearest, best first."""
        distance = (bank**2).sum(1)[None] - 2.0 * readings @ bank.T
        return bank_poses[np.argsort(distance, axis=1)[:, :count]]

    def maximum_likelihood(
        self, readings: NDArray[np.float64], starts: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Levenberg-Marquardt from ``(N, K, 6)`` starts; the best fit of each, ``(N, 6)``."""
        n, k = starts.shape[:2]
        axes, half = self.axes, self.item.half_range[self.axes]
        poses, wanted = starts.reshape(n * k, 6).copy(), np.repeat(readings, k, axis=0)
        prior = np.diag(self.prior_sigma**-2)
        damping = np.full(n * k, 1e-2)
        cost = ((self.readings(poses) - wanted) ** 2).sum(1)
        for _ in range(LM_STEPS):
            here, jacobian = self.jacobian(poses)
            hessian = np.einsum("nta,ntb->nab", jacobian, jacobian) / self.noise**2
            gradient = np.einsum("nta,nt->na", jacobian, wanted - here) / self.noise**2
            diagonal = np.einsum("naa->na", hessian)
            hessian = hessian + prior + np.einsum("n,na,ab->nab", damping, diagonal, np.eye(len(axes)))
            step = np.clip(
                np.linalg.solve(hessian, gradient[..., None])[..., 0], -LM_LIMIT * half, LM_LIMIT * half
            )
            trial = poses.copy()
            trial[:, axes] = np.clip(poses[:, axes] + step, -half, half)
            trial_cost = ((self.readings(trial) - wanted) ** 2).sum(1)
            better = trial_cost < cost
            poses[better], cost[better] = trial[better], trial_cost[better]
            damping = np.where(better, 0.3 * damping, 5.0 * damping)
        best = cost.reshape(n, k).argmin(axis=1)
        return poses.reshape(n, k, 6)[np.arange(n), best]


def pair_errors(difference: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Millimetres and degrees of errors in pose coordinates ``(N, 6)``."""
    return 1e3 * np.linalg.norm(difference[:, :3], axis=1), np.rad2deg(
        np.linalg.norm(difference[:, 3:], axis=1)
    )
