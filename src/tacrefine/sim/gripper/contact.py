"""Contact on both pads: gaps by rays from behind each gel, forces from the contact solver."""

from __future__ import annotations

import mujoco
import numpy as np
from numpy.typing import NDArray

from tacrefine.gripper import PAD_SIZE, PADS, TACTILE_SIZE
from tacrefine.sim.gripper.gel import Gel, Pad, Press, pixel_centres
from tacrefine.sim.gripper.mechanics import Gripper
from tacrefine.sim.gripper.model import GEL_STIFFNESS, OBJECT_GROUP

FAR = 10.0
"""m: rays of one pad start there together, so they are parallel to a tenth of a micrometre of depth"""
DEEP = 0.008
"""m behind the gel: what a ray meets there lies beside the finger, not before it"""
NEAR = 0.012
"""m before the gel: what lies beyond cannot be touched"""


class Touch:
    """Both pads of a gripper; gels can be replaced."""

    def __init__(self, gripper: Gripper, gels: tuple[Gel, Gel]) -> None:
        self._gripper = gripper
        self._bodies = [gripper.model.body(pad).id for pad in PADS]
        down, right = pixel_centres(TACTILE_SIZE, PAD_SIZE)
        self._down, self._right = down.reshape(-1, 1), right.reshape(-1, 1)
        self._groups = np.zeros(mujoco.mjNGROUP, np.uint8)
        self._groups[OBJECT_GROUP] = 1
        self.replace(gels)

    def replace(self, gels: tuple[Gel, Gel]) -> None:
        """Put other gels on."""
        self._pads = [Pad(gel, GEL_STIFFNESS) for gel in gels]

    def rest(self, rng: np.random.Generator) -> NDArray[np.uint8]:
        """``(2, h, w, 3)`` images without any contact."""
        nothing = Press(np.full(TACTILE_SIZE, np.inf), 0.0)
        return np.stack([pad.image(nothing, rng) for pad in self._pads])

    def images(self, rng: np.random.Generator) -> NDArray[np.uint8]:
        """``(2, h, w, 3)`` images now."""
        stiffness = self._gripper.object.stiffness
        return np.stack(
            [pad.image(press, rng, stiffness) for pad, press in zip(self._pads, self.presses(), strict=True)]
        )

    def presses(self) -> tuple[Press, ...]:
        """Return gap, force, shear and moment on each pad."""
        wrenches = self._gripper.pad_wrenches()
        return tuple(self._press(i, wrenches[i]) for i in range(len(PADS)))

    def _press(self, i: int, wrench: NDArray[np.float64]) -> Press:
        data = self._gripper.data
        x, y, z = data.xmat[self._bodies[i]].reshape(3, 3).T
        behind = y if i == 0 else -y
        force = float(wrench[:3] @ behind)
        if force <= 0.0:
            return Press(np.full(TACTILE_SIZE, np.inf), 0.0)
        return Press(
            gap=self._gap(data.xpos[self._bodies[i]], x, z, behind),
            force=force,
            shear=(float(wrench[:3] @ x), float(-wrench[:3] @ z)),
            moment=float(wrench[3:] @ y),
        )

    def _gap(
        self,
        centre: NDArray[np.float64],
        right: NDArray[np.float64],
        up: NDArray[np.float64],
        behind: NDArray[np.float64],
    ) -> NDArray[np.float64]:
        points = self._right * right - self._down * up - FAR * behind  # seen from the eye
        length = np.linalg.norm(points, axis=1)
        count = len(points)
        geoms, distance = np.empty(count, np.int32), np.empty(count)
        mujoco.mj_multiRay(
            self._gripper.model,
            self._gripper.data,
            centre + FAR * behind,
            (points / length[:, None]).ravel(),
            self._groups,
            1,
            -1,
            geoms,
            distance,
            None,
            count,
            FAR + NEAR,
        )
        gap = distance - length
        seen = (geoms >= 0) & (gap > -DEEP) & (gap < NEAR)
        return np.where(seen, gap, np.inf).reshape(TACTILE_SIZE)
