"""What calibration found: one robot, what is still unknown of it, and robots that might be it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from tacrefine.errors import DataError
from tacrefine.hands import Hand
from tacrefine.identification.model_based.robot import MECHANICS, Layout, RobotPrior
from tacrefine.plants import Plant, PlantSample
from tacrefine.plants.description import RobotUncertainty

TAXEL_GAIN = 0.06
"""one standard deviation of what is still unknown of a taxel's gain"""
REFUSED = 0.05
"""share of full scale: a robot that leaves so much of its own touch unexplained is none"""
HYSTERESIS, NOISE = (0.0, 0.12), (0.02, 0.04)
"""ranges that are sampled, because calibration does not find them"""


@dataclass(frozen=True)
class FittedRobot:
    """One robot as a plant sample, what of its touch stays unexplained (share of full scale), and how the fit went.

    `spread` are posterior standard deviations of the nuisance parameters ``(K,)``, those of joints in rad (see
    `Hand.per_radian`); `cost` is twice the negative log posterior before and after.
    """

    sample: PlantSample
    model_error: float
    spread: NDArray[np.float64]
    cost: tuple[float, float]
    grasps: int

    def uncertainty(self) -> RobotUncertainty:
        """What is still unknown, never less than is assumed of a robot whose mechanics are known."""
        least, fingers = RobotPrior.known(), len(self.sample.fingertip_offsets)
        layout = Layout(fingers, len(self.sample.joint_bias))
        offsets = np.sqrt((self.spread[layout.offsets].reshape(fingers, 3) ** 2).mean(axis=0))
        gain, bias = (
            float(np.sqrt((self.spread[part] ** 2).mean())) for part in (layout.gains, layout.biases)
        )
        x, y, z = (max(a, float(b)) for a, b in zip(least.fingertip_offset, offsets, strict=True))
        return RobotUncertainty(
            log_taxel_stiffness=max(least.log_taxel_stiffness, float(self.spread[0])),
            log_contact_stiffness=max(least.log_contact_stiffness, float(self.spread[1])),
            log_closing_torque=max(least.log_closing_torque, float(self.spread[2])),
            fingertip_offset=(x, y, z),
            log_finger_gain=max(least.log_finger_gain, gain),
            joint_bias=max(least.joint_bias, bias),
            model_error=max(least.model_error, self.model_error),
        )

    def checked(self) -> FittedRobot:
        """This robot; raises DataError where it does not explain the recording."""
        if self.model_error > REFUSED:
            raise DataError(
                f"no robot explains these {self.grasps} grasps: {100 * self.model_error:.1f} % of full scale is left "
                f"over, at most {100 * REFUSED:.0f} % is allowed; check hand and objects "
                "and that the objects stood still within each episode, or record more grasps."
            )
        return self

    def likely(self, hand: Hand, rng: np.random.Generator, sigmas: float = 1.0) -> PlantSample:
        """A robot that the recordings leave possible. `sigmas` is how far it may lie from the fitted one.

        Noise and hysteresis are sampled from what training plants have; what a recording says of a gain is what the
        hysteresis leaves of it.
        """
        known, fingers = self.uncertainty(), len(self.sample.fingertip_offsets)
        z = sigmas * rng.standard_normal(MECHANICS)
        hysteresis = rng.uniform(*HYSTERESIS)
        gain = 1.0 + TAXEL_GAIN * sigmas * rng.standard_normal(hand.taxel_count)
        for part in hand.finger_slices:
            gain[part] *= np.exp(known.log_finger_gain * sigmas * rng.standard_normal())
        shift = np.array(known.fingertip_offset) * sigmas * rng.standard_normal((fingers, 3))
        bias = known.joint_bias * sigmas * rng.standard_normal(len(self.sample.joint_bias)) * hand.per_radian
        return replace(
            self.sample,
            taxel_stiffness=self.sample.taxel_stiffness * float(np.exp(known.log_taxel_stiffness * z[0])),
            contact_stiffness=self.sample.contact_stiffness
            * float(np.exp(known.log_contact_stiffness * z[1])),
            closing_torque=self.sample.closing_torque * float(np.exp(known.log_closing_torque * z[2])),
            fingertip_offsets=self.sample.fingertip_offsets + shift,
            taxel_gain=(self.sample.taxel_gain * gain / (1.0 - hysteresis)).astype(np.float32),
            joint_bias=self.sample.joint_bias + bias,
            hysteresis=hysteresis,
            noise=rng.uniform(*NOISE),
        )

    def prior(self) -> RobotPrior:
        """What is still unknown of the robot, as model-based refinement takes it."""
        return replace(RobotPrior.known(), **self.uncertainty().model_dump())


class LikelyRobots(Plant):
    """Draws robots that a recording leaves possible, to train on simulations of them."""

    def __init__(self, fitted: FittedRobot, start: Plant, sigmas: float = 1.0) -> None:
        super().__init__(start.description)
        self._fitted, self._sigmas = fitted, sigmas

    def sample(self, hand: Hand, rng: np.random.Generator) -> PlantSample:
        """One robot that the recording leaves possible."""
        return self._fitted.likely(hand, rng, self._sigmas)
