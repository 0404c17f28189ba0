"""The simulated gripper over a table with one free object: its commands and its sensors."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tacrefine.errors import SimulationError
from tacrefine.gripper import GripperPose, State
from tacrefine.objects.free_objects import RegraspObject
from tacrefine.sim.gripper.camera import Image, open_camera
from tacrefine.sim.gripper.contact import Touch
from tacrefine.sim.gripper.gel import Gel
from tacrefine.sim.gripper.mechanics import Gripper
from tacrefine.sim.gripper.model import OPENING
from tacrefine.vision.contact_patch import feels
from tacrefine.vision.cylinder import DEPTH_STEP, Cylinder, fit_cylinder, left_behind
from tacrefine.vision.optics import Camera

LIFT_HEIGHT = 0.12
"""m"""
CLEAR_HEIGHT = 0.24
"""m above the table at which the gripper hits no object"""
PLACING = 0.04
"""m from the middle of the table within which objects are put"""
DEPTH_NOISE = 0.001
"""m standard deviation of the depth camera"""
FORCE_GAIN_SIGMA = 0.03
MOVING_TIMEOUT = 3.0
CLOSING_TIMEOUT = 1.6
LOOK = 0.2
"""s between two looks at whether a held object is still there"""


class GripperScene(Gripper):
    """One object on a table, one gripper, two pads, one camera; stepped in time, faster than real time.

    World frame, m, rad, N, s. `rendering` is `auto`, `egl`, `osmesa` or `rays` (the same on every machine).
    Raises SimulationError where the object cannot be built or becomes unstable, or the renderer does not work.
    """

    def __init__(self, obj: RegraspObject, *, rendering: str = "rays", camera: Camera | None = None) -> None:
        self.optics = camera or Camera()
        super().__init__(obj, self.optics)
        self._view = open_camera(self.optics, self.model, rendering)
        self._rng = np.random.default_rng(0)
        self._touch = Touch(self, self._sample_gels())
        self._force_gain = 1.0
        self._force = 0.0
        self._before_closing: Image | None = None
        self._lifted_from: GripperPose | None = None
        self.reset(self._rng)

    # -- one trial -------------------------------------------------------------------------------------------------
    def reset(self, rng: np.random.Generator) -> None:
        """Put the object at a random place and turn, change the gels, open the gripper above the table."""
        self._rng = np.random.default_rng(
            rng.integers(2**63)
        )  # noise later on does not disturb the caller's random numbers
        self._touch.replace(self._sample_gels())
        self._force_gain = float(1.0 + FORCE_GAIN_SIGMA * self._rng.standard_normal())
        x, y = self._rng.uniform(-PLACING, PLACING, 2)
        self.place(float(x), float(y), float(self._rng.uniform(-np.pi, np.pi)))
        self.teleport(GripperPose(0.0, 0.0, CLEAR_HEIGHT, 0.0))
        self.tactile_rest = self._touch.rest(self._rng)
        self._force = 0.0
        self._before_closing = self._lifted_from = None

    def approach(self, pose: GripperPose) -> None:
        """From above: over the place, turned, then down."""
        self.teleport(pose._replace(z=CLEAR_HEIGHT))
        self.move_to(pose)

    def move_to(self, pose: GripperPose) -> None:
        """Go there with the fingers as they are; blocks (in simulated time) until it is there or blocked for long."""
        self.command(pose)
        end = self.time + MOVING_TIMEOUT
        while self.time < end and not self.arrived:
            self.step(0.04)

    def close(self, force: float) -> None:
        """Close until the pads press with `force` N or meet; blocks until it is at rest."""
        if self._force == 0.0:
            self._before_closing = self.camera_crop()
        self.command(force=force)
        self.step_to_rest(LOOK, CLOSING_TIMEOUT)

    def open(self) -> None:
        """Open wide; blocks."""
        self.command(width=2 * OPENING)
        self.step_to_rest(LOOK, CLOSING_TIMEOUT)

    def lift(self) -> None:
        """Straight up; blocks."""
        self._lifted_from = self.pose
        self.move_to(self.pose._replace(z=self.pose.z + LIFT_HEIGHT))

    def lower(self) -> None:
        """Straight down to where `lift` began; blocks. SimulationError before any `lift`."""
        if self._lifted_from is None:
            raise SimulationError("lower: nothing was lifted since the last reset.")
        self.move_to(self._lifted_from)

    def hold(self, seconds: float) -> None:
        """Let simulated time pass while the gripper keeps what it does."""
        self.step(seconds)

    def holds(self) -> bool:
        """Return whether both pads feel something, out of the tactile images."""
        return all(feels(now, rest) for now, rest in zip(self.tactile(), self.tactile_rest, strict=True))

    # -- what is sensed --------------------------------------------------------------------------------------------
    def camera(self) -> tuple[Image, NDArray[np.float32]]:
        """The whole image: RGB ``(H, W, 3)`` and depth ``(H, W)`` m along the optical axis, infinite beyond sight."""
        colour, depth = self._view.whole(self.data)
        return colour, self._noisy(depth)

    def camera_crop(self) -> Image:
        """Return the crop around the gripper, as the model takes it."""
        return self._view.crop(self.data, self.pose)

    def find_object(self) -> Cylinder | None:
        """Return a cylinder around the object out of the depth image; None where the table is empty."""
        return fit_cylinder(self._depth(), self.optics, DEPTH_STEP)

    def left_behind(self, height: float) -> bool:
        """Whether the camera sees the object on the table although the gripper has risen by `height` m."""
        return left_behind(self._depth(), self.optics, self.pose, height, DEPTH_STEP)

    def tactile(self) -> NDArray[np.uint8]:
        """``(2, h, w, 3)`` RGB of both pads."""
        return self._touch.images(self._rng)

    def state(self) -> State:
        """Return what the model is given now; the camera's rest image is the one from before the gripper closed."""
        now = self.camera_crop()
        return State(
            camera=now,
            camera_rest=now if self._before_closing is None else self._before_closing,
            tactile=self.tactile(),
            tactile_rest=self.tactile_rest,
            pose=self.pose.array(),
            force=self._force,
        )

    def take_rest_images(self) -> None:
        """Take what pads and camera show now, with the gripper open, as the background of the states to come."""
        self.tactile_rest = self.tactile()
        self._before_closing = self.camera_crop()

    def command(
        self, pose: GripperPose | None = None, *, width: float | None = None, force: float | None = None
    ) -> None:
        """Set targets and return at once: a pose, and either a width (m) to go to or a force (N) to close with."""
        super().command(pose, width=width, force=None if force is None else force * self._force_gain)
        if width is not None or force is not None:
            self._force = force or 0.0

    def _depth(self) -> NDArray[np.float32]:
        return self._noisy(self._view.depth(self.data, DEPTH_STEP))

    def _noisy(self, depth: NDArray[np.float32]) -> NDArray[np.float32]:
        return depth + DEPTH_NOISE * self._rng.standard_normal(depth.shape, np.float32)

    def _sample_gels(self) -> tuple[Gel, Gel]:
        return Gel.sample(self._rng), Gel.sample(self._rng)
