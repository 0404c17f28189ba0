"""The object of a running world that is a body: where it is, what bears it, and how its fixture lets go."""

from __future__ import annotations

import mujoco
import numpy as np
from numpy.typing import NDArray

from tacrefine.geometry import RigidTransform, from_quaternion
from tacrefine.sim.world.bodies import FIXED, WORKPIECE


class Workpiece:
    """Reads and releases the object; its state is the data's business."""

    def __init__(self, model: mujoco.MjModel, data: mujoco.MjData, has_fixture: bool) -> None:
        self._data = data
        self._body = model.body(WORKPIECE).id
        self._degrees = int(model.body_dofadr[self._body])
        self._fixture = model.equality(FIXED).id if has_fixture else None

    def pose(self) -> RigidTransform:
        """Of the grasp frame in the world's, which is where it was before anything moved it."""
        return from_quaternion(
            self._data.xpos[self._body].copy(), self._data.xquat[self._body], scalar_first=True
        )

    def matrix(self) -> NDArray[np.float64]:
        """The same as a matrix (4, 4)."""
        return body_matrix(self._data, self._body)

    def velocity(self) -> NDArray[np.float64]:
        """``(6,)`` m/s and rad/s."""
        return self._data.qvel[self._degrees : self._degrees + 6].copy()

    @property
    def has_fixture(self) -> bool:
        """Whether there is anything that could let go of it."""
        return self._fixture is not None

    @property
    def is_fixed(self) -> bool:
        """Whether the fixture holds it."""
        return self._fixture is not None and bool(self._data.eq_active[self._fixture])

    def release(self) -> None:
        """The fixture lets go: from here on friction and the table bear it, or nothing does."""
        if self._fixture is not None:
            self._data.eq_active[self._fixture] = 0


def body_matrix(data: mujoco.MjData, body: int) -> NDArray[np.float64]:
    """Pose of a body in the world, (4, 4)."""
    matrix = np.eye(4)
    matrix[:3, :3], matrix[:3, 3] = data.xmat[body].reshape(3, 3), data.xpos[body]
    return matrix
