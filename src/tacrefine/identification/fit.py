"""The most probable robot for all its recorded grasps at once, by Gauss-Newton on the fast simulator.

Unknown are the robot's parameters (see `tacrefine.identification.model_based.robot`), the pose of each episode's
object, and where the arm really stood at each grasp, within its repeatability. The gain of every taxel is
marginalised on the way and found in closed form at the end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import count

import numpy as np
from numpy.typing import NDArray

from tacrefine.hands import Hand
from tacrefine.identification.episodes import Episode
from tacrefine.identification.fitted import FittedRobot
from tacrefine.identification.model_based.fit import BOX, clipped_reading
from tacrefine.identification.model_based.forward import ForwardModel, SimulatedTouch
from tacrefine.identification.model_based.robot import MECHANICS, Layout, RobotPrior
from tacrefine.identification.poses import by_first, centred, guessed, placed
from tacrefine.plants import PlantSample
from tacrefine.policy import Policy
from tacrefine.sim.quasistatic import QuasistaticSimulator

STAGES = ((0.2, 8.0), (0.1, 8.0), (0.05, 4.0), (0.015, 2.0), (0.03, 8.0), (0.015, 4.0), (0.015, 1.0))
"""model error (share of full scale) and span of the differences, coarse to fine twice: far from the robot a sharp
likelihood is full of places to get stuck in"""
STAGE_STEPS = 8
STAGE_GAIN = 0.01
"""A stage ends when a step lowers the cost by less than this share."""
MAX_STEP = 1.5
"""of a prior standard deviation of any of the robot's parameters, for one step"""
UNKNOWN_ROBOT = RobotPrior(0.5, 1.2, 0.3, (0.0004, 0.0008, 0.0008), 0.15, 0.15, 0.015, 0.03, 0.015, 0.003)
REPEATABILITY = (1e-4, 1.75e-3)
"""m and rad, of the arm between the grasps of an episode"""
STARTS, COARSE_STAGES, KEPT = 6, 2, 2
"""so many robots are tried in the first stages; so many of them, the first always, go on to the end, and the most
probable one stays"""
ROUNDS, EXPLAINED = 3, 0.015
"""a robot that leaves more than this share of full scale unexplained is stuck: others are tried, so many rounds"""
START_SIGMA = (0.4, 0.6, 0.15)
"""spread of the starts: log taxel stiffness, log contact stiffness, log closing torque"""
ACTIVE = 0.05
"""signal from which a taxel counts when the unexplained rest is measured"""


@dataclass
class _State:
    """robot (K,), first pose of each episode (6,), poses of its grasps (n, 6)"""

    robot: NDArray[np.float64]
    firsts: list[NDArray[np.float64]]
    poses: list[NDArray[np.float64]]


@dataclass(frozen=True)
class _End:
    """Where a descent ended: cost there and the Hessian of its last step."""

    state: _State
    cost: float
    hessian: NDArray[np.float64]


class Calibration:
    """Fits robots of one hand. `nominal` is the robot to start from."""

    def __init__(
        self,
        hand: Hand,
        nominal: PlantSample,
        prior: RobotPrior = UNKNOWN_ROBOT,
        simulator: QuasistaticSimulator | None = None,
    ) -> None:
        self.hand, self.nominal, self.prior = hand, nominal, prior
        self._simulator = simulator or QuasistaticSimulator(hand)
        self._layout = Layout(len(hand.fingers), len(hand.joint_names))
        self._sigma = prior.sigma(hand)
        self._repeatability = np.repeat(REPEATABILITY, 3)

    def fit(
        self,
        episodes: Sequence[Episode],
        policy: Policy | None = None,
        progress: Callable[[int, int], None] = lambda done, total: None,
    ) -> FittedRobot:
        """The robot; `progress(stage, stages)`. A policy's guesses of the poses are the better start.

        Touch has kinks, and a descent may end far from the robot; so several begin, with other mechanics.
        """
        models = {id(e.item): ForwardModel(self._simulator, e.item, self.nominal) for e in episodes}
        self._models = [models[id(e.item)] for e in episodes]
        self._episodes = list(episodes)
        firsts = [guessed(policy, e) if policy else centred(e) for e in episodes]
        poses = [placed(e, first) for e, first in zip(episodes, firsts, strict=True)]
        one_round = STARTS * COARSE_STAGES + KEPT * (len(STAGES) - COARSE_STAGES)
        rng = np.random.default_rng(0)
        best: tuple[float, FittedRobot] | None = None
        for number in range(ROUNDS):
            done = count(number * one_round)
            ends = []
            for i in range(STARTS):
                robot = np.zeros(self._layout.size)
                robot[:MECHANICS] = (number or i) and rng.standard_normal(MECHANICS) * START_SIGMA
                state = _State(robot, firsts, poses)
                ends.append(self._stages(state, STAGES[:COARSE_STAGES], progress, done, one_round))
            for end in [ends[0], *sorted(ends[1:], key=lambda end: end.cost)[: KEPT - 1]]:
                end = self._stages(end.state, STAGES[COARSE_STAGES:], progress, done, one_round)
                if best is None or end.cost < best[0]:
                    best = end.cost, self._fitted(end, _State(np.zeros(self._layout.size), firsts, poses))
            assert best is not None
            if best[1].model_error < EXPLAINED:
                break
        progress(ROUNDS * one_round, ROUNDS * one_round)
        assert best is not None
        return best[1]

    def _stages(
        self,
        state: _State,
        stages: Sequence[tuple[float, float]],
        progress: Callable[[int, int], None],
        done: Iterator[int],
        one_round: int,
    ) -> _End:
        """Some stages one after the other from `state`."""
        for model_error, span in stages:
            progress(next(done), ROUNDS * one_round)
            end = _End(*self._descend(state, self._begin(state, model_error), span))
            state = end.state
        return end

    def _begin(self, state: _State, model_error: float) -> float:
        """Set the model error of a stage, and joints' with it; returns the cost there."""
        share = model_error / self.prior.model_error
        self._now = replace(self.prior, model_error=model_error, joint_noise=share * self.prior.joint_noise)
        return self._cost(state)

    def _descend(self, state: _State, cost: float, span: float) -> tuple[_State, float, NDArray[np.float64]]:
        """Levenberg-Marquardt steps until they gain little; state, cost and the last Hessian."""
        damping, hessian = 1e-3, np.eye(self._layout.size)
        for _ in range(STAGE_STEPS):
            hessian, gradient = self._equations(state, span)
            gained = 0.0
            for _ in range(4):
                damped = hessian + damping * np.diag(np.diag(hessian))
                trial = self._moved(state, np.linalg.solve(damped, gradient).astype(float))
                trial_cost = self._cost(trial)
                if trial_cost < cost:
                    gained = cost - trial_cost
                    state, cost, damping = trial, trial_cost, max(0.2 * damping, 1e-7)
                    break
                damping *= 8.0
            if gained < STAGE_GAIN * abs(cost):
                break
        return state, cost, hessian

    def _moved(self, state: _State, step: NDArray[np.float64]) -> _State:
        largest = float(np.abs(step[: self._layout.size] / self._sigma).max())
        step = step * min(1.0, MAX_STEP / max(largest, 1e-12))
        robot = state.robot + step[: self._layout.size]
        firsts, poses, at = [], [], self._layout.size
        for e, episode in enumerate(self._episodes):
            axes, n = self._models[e].axes, len(episode)
            box = BOX * episode.item.half_range[axes]
            first = state.firsts[e].copy()
            first[axes] = np.clip(first[axes] + step[at : at + len(axes)], -box, box)
            at += len(axes)
            x = placed(episode, first)  # hidden coordinates follow from the first pose
            x[:, axes] = state.poses[e][:, axes] + step[at : at + n * len(axes)].reshape(n, -1)
            at += n * len(axes)
            firsts.append(first)
            poses.append(x)
        return _State(robot, firsts, poses)

    def _terms(self, e: int, touch: SimulatedTouch) -> tuple[NDArray[np.float64], ...]:
        """Residuals, inverse variances, effect of a taxel gain, slopes of one episode: ``(n, T + J)`` each."""
        episode, p = self._episodes[e], self._now
        dead = np.isnan(episode.readings)
        mean, variance, slope = clipped_reading(touch.readings, p.noise)
        rest = np.where(dead, 0.0, np.nan_to_num(episode.readings) - mean)
        weight = np.where(dead, 0.0, 1.0 / (variance / episode.frames + p.model_error**2))
        joints = episode.joints - touch.joints
        flat = np.ones_like(joints)
        gain = p.taxel_gain * slope * touch.readings
        return (
            np.concatenate([rest, joints], axis=1),
            np.concatenate([weight, flat / (p.joint_noise * self.hand.per_radian) ** 2], axis=1),
            np.concatenate([gain, 0.0 * flat], axis=1),
            np.concatenate([slope, flat], axis=1),
        )

    def _robots(self, state: _State, e: int) -> NDArray[np.float64]:
        return np.repeat(state.robot[None], len(self._episodes[e]), axis=0)

    def _cost(self, state: _State) -> float:
        plain, along, scale = 0.0, 0.0, 1.0
        for e, model in enumerate(self._models):
            r, w, g, _ = self._terms(e, model.touch(state.poses[e], self._robots(state, e)))
            plain += float((w * r**2).sum())
            along, scale = along + (w * g * r).sum(0), scale + (w * g**2).sum(0)
        cost = plain + float((np.log(scale) - along**2 / scale).sum())
        cost += float(((state.robot / self._sigma) ** 2).sum())
        for e, episode in enumerate(self._episodes):
            axes = self._models[e].axes
            deviation = (state.poses[e] - placed(episode, state.firsts[e]))[:, axes] / self._repeatability[
                axes
            ]
            cost += float((deviation**2).sum())
            cost += 3.0 * float(((state.poses[e][:, axes] / episode.item.half_range[axes]) ** 2).sum())
        return cost

    def _equations(self, state: _State, span: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Hessian and descent over robot, then for each episode its first pose and the poses of its grasps."""
        k = self._layout.size
        counts = [
            len(model.axes) * (1 + len(ep)) for model, ep in zip(self._models, self._episodes, strict=True)
        ]
        size = k + sum(counts)
        hessian, gradient = np.zeros((size, size)), np.zeros(size)
        width = self.hand.taxel_count + len(self.hand.joint_names)
        along, along_rest, scale = np.zeros((width, size)), np.zeros(width), np.ones(width)
        at = k
        for e, (model, episode) in enumerate(zip(self._models, self._episodes, strict=True)):
            axes, n = model.axes, len(episode)
            a = len(axes)
            touch = model.linearised(state.poses[e], self._robots(state, e), span, span)
            r, w, g, slope = self._terms(e, touch)
            scale += (w * g**2).sum(0)
            along_rest += (w * g * r).sum(0)
            assert touch.by_pose is not None
            assert touch.by_robot is not None
            own = np.arange(at, at + a)
            for i in range(n):
                columns = np.r_[0:k, at + a * (1 + i) : at + a * (2 + i)]
                jacobian = np.concatenate([touch.by_robot[i], touch.by_pose[i]], axis=1) * slope[i][:, None]
                weighted = jacobian * w[i][:, None]
                hessian[np.ix_(columns, columns)] += jacobian.T @ weighted
                gradient[columns] += weighted.T @ r[i]
                along[:, columns] += weighted * g[i][:, None]
            lead = by_first(episode, state.firsts[e], axes)[:, axes] / self._repeatability[axes][:, None]
            deviation = (state.poses[e] - placed(episode, state.firsts[e]))[:, axes]
            precision = 3.0 / episode.item.half_range[axes] ** 2
            for i in range(n):
                mine = np.arange(at + a * (1 + i), at + a * (2 + i))
                unit = deviation[i] / self._repeatability[axes]
                hessian[mine, mine] += self._repeatability[axes] ** -2.0 + precision
                hessian[np.ix_(own, own)] += lead[i].T @ lead[i]
                cross = lead[i] / self._repeatability[axes][:, None]
                hessian[np.ix_(mine, own)] -= cross
                hessian[np.ix_(own, mine)] -= cross.T
                gradient[mine] -= unit / self._repeatability[axes] + precision * state.poses[e][i, axes]
                gradient[own] += lead[i].T @ unit
            at += counts[e]
        hessian -= along.T @ (along / scale[:, None])
        gradient -= along.T @ (along_rest / scale)
        robot = np.arange(k)
        hessian[robot, robot] += self._sigma**-2.0
        gradient[:k] -= state.robot / self._sigma**2
        return hessian, gradient

    def _fitted(self, end: _End, unfitted: _State) -> FittedRobot:
        state, spread = end.state, np.sqrt(np.diag(np.linalg.inv(end.hessian))[: self._layout.size])
        spread[self._layout.biases] /= self.hand.per_radian
        cost = self._cost(unfitted), end.cost
        taxels = self.hand.taxel_count
        terms = [
            self._terms(e, model.touch(state.poses[e], self._robots(state, e)))
            for e, model in enumerate(self._models)
        ]
        r, w, g, _ = (np.concatenate([t[i][:, :taxels] for t in terms]) for i in range(4))
        effect = (w * g * r).sum(0) / (1.0 + (w * g**2).sum(0))
        gain = 1.0 + self.prior.taxel_gain * effect
        for f, part in enumerate(self.hand.finger_slices):
            gain[part] *= np.exp(state.robot[self._layout.gains][f])
        used = (g > self.prior.taxel_gain * ACTIVE) & (w > 0.0)
        noise = 1.0 / np.where(w > 0.0, w, 1.0) - self.prior.model_error**2
        rest = ((r - g * effect) ** 2 - noise)[used].mean() if used.any() else 0.0
        dead = np.isnan(np.concatenate([ep.readings for ep in self._episodes])).sum(axis=0) == len(r)
        mechanics = np.exp(state.robot[:3])
        sample = replace(
            self.nominal,
            taxel_stiffness=float(self.nominal.taxel_stiffness * mechanics[0]),
            contact_stiffness=float(self.nominal.contact_stiffness * mechanics[1]),
            closing_torque=float(self.nominal.closing_torque * mechanics[2]),
            fingertip_offsets=self.nominal.fingertip_offsets
            + state.robot[self._layout.offsets].reshape(-1, 3),
            taxel_gain=gain.astype(np.float32),
            dead=np.asarray(dead),
            joint_bias=self.nominal.joint_bias + state.robot[self._layout.biases],
        )
        error = float(np.sqrt(max(rest, 0.004**2)))
        return FittedRobot(sample, error, spread, cost, sum(len(ep) for ep in self._episodes))
