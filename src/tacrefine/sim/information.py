"""How well touch can tell a pose at all: derivatives of the simulated readings, and the Cramer-Rao bound from them.

Coordinates are the pose coordinates of `tacrefine.geometry`, restricted to the A observable axes of one object.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tacrefine.objects import GraspObject
from tacrefine.plants import PlantSample
from tacrefine.sim.quasistatic import QuasistaticSimulator

STEP_M = 1e-4
STEP_RAD = float(np.deg2rad(0.1))


@dataclass(frozen=True)
class TouchInformation:
    """Noise-free readings 0..1 of T taxels and their Jacobian on one object for one sampled robot."""

    simulator: QuasistaticSimulator
    item: GraspObject
    sample: PlantSample
    noise: float
    """standard deviation of a reading, share of full scale"""
    gain: float = 0.0
    """unknown gain of each taxel, counted as noise that grows with the reading; 0: every gain is known"""

    @property
    def axes(self) -> NDArray[np.int64]:
        """Indices of the observable axes, A of them."""
        return np.flatnonzero(self.item.observable)

    @property
    def prior_sigma(self) -> NDArray[np.float64]:
        """Standard deviation of the uniform sampling box on the observable axes, ``(A,)`` m or rad."""
        return np.asarray(self.item.half_range[self.axes] / np.sqrt(3.0))

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
        readings, jacobian = self.jacobian(poses)
        precision = 1.0 / (self.noise**2 + (self.gain * readings) ** 2)
        information = np.einsum("nta,ntb,nt->nab", jacobian, jacobian, precision, optimize=True)
        return np.linalg.inv(information + np.diag(self.prior_sigma**-2))

    def deviations(self, poses: NDArray[np.float64]) -> NDArray[np.float64]:
        """Square roots of the covariance's diagonal ``(N, A)``, m or rad."""
        return np.asarray(np.sqrt(np.einsum("naa->na", self.covariance(poses))))
