"""The RGB-D camera in front of the table: rays where nothing can render, MuJoCo's renderer where it works.

A picture from rays is the same on every machine.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import Any

import mujoco
import numpy as np
from numpy.typing import NDArray

from tacrefine.errors import SimulationError
from tacrefine.gripper import CAMERA_SIZE, GripperPose
from tacrefine.sim.gripper.model import CAMERA, GRIPPER_GROUP, OBJECT_GROUP, PAD_GROUP, SKY, TABLE_GROUP
from tacrefine.vision.optics import Camera

Image = NDArray[np.uint8]
RENDERINGS = ("auto", "egl", "osmesa", "rays")
LIGHT = np.array([0.45, 0.25, 0.86])
AMBIENT = 0.4
FARTHEST = 2.0
"""m"""


class RayCamera:
    """Pictures by ``mj_multiRay``: colour by Lambert's law, no shadows."""

    def __init__(self, camera: Camera, model: mujoco.MjModel) -> None:
        self.camera = camera
        self._model = model
        self._groups = np.zeros(mujoco.mjNGROUP, np.uint8)
        self._groups[[OBJECT_GROUP, TABLE_GROUP, GRIPPER_GROUP]] = 1
        self._light = LIGHT / np.linalg.norm(LIGHT)

    def whole(self, data: mujoco.MjData) -> tuple[Image, NDArray[np.float32]]:
        """RGB ``(H, W, 3)`` and depth ``(H, W)`` m along the optical axis; beyond sight it is infinite."""
        return self._picture(data, np.arange(self.camera.height), np.arange(self.camera.width))

    def crop(self, data: mujoco.MjData, pose: GripperPose) -> Image:
        """The same pixels that `Camera.cut` takes out of the whole image."""
        row, column = self.camera.crop(pose)
        rows, columns = row + np.arange(CAMERA_SIZE[0]), column + np.arange(CAMERA_SIZE[1])
        return self._picture(data, rows, columns)[0]

    def depth(self, data: mujoco.MjData, step: int) -> NDArray[np.float32]:
        """Depth at every `step`-th row and column."""
        rows, columns = np.arange(0, self.camera.height, step), np.arange(0, self.camera.width, step)
        return self._picture(data, rows, columns, colours=False)[1]

    def _picture(
        self, data: mujoco.MjData, rows: NDArray[np.int_], columns: NDArray[np.int_], colours: bool = True
    ) -> tuple[Image, NDArray[np.float32]]:
        rays = self.camera.rays(rows, columns)
        shape, flat = rays.shape[:2], rays.reshape(-1, 3)
        lengths = np.linalg.norm(flat, axis=1)
        unit = flat / lengths[:, None]
        count = len(flat)
        geoms, distance = np.empty(count, np.int32), np.empty(count)
        normals = np.zeros(3 * count) if colours else None
        mujoco.mj_multiRay(
            self._model,
            data,
            np.array(self.camera.position),
            unit.ravel(),
            self._groups,
            1,
            -1,
            geoms,
            distance,
            normals,
            count,
            FARTHEST,
        )
        depth = np.where(geoms >= 0, distance / lengths, np.inf).astype(np.float32).reshape(shape)
        if normals is None:
            return np.empty((0, 0, 3), np.uint8), depth
        lit = AMBIENT + (1.0 - AMBIENT) * np.clip(normals.reshape(-1, 3) @ self._light, 0.0, None)
        colour = np.where((geoms >= 0)[:, None], self._model.geom_rgba[geoms, :3] * lit[:, None], SKY)
        return np.rint(255.0 * np.clip(colour, 0.0, 1.0)).astype(np.uint8).reshape(*shape, 3), depth


class RenderedCamera:
    """Pictures by MuJoCo's renderer, shadows off: they cost forty times as much as the rest."""

    def __init__(self, camera: Camera, model: mujoco.MjModel) -> None:
        self.camera = camera
        self._renderer = mujoco.Renderer(model, camera.height, camera.width)
        flags = self._renderer.scene.flags
        flags[mujoco.mjtRndFlag.mjRND_SHADOW] = 0
        flags[mujoco.mjtRndFlag.mjRND_REFLECTION] = 0
        self._option = mujoco.MjvOption()
        self._option.geomgroup[:] = 0
        self._option.geomgroup[[OBJECT_GROUP, TABLE_GROUP, GRIPPER_GROUP]] = 1
        self._option.geomgroup[PAD_GROUP] = 0

    def whole(self, data: mujoco.MjData) -> tuple[Image, NDArray[np.float32]]:
        """RGB ``(H, W, 3)`` and depth ``(H, W)`` m along the optical axis."""
        renderer = self._renderer
        renderer.update_scene(data, CAMERA, self._option)
        colour = renderer.render().copy()
        renderer.enable_depth_rendering()
        depth = renderer.render().copy()
        renderer.disable_depth_rendering()
        return colour, np.where(depth > FARTHEST, np.inf, depth).astype(np.float32)

    def crop(self, data: mujoco.MjData, pose: GripperPose) -> Image:
        """The part around a gripper."""
        self._renderer.update_scene(data, CAMERA, self._option)
        return self.camera.cut(self._renderer.render(), pose)

    def depth(self, data: mujoco.MjData, step: int) -> NDArray[np.float32]:
        """Depth at every `step`-th row and column."""
        return self.whole(data)[1][::step, ::step]

    def close(self) -> None:
        """Free the graphics context."""
        self._renderer.close()


def open_camera(camera: Camera, model: mujoco.MjModel, rendering: str = "auto") -> RayCamera | RenderedCamera:
    """`auto` renders where the process can (EGL, then OSMesa) and casts rays elsewhere.

    Raises SimulationError where a renderer is asked for by name and does not work here.
    """
    if rendering not in RENDERINGS:
        raise SimulationError(f"rendering '{rendering}' is unknown; allowed: {', '.join(RENDERINGS)}.")
    for backend in ("egl", "osmesa") if rendering == "auto" else (rendering,):
        if backend == "rays":
            break
        try:
            use_backend(backend)
            return RenderedCamera(camera, model)
        except Exception as error:  # MuJoCo and PyOpenGL raise whatever the driver gave them
            if rendering != "auto":
                reason = (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
                raise SimulationError(f"rendering '{rendering}' does not work here ({reason}).") from error
    return RayCamera(camera, model)


def use_backend(backend: str) -> None:
    """MuJoCo reads MUJOCO_GL once, at its import, and takes a window system without it: choose here instead."""
    gl_context: Any = import_module("mujoco.rendering.classic.gl_context")
    if os.environ.get("PYOPENGL_PLATFORM", backend) != backend and "OpenGL" not in sys.modules:
        del os.environ["PYOPENGL_PLATFORM"]
    gl_context.GLContext = import_module(f"mujoco.{backend}").GLContext
