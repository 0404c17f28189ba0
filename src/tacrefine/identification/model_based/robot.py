"""What is unknown of the robot whose touch is being explained, as a vector of nuisance parameters.

Order: log taxel stiffness, log contact stiffness, log closing torque, fingertip offsets (F x 3, m), log finger
gains (F), joint biases (J, rad). Zero means the nominal robot.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tacrefine.hands import Hand
from tacrefine.plants import PlantSample
from tacrefine.sim.quasistatic import MechanicsBatch

MECHANICS = 3


@dataclass(frozen=True)
class RobotPrior:
    """Standard deviations of what differs between robots, and of what every frame adds.

    The defaults cover the randomisation of the training plants; :meth:`known` is a robot whose mechanics are known.
    """

    log_taxel_stiffness: float = 0.35
    log_contact_stiffness: float = 0.8
    log_closing_torque: float = 0.2
    fingertip_offset: tuple[float, float, float] = (0.00025, 0.0005, 0.0005)
    """m, along the pad's x, y, z"""
    log_finger_gain: float = 0.12
    taxel_gain: float = 0.1
    """of each taxel, common to both touches"""
    joint_bias: float = 0.009
    """rad; of a joint that slides, here and below, `Hand.per_radian` times as many m"""
    noise: float = 0.03
    """of one frame, share of full scale"""
    model_error: float = 0.006
    """share of full scale that no parameter explains"""
    joint_noise: float = 0.002
    """rad"""

    @classmethod
    def known(cls) -> RobotPrior:
        """Mechanics known to a few percent, only the taxels' gains differ."""
        return cls(0.03, 0.1, 0.03, (2e-5, 2e-5, 2e-5), 0.01, 0.06, 0.0005, 0.03, 0.006, 0.002)

    def sigma(self, hand: Hand) -> NDArray[np.float64]:
        """One standard deviation of every nuisance parameter, ``(K,)``."""
        fingers = len(hand.fingers)
        return np.concatenate(
            [
                [self.log_taxel_stiffness, self.log_contact_stiffness, self.log_closing_torque],
                np.tile(self.fingertip_offset, fingers),
                np.full(fingers, self.log_finger_gain),
                self.joint_bias * hand.per_radian,
            ]
        )


@dataclass(frozen=True)
class Layout:
    """Where each kind of nuisance parameter lies in the vector."""

    fingers: int
    joints: int

    @property
    def offsets(self) -> slice:
        """F x 3 fingertip offsets."""
        return slice(MECHANICS, MECHANICS + 3 * self.fingers)

    @property
    def gains(self) -> slice:
        """F logarithms of the fingers' gains."""
        return slice(self.offsets.stop, self.offsets.stop + self.fingers)

    @property
    def biases(self) -> slice:
        """J biases of the joints' readings, rad or m."""
        return slice(self.gains.stop, self.gains.stop + self.joints)

    @property
    def size(self) -> int:
        """Number of nuisance parameters, K."""
        return self.biases.stop

    def mechanics(self, nominal: PlantSample, nuisance: NDArray[np.float64]) -> MechanicsBatch:
        """The robots that nuisance vectors ``(N, K)`` describe."""
        n = len(nuisance)
        base = MechanicsBatch.of(nominal, n)
        values = base.values.copy()
        values[:, [0, 1, 3]] *= np.exp(nuisance[:, :MECHANICS])
        return MechanicsBatch(values, base.offsets + nuisance[:, self.offsets].reshape(n, self.fingers, 3))
