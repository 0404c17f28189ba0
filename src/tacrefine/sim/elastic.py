"""The elastic tactile model in MuJoCo: a steppable world for the bridge, and slow-closing grasps as a reference."""

from __future__ import annotations

from copy import copy
from typing import NamedTuple

import mujoco
import numpy as np
from numpy.typing import NDArray

from tacrefine.errors import SimulationError
from tacrefine.geometry import RigidTransform, from_coordinates, from_quaternion, wxyz
from tacrefine.hands import Hand
from tacrefine.objects import GraspObject
from tacrefine.plants import PlantSample
from tacrefine.sim.batch import GraspBatch
from tacrefine.sim.locking import Drives, GearState
from tacrefine.sim.scene import FIXED_CELL, PALM, TIMESTEP, build_scene
from tacrefine.sim.world.cell import Cell
from tacrefine.sim.world.workpiece import Workpiece, body_matrix

SETTLING_TIME = 0.3
"""s the closed hand is given before it is read"""
REST_SPEED, REST_ACCELERATION = 1e-9, 1e-6
"""m/s or rad/s, and the same per s: what is left of a motion in the noise of the solver"""


class Snapshot(NamedTuple):
    """A moment of a world."""

    data: mujoco.MjData
    drives: GearState


class ElasticWorld:
    """One robot around one object, stepped in time. World frame = the object's grasp frame.

    The object is fixed for good, or a `workpiece` where the cell makes it a body; `reset` puts it back.
    """

    def __init__(self, hand: Hand, obj: GraspObject, sample: PlantSample, cell: Cell = FIXED_CELL) -> None:
        self.hand = hand
        self.object = obj
        self.sample = sample
        self.model = build_scene(hand, obj, sample, cell)
        self.data = mujoco.MjData(self.model)
        has_fixture = cell.fixture is not None
        self.workpiece = None if cell.body is None else Workpiece(self.model, self.data, has_fixture)
        self._palm = self.model.body(PALM).id
        self.drives = Drives(hand, self.model, self.data)
        self._joints = np.array([self.model.joint(name).qposadr[0] for name in hand.joint_names])
        names = [f"{pad.name}_{i}" for pad in hand.pads for i in range(pad.size)]
        self._taxels = np.array([self.model.joint(name).qposadr[0] for name in names])
        self.reset(hand.wrist_from_centre.inv())

    @property
    def timestep(self) -> float:
        """Length of a time step, s."""
        return float(self.model.opt.timestep)

    @property
    def time(self) -> float:
        """Simulated seconds since the last reset."""
        return float(self.data.time)

    def reset(self, wrist: RigidTransform) -> None:
        """Back to time zero with the hand open and the wrist at a pose in the grasp frame."""
        mujoco.mj_resetData(self.model, self.data)
        self.drives.reset(self.hand.open_positions)
        self.data.qpos[self._joints] = self.hand.joint_positions_at(self.hand.open_positions)
        self.set_wrist(wrist)
        self._lead(1.0)
        if self.workpiece is not None:
            self.data.joint(PALM).qpos[:] = [*wrist.translation, *wxyz(wrist)]
        mujoco.mj_forward(self.model, self.data)

    def set_wrist(self, wrist: RigidTransform) -> None:
        """Put the wrist at a pose in the grasp frame: callers limit the speed.

        A hand that may hold something gets there evenly in the course of the next `step`, others at once.
        """
        position, quaternion = np.array(wrist.translation), wxyz(wrist)
        if quaternion @ self.data.mocap_quat[0] < 0.0:
            quaternion = -quaternion
        self._led_to = position, quaternion
        if self.workpiece is None:
            self._lead(1.0)

    def wrist_pose(self) -> RigidTransform:
        """Pose of the wrist in the grasp frame."""
        at, turn = self.data.mocap_pos[0], self.data.mocap_quat[0]
        if self.workpiece is not None:
            at, turn = self.data.xpos[self._palm], self.data.xquat[self._palm]
        return from_quaternion(at.copy(), turn, scalar_first=True)

    def wrist_matrix(self) -> NDArray[np.float64]:
        """The same of a hand around a workpiece, as a matrix (4, 4)."""
        return body_matrix(self.data, self._palm)

    def wrist_placement(self) -> bytes:
        """Where the wrist was put last, to tell whether it was put elsewhere."""
        return self.data.mocap_pos[0].tobytes() + self.data.mocap_quat[0].tobytes()

    def set_joint_targets(self, targets: NDArray[np.float64]) -> None:
        """Position targets ``(A,)`` rad of the actuated joints."""
        self.drives.set_targets(targets)

    def joint_positions(self) -> NDArray[np.float64]:
        """``(J,)`` rad."""
        return self.data.qpos[self._joints].copy()

    def taxel_force(self) -> NDArray[np.float32]:
        """Force of each taxel's spring, ``(T,)`` N."""
        return (self.sample.taxel_stiffness * np.maximum(self.data.qpos[self._taxels], 0.0)).astype(
            np.float32
        )

    def step(self, steps: int = 1) -> None:
        """Advance by that many time steps. Raises SimulationError when the state is no longer finite."""
        if self.workpiece is None or self._is_led():
            mujoco.mj_step(self.model, self.data, nstep=steps)
        else:
            for left in range(steps, 0, -1):
                self._lead(1.0 / left)
                mujoco.mj_step(self.model, self.data)
        self.drives.update()
        if not np.isfinite(self.data.qpos).all():
            raise SimulationError(
                f"MuJoCo became unstable with object '{self.object.name}' and plant '{self.sample.name}' "
                f"at {self.time:.3f} s; check the plant's stiffness and friction."
            )

    def _is_led(self) -> bool:
        position, quaternion = self._led_to
        return bool(
            (self.data.mocap_pos[0] == position).all() and (self.data.mocap_quat[0] == quaternion).all()
        )

    def _lead(self, share: float) -> None:
        """Take the mocap body that share of what is left to where the wrist was put."""
        for values, wanted in zip(
            (self.data.mocap_pos[0], self.data.mocap_quat[0]), self._led_to, strict=True
        ):
            values[:] = wanted if share == 1.0 else values + share * (wanted - values)

    def wait(self, steps: int) -> None:
        """Let time pass for a world at rest: what `step` comes to, without the work."""
        self.data.time += steps * self.timestep

    def is_at_rest(self) -> bool:
        """Whether the last step moved nothing; a workpiece may always be moved."""
        if self.workpiece is not None:
            return False
        return bool(
            np.abs(self.data.qvel).max() < REST_SPEED and np.abs(self.data.qacc).max() < REST_ACCELERATION
        )

    def snapshot(self) -> Snapshot:
        """Everything that the simulation knows now, for `restore`."""
        return Snapshot(copy(self.data), self.drives.state())

    def restore(self, state: Snapshot) -> None:
        """Back to a snapshot of this very world, but for its time, which goes on."""
        now = self.data.time
        mujoco.mj_copyData(self.data, self.model, state.data)
        self.drives.restore(state.drives, now - self.data.time)
        self._led_to = self.data.mocap_pos[0].copy(), self.data.mocap_quat[0].copy()
        self.data.time = now

    def close(self, duration: float, settling: float = SETTLING_TIME) -> None:
        """Ramp the drives from open to closed within ``duration`` s, then let the contact settle."""
        ramp = round(duration / TIMESTEP)
        begin, end = self.hand.open_positions, self.hand.closed_positions
        for i in range(0, ramp, 5):
            self.set_joint_targets(begin + (end - begin) * min((i + 5) / ramp, 1.0))
            self.step(min(5, ramp - i))
        for _ in range(round(settling / TIMESTEP / 5)):
            self.step(5)


class ElasticSimulator:
    """Closes one hand on one object slowly, grasp by grasp: the reference for the quasistatic model."""

    def __init__(self, hand: Hand, obj: GraspObject, sample: PlantSample) -> None:
        self.hand = hand
        self.world = ElasticWorld(hand, obj, sample)

    def grasp(self, poses: NDArray[np.float64]) -> GraspBatch:
        """Close the hand at ``(N, 6)`` pose coordinates (m, rad)."""
        poses = np.atleast_2d(np.asarray(poses, float))
        force = np.empty((len(poses), self.hand.taxel_count), np.float32)
        joints = np.empty((len(poses), len(self.hand.joint_names)), np.float32)
        for i, pose in enumerate(poses):
            self.world.reset(from_coordinates(pose) * self.hand.centre_from_wrist)
            self.world.close(self.hand.closing_time)
            force[i] = self.world.taxel_force()
            joints[i] = self.world.joint_positions()
        return GraspBatch(force, joints, self.hand.is_valid_grasp(force))
