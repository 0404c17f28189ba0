"""The most probable poses of two touches of one robot, by Gauss-Newton on simulated touch.

Unknown are both poses and what differs between robots; a robot's parameters and the gain of every taxel are common to
both touches, so they cancel where they can. The network's proposal is the start. The result carries the posterior
standard deviation of the difference, widened where the touch is not explained.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from tacrefine.hands import Hand
from tacrefine.identification.model_based.forward import ForwardModel, SimulatedTouch
from tacrefine.identification.model_based.robot import RobotPrior
from tacrefine.objects import GraspObject
from tacrefine.plants import PlantSample
from tacrefine.sim.quasistatic import QuasistaticSimulator

ITERATIONS = 12
SPANS = (16.0, 8.0, 4.0, 2.0, 1.0, 8.0, 4.0, 2.0, 1.0)
"""spans of the pose differences, coarse to fine twice: the second round leaves where the first one got stuck"""
MAX_STEP = 0.3
"""of the sampling half range, for one Gauss-Newton step"""
BOX = 1.6
"""half ranges within which poses are searched"""


@dataclass(frozen=True)
class Observed:
    """A measured touch: readings ``(N, T)`` 0..1 (NaN = dead), joints ``(N, J)`` rad or m, means over frames."""

    readings: NDArray[np.float32]
    joints: NDArray[np.float32]
    frames: float = 1.0

    def of(self, i: int) -> Observed:
        """One of the N."""
        return Observed(self.readings[i : i + 1], self.joints[i : i + 1], self.frames)


@dataclass(frozen=True)
class PairFit:
    """Poses ``(N, 6)`` of current and target touch, one sigma ``(N, 6)`` of their difference, misfit ``(N,)``.

    `misfit` is the mean squared residual in units of its expectation: 1 where the touch is explained.
    """

    current: NDArray[np.float64]
    target: NDArray[np.float64]
    standard_deviation: NDArray[np.float64]
    misfit: NDArray[np.float64]
    nuisance: NDArray[np.float64]


def clipped_reading(
    signal: NDArray[np.float64], noise: float
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Mean, variance and slope of a reading ``clip(signal + noise n, 0, 1)`` with n standard normal.

    An array at rest reads 0.4 sigma above zero on average, because noise below zero is cut off.
    """
    low, high = signal / noise, (1.0 - signal) / noise
    above = signal * ndtr(low) + noise * _density(low)
    beyond = -(1.0 - signal) * ndtr(-high) + noise * _density(high)
    mean = above - beyond
    slope = ndtr(low) - ndtr(-high)
    second = (signal**2 + noise**2) * ndtr(low) + signal * noise * _density(low)
    over = ((1.0 - signal) ** 2 + noise**2) * ndtr(-high) - (1.0 - signal) * noise * _density(high)
    variance = second - over - 2.0 * beyond - mean**2
    return mean, np.maximum(variance, (0.05 * noise) ** 2), slope


def _density(z: NDArray[np.float64]) -> NDArray[np.float64]:
    """Standard normal."""
    return np.exp(-0.5 * z**2) / np.sqrt(2.0 * np.pi)


class TouchModelFit:
    """Fits pairs of touches on one object. `nominal` is the robot that nuisance zero stands for."""

    def __init__(
        self,
        hand: Hand,
        item: GraspObject,
        nominal: PlantSample,
        prior: RobotPrior | None = None,
        simulator: QuasistaticSimulator | None = None,
    ) -> None:
        self.prior = prior or RobotPrior()
        self.model = ForwardModel(simulator or QuasistaticSimulator(hand), item, nominal)
        self._robot_precision = self.prior.sigma(hand) ** -2.0
        self._joint_precision = (self.prior.joint_noise * hand.per_radian) ** -2.0
        half = item.half_range[self.model.axes]
        self._half = half
        self._pose_precision = 1.0 / (half**2 / 3.0)

    def fit(
        self,
        current: Observed,
        target: Observed,
        current_guess: NDArray[np.float64],
        target_guess: NDArray[np.float64],
    ) -> PairFit:
        """Refine guesses ``(N, 6)`` of both poses."""
        axes, a = self.model.axes, len(self.model.axes)
        x = [np.array(current_guess, float), np.array(target_guess, float)]
        for poses in x:
            poses[:, axes] = np.clip(poses[:, axes], -BOX * self._half, BOX * self._half)
        n, k = len(x[0]), self.model.layout.size
        robot = np.zeros((n, k))
        observed = (current, target)
        damping = np.full(n, 1e-3)
        cost = self._cost(observed, [self.model.touch(p, robot) for p in x], x, robot)
        hessian = np.zeros((n, 2 * a + k, 2 * a + k))
        for iteration in range(ITERATIONS):
            span = SPANS[min(iteration, len(SPANS) - 1)]
            touch = [self.model.linearised(poses, robot, span) for poses in x]
            hessian, gradient = self._normal_equations(observed, touch, x, robot)
            step = self._solve(hessian, gradient, damping)
            step[:, : 2 * a] = np.clip(
                step[:, : 2 * a], *(s * MAX_STEP * np.tile(self._half, 2) for s in (-1, 1))
            )
            trial = [poses.copy() for poses in x]
            for i in range(2):
                moved = trial[i][:, axes] + step[:, i * a : (i + 1) * a]
                trial[i][:, axes] = np.clip(moved, -BOX * self._half, BOX * self._half)
            trial_robot = robot + step[:, 2 * a :]
            trial_cost = self._cost(
                observed, [self.model.touch(p, trial_robot) for p in trial], trial, trial_robot
            )
            better = trial_cost < cost
            for i in range(2):
                x[i][better] = trial[i][better]
            robot[better], cost[better] = trial_robot[better], trial_cost[better]
            damping = np.where(better, 0.2 * damping, 10.0 * damping)
        covariance = np.linalg.inv(hessian)
        spread = (
            covariance[:, :a, :a]
            + covariance[:, a : 2 * a, a : 2 * a]
            - covariance[:, :a, a : 2 * a]
            - covariance[:, a : 2 * a, :a]
        )
        misfit = cost / (2 * (self.model.hand.taxel_count + len(self.model.hand.joint_names)))
        deviation = np.zeros((n, 6))
        diagonal = np.einsum("naa->na", spread)
        deviation[:, axes] = np.sqrt(np.maximum(diagonal, 0.0) * np.maximum(misfit, 1.0)[:, None])
        return PairFit(x[0], x[1], deviation, misfit, robot)

    def _residuals(
        self, observed: tuple[Observed, Observed], touch: list[SimulatedTouch]
    ) -> tuple[list[NDArray[np.float64]], ...]:
        """Per touch, ``(N, T + J)`` each: residuals, inverse variances, effect of a taxel gain, slope of readings."""
        residuals, weights, gains, slopes = [], [], [], []
        for seen, model in zip(observed, touch, strict=True):
            dead = np.isnan(seen.readings)
            mean, variance, slope = clipped_reading(model.readings, self.prior.noise)
            r = np.where(dead, 0.0, np.nan_to_num(seen.readings) - mean)
            w = np.where(dead, 0.0, 1.0 / (variance / seen.frames + self.prior.model_error**2))
            joints = seen.joints - model.joints
            residuals.append(np.concatenate([r, joints], axis=1))
            joint_weight = np.broadcast_to(self._joint_precision, joints.shape)
            weights.append(np.concatenate([w, joint_weight], axis=1))
            gain = self.prior.taxel_gain * slope * model.readings
            gains.append(np.concatenate([gain, np.zeros_like(joints)], axis=1))
            slopes.append(np.concatenate([slope, np.ones_like(joints)], axis=1))
        return residuals, weights, gains, slopes

    def _cost(
        self,
        observed: tuple[Observed, Observed],
        touch: list[SimulatedTouch],
        x: list[NDArray[np.float64]],
        robot: NDArray[np.float64],
    ) -> NDArray[np.float64]:
        """Twice the negative log posterior ``(N,)``; the gain of each taxel is marginalised in closed form."""
        r, w, g, _ = self._residuals(observed, touch)
        plain = (w[0] * r[0] ** 2 + w[1] * r[1] ** 2).sum(1)
        along = w[0] * g[0] * r[0] + w[1] * g[1] * r[1]
        scale = 1.0 + w[0] * g[0] ** 2 + w[1] * g[1] ** 2
        cost = plain - (along**2 / scale).sum(1) + np.log(scale).sum(1)
        cost += (robot**2 * self._robot_precision).sum(1)
        for poses in x:
            cost += (poses[:, self.model.axes] ** 2 * self._pose_precision).sum(1)
        return cost

    def _normal_equations(
        self,
        observed: tuple[Observed, Observed],
        touch: list[SimulatedTouch],
        x: list[NDArray[np.float64]],
        robot: NDArray[np.float64],
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Hessian ``(N, P, P)`` and descent ``(N, P)`` over current pose, target pose, robot."""
        r, w, g, slope = self._residuals(observed, touch)
        a = len(self.model.axes)
        n, k = robot.shape
        size = 2 * a + k
        scale = 1.0 + w[0] * g[0] ** 2 + w[1] * g[1] ** 2
        hessian, gradient = np.zeros((n, size, size)), np.zeros((n, size))
        along = np.zeros((n, r[0].shape[1], size))
        along_residual = np.zeros_like(r[0])
        for i in range(2):
            assert touch[i].by_pose is not None
            assert touch[i].by_robot is not None
            jacobian = np.zeros((n, r[i].shape[1], size))
            jacobian[:, :, i * a : (i + 1) * a] = touch[i].by_pose
            jacobian[:, :, 2 * a :] = touch[i].by_robot
            jacobian *= slope[i][:, :, None]
            weighted = jacobian * w[i][:, :, None]
            hessian += np.matmul(jacobian.transpose(0, 2, 1), weighted)
            gradient += np.matmul(weighted.transpose(0, 2, 1), r[i][:, :, None])[:, :, 0]
            along += weighted * g[i][:, :, None]
            along_residual += w[i] * g[i] * r[i]
        hessian -= np.matmul(along.transpose(0, 2, 1), along / scale[:, :, None])
        gradient -= np.matmul(along.transpose(0, 2, 1), (along_residual / scale)[:, :, None])[:, :, 0]
        precision = np.concatenate([self._pose_precision, self._pose_precision, self._robot_precision])
        hessian[:, range(size), range(size)] += precision
        state = np.concatenate([x[0][:, self.model.axes], x[1][:, self.model.axes], robot], axis=1)
        return hessian, gradient - precision * state

    @staticmethod
    def _solve(
        hessian: NDArray[np.float64], gradient: NDArray[np.float64], damping: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Levenberg-Marquardt step, scaled by the diagonal."""
        diagonal = np.einsum("npp->np", hessian)
        damped = hessian + (damping[:, None] * diagonal)[:, :, None] * np.eye(hessian.shape[1])
        return np.linalg.solve(damped, gradient[:, :, None])[:, :, 0]
