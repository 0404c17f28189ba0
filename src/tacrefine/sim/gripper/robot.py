"""The simulated gripper as a robot: follows commands in time, and is read at the rates of its sensors."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from tacrefine.errors import ConfigError
from tacrefine.gripper import PADS, GripperPose
from tacrefine.objects.free_objects import RegraspObject
from tacrefine.sim.gripper.scene import GripperScene

NO_OBJECT = "none"
AWAY = (5.0, 5.0)
"""m: where the object is put for an empty table"""
FAULTS = ("none", "camera_lost", "left_dead", "right_dead", "left_lost")
CAMERA, DEPTH = "camera", "depth"


@dataclass(frozen=True)
class BenchReading:
    """One moment: pose, opening (m), mean force on the pads (N), place of the object (m), and images that are due."""

    time: float
    pose: GripperPose
    width: float
    force: float
    object_position: NDArray[np.float64]
    images: dict[str, NDArray] = field(default_factory=dict)


class Bench:
    """A gripper over a table, stepped in time. Periods are in s; `fault` is one of FAULTS."""

    def __init__(
        self, objects: tuple[RegraspObject, ...], rendering: str, camera_period: float, tactile_period: float
    ) -> None:
        self._objects = {item.name: item for item in objects}
        self._rendering = rendering
        self._periods = {CAMERA: camera_period, "pads": tactile_period}
        self._scenes: dict[str, GripperScene] = {}
        self._elapsed = 0.0
        self.fault = FAULTS[0]

    def place(self, name: str, seed: int, fault: str = "") -> None:
        """Put an object on the table; '' is the present one, NO_OBJECT an empty table. Raises ConfigError."""
        fault = fault or FAULTS[0]
        if fault not in FAULTS:
            raise ConfigError(f"fault '{fault}' is unknown; allowed are {', '.join(FAULTS)}")
        wanted = name if name not in ("", NO_OBJECT) else self._present_or_first()
        if wanted not in self._objects:
            allowed = ", ".join((*self._objects, NO_OBJECT))
            raise ConfigError(f"object '{wanted}' is unknown; allowed are {allowed}")
        if self._scenes and wanted not in self._scenes:
            self._elapsed += self.scene.time
            self._scenes.clear()
        elif self._scenes:
            self._elapsed += self.scene.time
        if wanted not in self._scenes:
            self._scenes[wanted] = GripperScene(self._objects[wanted], rendering=self._rendering)
        self.scene.reset(np.random.default_rng(seed))
        if name == NO_OBJECT:
            home = self.scene.pose
            self.scene.place(*AWAY, 0.0)
            self.scene.teleport(home)
        self.fault = fault
        self._due = dict.fromkeys(self._periods, 0.0)

    @property
    def scene(self) -> GripperScene:
        """The scene of the present object."""
        return next(iter(self._scenes.values()))

    @property
    def object_name(self) -> str:
        """Name of the present object."""
        return self.scene.object.name

    def follow(self, pose: GripperPose) -> None:
        """Go there, at the gripper's own speed."""
        self.scene.command(pose)

    def grip(self, width: float, force: float) -> None:
        """Go to an opening (m); one of zero closes with `force` N."""
        if width > 0.0:
            self.scene.command(width=width)
        else:
            self.scene.command(force=force)

    def advance(self, seconds: float) -> BenchReading:
        """Step the simulation and read all sensors that are due."""
        scene = self.scene
        scene.step(seconds)
        forces = np.clip(scene.pad_forces, 0.0, None)
        images: dict[str, NDArray] = {}
        if self._is_due(CAMERA) and self.fault != "camera_lost":
            images[CAMERA], images[DEPTH] = scene.camera()
        if self._is_due("pads"):
            images |= dict(zip(PADS, scene.tactile(), strict=True))
        for pad in PADS:
            if self.fault == f"{pad}_lost":
                images.pop(pad, None)
            if self.fault == f"{pad}_dead" and pad in images:
                images[pad] = np.zeros_like(images[pad])
        return BenchReading(
            self._elapsed + scene.time,
            scene.pose,
            scene.width,
            float(forces.mean()),
            scene.object_position,
            images,
        )

    def _is_due(self, what: str) -> bool:
        if self.scene.time < self._due[what]:
            return False
        self._due[what] = max(self._due[what] + self._periods[what], self.scene.time)
        return True

    def _present_or_first(self) -> str:
        return self.object_name if self._scenes else next(iter(self._objects))
