"""The dynamics of gripper and object: targets, drives with speed limits, forces on the pads."""

from __future__ import annotations

import math

import mujoco
import numpy as np
from numpy.typing import NDArray

from tacrefine.errors import SimulationError
from tacrefine.gripper import PADS, GripperPose, wrap_yaw
from tacrefine.objects.free_objects import RegraspObject
from tacrefine.sim.gripper.model import GRIPPER_JOINTS, OBJECT, OPENING, PAD_GRID, build_model
from tacrefine.vision.optics import Camera

CHUNK = 5
"""time steps between two updates of the targets"""
SPEED = np.array([0.25, 0.25, 0.25, 2.0])
"""m/s and rad/s of the gripper"""
FINGER_SPEED = 0.12
"""m/s of one finger"""
OPENING_FORCE = 20.0
"""N"""


class Gripper:
    """One object, one gripper, stepped in time. Forces in N, lengths in m."""

    def __init__(self, obj: RegraspObject, camera: Camera | None = None) -> None:
        self.object = obj
        self.model = build_model(obj, camera or Camera())
        self.data = mujoco.MjData(self.model)
        joint = self.model.joint
        self._object_qpos = int(joint(OBJECT).qposadr[0])
        self._object_qvel = int(joint(OBJECT).dofadr[0])
        self._pose_qpos = np.array([joint(name).qposadr[0] for name in GRIPPER_JOINTS])
        self._pose_qvel = np.array([joint(name).dofadr[0] for name in GRIPPER_JOINTS])
        self._finger_qpos = np.array([joint(name).qposadr[0] for name in PADS])
        self._finger_qvel = np.array([joint(name).dofadr[0] for name in PADS])
        self._pose_drives = np.array([self.model.actuator(name).id for name in GRIPPER_JOINTS])
        self._finger_drives = np.array([self.model.actuator(name).id for name in PADS])
        self._pad_bodies = np.array([self.model.body(pad).id for pad in PADS])
        self._pad_of_geom = np.full(self.model.ngeom, -1)
        for i, pad in enumerate(PADS):
            for r in range(PAD_GRID[0]):
                for c in range(PAD_GRID[1]):
                    self._pad_of_geom[self.model.geom(f"{pad}_{r}_{c}").id] = i
        self._target = np.zeros(4)
        self._reference = np.zeros(4)
        self._finger_target = OPENING

    @property
    def time(self) -> float:
        """Simulated time since the object was placed, s."""
        return float(self.data.time)

    @property
    def pose(self) -> GripperPose:
        """TCP pose of the gripper."""
        x, y, z, yaw = (float(value) for value in self.data.qpos[self._pose_qpos])
        return GripperPose(x, y, z, wrap_yaw(yaw))

    @property
    def arrived(self) -> bool:
        """Whether the gripper is where it was sent, and slow."""
        off = np.abs(self.data.qpos[self._pose_qpos] - self._target)
        slow = np.abs(self.data.qvel[self._pose_qvel]).max() < 0.02
        return bool(slow and off[:3].max() < 0.001 and off[3] < 0.01)

    @property
    def stillness(self) -> float:
        """The fastest of all joints and of the object, m/s or rad/s."""
        return float(np.abs(self.data.qvel).max())

    @property
    def width(self) -> float:
        """Opening between the pads, m."""
        return float(self.data.qpos[self._finger_qpos].sum())

    @property
    def object_position(self) -> NDArray[np.float64]:
        """``(3,)`` m of the object's frame; ground truth."""
        return self.data.qpos[self._object_qpos : self._object_qpos + 3].copy()

    @property
    def centre_of_mass(self) -> NDArray[np.float64]:
        """``(3,)`` m of the object; ground truth."""
        return self.data.subtree_com[self.model.body(OBJECT).id].copy()

    def place(self, x: float, y: float, yaw: float) -> None:
        """Put the object on the table at (x, y) turned by yaw, at rest; the gripper is open, high above."""
        data = self.data
        mujoco.mj_resetData(self.model, data)
        self.teleport(GripperPose(0.0, 0.0, 0.3, 0.0))
        data.qpos[self._finger_qpos] = data.ctrl[self._finger_drives] = OPENING
        self.command(width=2 * OPENING)
        data.qpos[self._object_qpos : self._object_qpos + 7] = [
            x,
            y,
            0.3,
            math.cos(yaw / 2),
            0,
            0,
            math.sin(yaw / 2),
        ]
        mujoco.mj_forward(self.model, data)
        data.qpos[self._object_qpos + 2] -= self._lowest_point() - 0.0005
        self.step_to_rest(0.1, 1.0)
        data.time = 0.0

    def teleport(self, pose: GripperPose) -> None:
        """Put the gripper there at once, at rest."""
        values = np.array(pose, float)
        self.data.qpos[self._pose_qpos] = values
        self.data.qvel[self._pose_qvel] = 0.0
        self._target, self._reference = values, values.copy()
        self.data.ctrl[self._pose_drives] = values
        mujoco.mj_forward(self.model, self.data)

    def command(
        self, pose: GripperPose | None = None, *, width: float | None = None, force: float | None = None
    ) -> None:
        """Set targets and return at once: a pose, and either a width (m) to go to or a force (N) to close with."""
        if pose is not None:
            turn = wrap_yaw(pose.yaw - self._reference[3])  # the shorter way round
            self._target = np.array([pose.x, pose.y, pose.z, self._reference[3] + turn])
        if width is not None:
            self._set_finger_force(OPENING_FORCE)
            self._finger_target = min(width / 2, OPENING)
        if force is not None:
            self._set_finger_force(force)
            self._finger_target = -0.02  # beyond the middle: the force limit decides where it ends

    def step(self, seconds: float) -> None:
        """Advance; targets are approached at the speed limits. SimulationError when the state is not finite."""
        left = max(round(seconds / self.model.opt.timestep), 1)
        while left > 0:
            count = min(CHUNK, left)
            self._advance_targets(count * self.model.opt.timestep)
            mujoco.mj_step(self.model, self.data, nstep=count)
            left -= count
        if not np.isfinite(self.data.qpos).all():
            raise SimulationError(
                f"MuJoCo became unstable with object '{self.object.name}' at {self.time:.3f} s."
            )

    def step_to_rest(self, least: float, most: float, speed: float = 0.01) -> None:
        """Advance until object, gripper and fingers are slower than `speed` (m/s), at most that long."""
        self.step(least)
        end = self.data.time + most - least
        while self.data.time < end and (self._moving() or self.stillness > speed):
            self.step(0.04)

    def pad_wrenches(self) -> NDArray[np.float64]:
        """``(2, 6)`` of the object on each pad, world axes: force (N), moment (N m) about the pad's centre."""
        total, contact = np.zeros((2, 6)), self.data.contact
        pads = self._pad_of_geom[contact.geom]
        touching = np.flatnonzero(pads.max(axis=1, initial=-1) >= 0)
        if touching.size == 0:
            return total
        inner = np.zeros((touching.size, 6))
        for row, number in zip(inner, touching, strict=True):
            mujoco.mj_contactForce(self.model, self.data, int(number), row)
        pads = pads[touching]
        # the contact frame's x points from the first geom to the second and its force acts on the second
        sign = np.where(pads[:, 1] >= 0, 1.0, -1.0)
        force = sign[:, None] * np.einsum(
            "nij,ni->nj", contact.frame[touching].reshape(-1, 3, 3), inner[:, :3]
        )
        pad = pads.max(axis=1)
        arm = contact.pos[touching] - self.data.xpos[self._pad_bodies[pad]]
        np.add.at(total, pad, np.hstack([force, np.cross(arm, force)]))
        return total

    @property
    def pad_forces(self) -> NDArray[np.float64]:
        """``(2,)`` normal force on each pad, N."""
        yaw = self.data.qpos[self._pose_qpos[3]]
        along = np.array([-math.sin(yaw), math.cos(yaw), 0.0])
        return self.pad_wrenches()[:, :3] @ along * np.array([1.0, -1.0])

    def _set_finger_force(self, force: float) -> None:
        self.model.actuator_forcerange[self._finger_drives] = [-force, force]

    def _advance_targets(self, seconds: float) -> None:
        self._reference += np.clip(self._target - self._reference, -SPEED * seconds, SPEED * seconds)
        self.data.ctrl[self._pose_drives] = self._reference
        now = self.data.ctrl[self._finger_drives[0]]
        step = np.clip(self._finger_target - now, -FINGER_SPEED * seconds, FINGER_SPEED * seconds)
        self.data.ctrl[self._finger_drives] = now + step

    def _moving(self) -> bool:
        fingers = abs(self._finger_target - self.data.ctrl[self._finger_drives[0]]) > 1e-6
        return bool(fingers or np.abs(self._target - self._reference).max() > 1e-6)

    def _lowest_point(self) -> float:
        """Height of the object's lowest point, m, by rays from below."""
        body = self.model.body(OBJECT)
        lowest = np.inf
        for g in range(self.model.ngeom):
            if self.model.geom_bodyid[g] == body.id:
                lowest = min(lowest, lowest_point(self.model, self.data, g))
        return float(lowest)


def lowest_point(model: mujoco.MjModel, data: mujoco.MjData, geom: int) -> float:
    """Height of a geom's lowest point, m: its support function downward."""
    size, down = model.geom_size[geom], data.geom_xmat[geom].reshape(3, 3).T @ np.array([0.0, 0.0, -1.0])
    match model.geom_type[geom]:
        case mujoco.mjtGeom.mjGEOM_BOX:
            reach = float(np.abs(down) @ size)
        case mujoco.mjtGeom.mjGEOM_SPHERE:
            reach = float(size[0])
        case mujoco.mjtGeom.mjGEOM_CAPSULE:
            reach = float(size[0] + abs(down[2]) * size[1])
        case mujoco.mjtGeom.mjGEOM_CYLINDER:
            reach = float(size[0] * math.hypot(down[0], down[1]) + abs(down[2]) * size[1])
        case _:
            reach = float(np.linalg.norm(down * size))
    return float(data.geom_xpos[geom][2]) - reach
