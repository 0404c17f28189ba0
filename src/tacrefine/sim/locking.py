"""Drives that a load cannot turn back, as lead screws and worm gears cannot be turned back.

While such a drive moves, its joint may be where the motor has brought it or further on, but not back by more than the
gear's play. Once the joint has
stood still for `REST_TIME` under an unchanged target the drive stays there, whatever pushes and from whichever side,
until it is given another target. Both hold up to the drive's holding torque; beyond it the joint gives way.

In the model each of these drives has a second actuator, the gear: a stiff spring to the place that was reached, which
may only push forward while the drive moves.
"""

from __future__ import annotations

from typing import NamedTuple

import mujoco
import numpy as np
from numpy.typing import NDArray

from tacrefine.hands import Hand
from tacrefine.hands.description import JointDescription

REST_TIME = 0.1
"""s that a joint stands still before its drive stays"""
REST_SPEED = 0.02
"""rad/s below which a joint counts as standing still"""
GEAR_STIFFNESS = 600.0
"""N m/rad"""
GEAR_DAMPING = 1.5
"""N m s/rad"""
BACKLASH = 0.003
"""rad that a moving joint may come back: without play a gear would keep the push of the impact"""
ARRIVED = 1e-4
"""rad from its target at which a drive pushes neither way"""


def gear_name(joint: str) -> str:
    """The second actuator of a drive."""
    return f"{joint}_gear"


def add_gear(spec: mujoco.MjSpec, joint: JointDescription) -> None:
    """The second actuator of the self-locking drive of this joint."""
    name = joint.name
    gear = spec.add_actuator(name=gear_name(name), target=name, trntype=mujoco.mjtTrn.mjTRN_JOINT)
    lever = joint.per_radian
    gear.set_to_position(kp=GEAR_STIFFNESS / lever**2, kv=GEAR_DAMPING / lever**2)
    gear.forcerange, gear.forcelimited = [0.0, 1e-9], True


class GearState(NamedTuple):
    """What MuJoCo's data does not hold; arrays ``(A,)`` over the actuated joints."""

    targets: NDArray[np.float64]
    direction: NDArray[np.int64]
    still_since: NDArray[np.float64]


class Drives:
    """The actuated joints of a hand in a running world: targets in, gears where the hand's description has them."""

    def __init__(self, hand: Hand, model: mujoco.MjModel, data: mujoco.MjData) -> None:
        self._model, self._data = model, data
        self._actuators = np.array([model.actuator(name).id for name in hand.actuated_joints])
        drives = [joint.drive for joint in hand.driven if joint.drive is not None]
        locking = np.array([drive.self_locking for drive in drives])
        names = [hand.actuated_joints[i] for i in np.flatnonzero(locking)]
        self._which = np.flatnonzero(locking)
        self._gears = np.array([model.actuator(gear_name(name)).id for name in names], int)
        self._joints = np.array([model.joint(name).qposadr[0] for name in names], int)
        self._speeds = np.array([model.joint(name).dofadr[0] for name in names], int)
        self._holding = np.array([drive.withstands for drive in drives if drive.self_locking])
        self._lever = np.array([hand.driven[i].per_radian for i in self._which])
        self._targets = hand.open_positions
        self._direction = np.zeros(len(names), np.int64)
        """+1: may not go back, -1: may not go forward, 0: stays"""
        self._still_since = np.full(len(names), np.inf)

    @property
    def locked(self) -> NDArray[np.bool_]:
        """``(A,)``, which drives stay where they are now."""
        locked = np.zeros(len(self._targets), bool)
        locked[self._which] = self._direction == 0
        return locked

    def set_targets(self, targets: NDArray[np.float64]) -> None:
        """Position targets ``(A,)`` rad; a drive that is given another one than before moves again."""
        targets = np.array(targets, float)
        changed = (targets != self._targets)[self._which]
        self._targets = targets
        self._data.ctrl[self._actuators] = targets
        self._still_since[changed] = np.inf
        if changed.any():
            self._begin(changed)

    def reset(self, targets: NDArray[np.float64]) -> None:
        """Begin anew with these targets ``(A,)`` rad, the joints standing there."""
        self._targets = np.array(targets, float)
        self._data.ctrl[self._actuators] = self._targets
        self._data.ctrl[self._gears] = self._targets[self._which]
        self._still_since[:] = np.inf
        self._direction[:] = 1
        self._limit()

    def update(self) -> None:
        """See how far the joints have come; to be called after some steps."""
        if not len(self._gears):
            return
        reached, at = self._data.qpos[self._joints], self._data.ctrl[self._gears]
        now, still = self._data.time, np.abs(self._data.qvel[self._speeds]) < REST_SPEED * self._lever
        self._still_since = np.where(still, np.minimum(self._still_since, now), np.inf)
        resting = (now - self._still_since >= REST_TIME) & (self._direction != 0)
        play = BACKLASH * self._lever * self._direction
        forward = self._direction * np.maximum(self._direction * at, self._direction * (reached - play))
        self._data.ctrl[self._gears] = np.where(self._direction == 0, at, forward)
        if resting.any():
            # The gear takes over with the push that it has, so that nothing moves when it does.
            push = self._data.actuator_force[self._gears] * self._lever**2 / GEAR_STIFFNESS
            self._data.ctrl[self._gears] = np.where(resting, reached + push, self._data.ctrl[self._gears])
            self._direction[resting] = 0
            self._limit()

    def state(self) -> GearState:
        """Everything that is not in MuJoCo's data."""
        return GearState(self._targets.copy(), self._direction.copy(), self._still_since.copy())

    def restore(self, state: GearState, later: float = 0.0) -> None:
        """Back to a state of this very hand, which was `later` seconds ago; MuJoCo's data is restored by others."""
        self._targets, self._direction = state.targets.copy(), state.direction.copy()
        self._still_since = state.still_since + later
        self._limit()

    def _begin(self, which: NDArray[np.bool_]) -> None:
        """These drives move on from where their joints are now."""
        reached = self._data.qpos[self._joints]
        way = self._targets[self._which] - reached
        turned = which & (np.abs(way) > ARRIVED * self._lever) & (np.sign(way) != self._direction)
        if turned.any():
            self._direction[turned] = np.sign(way[turned]).astype(np.int64)
            self._data.ctrl[self._gears[turned]] = reached[turned]
            self._limit()

    def _limit(self) -> None:
        low = np.where(self._direction <= 0, -self._holding, 0.0)
        high = np.where(self._direction >= 0, self._holding, 0.0)
        self._model.actuator_forcerange[self._gears] = np.stack([low, high], axis=-1)
