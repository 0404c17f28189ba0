"""How well touch can tell a pose at all, for ``pose_bound.py``: the Cramer-Rao bound, and two estimators.

Everything here knows the simulator that made the touch, which no robot does: a limit and a yardstick, not a policy.
Coordinates are the pose coordinates of `tacrefine.geometry`, restricted to the observable axes of one object.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tacrefine.sim.information import TouchInformation

LM_STEPS = 8
LM_STARTS = 4
LM_LIMIT = 0.3
"""largest step of the fit, as a share of the sampling half range"""


@dataclass(frozen=True)
class TouchModel(TouchInformation):
    """The same, and estimators that know the simulator."""

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
