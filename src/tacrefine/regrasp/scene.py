"""The simulated gripper over a table with one free object (signatures; the inside is being built)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tacrefine.regrasp.types import GripperPose, State


class GripperScene:
    """One object on a table, one gripper, two pads, one camera; stepped in time, faster than real time."""

    def __init__(self, obj: object, *, rendering: str = "auto") -> None:
        """`obj` is a RegraspObject; `rendering` is auto, egl, osmesa or rays."""
        raise NotImplementedError

    # -- one trial -------------------------------------------------------------------------------------------------
    def reset(self, rng: np.random.Generator) -> None:
        """The object at a random place and turn on the table, other gels, the gripper open above it."""
        raise NotImplementedError

    def move_to(self, pose: GripperPose) -> None:
        """Go there with the gripper as it is; blocks (in simulated time) until it is there."""
        raise NotImplementedError

    def close(self, force: float) -> None:
        """Close until the pads press with `force` N or meet; blocks until it is at rest."""
        raise NotImplementedError

    def open(self) -> None:
        """Open wide; blocks."""
        raise NotImplementedError

    def lift(self) -> None:
        """Straight up; blocks."""
        raise NotImplementedError

    def lower(self) -> None:
        """Straight down to where `lift` began; blocks."""
        raise NotImplementedError

    def hold(self, seconds: float) -> None:
        """Wait."""
        raise NotImplementedError

    def holds(self) -> bool:
        """Whether both pads feel something, out of the tactile images."""
        raise NotImplementedError

    # -- what is sensed --------------------------------------------------------------------------------------------
    def camera(self) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
        """The whole image: RGB ``(H, W, 3)`` and depth ``(H, W)`` m along the optical axis."""
        raise NotImplementedError

    def tactile(self) -> NDArray[np.uint8]:
        """``(2, h, w, 3)`` RGB of both pads."""
        raise NotImplementedError

    @property
    def tactile_rest(self) -> NDArray[np.uint8]:
        """``(2, h, w, 3)`` before any contact."""
        raise NotImplementedError

    def state(self) -> State:
        """What the model is given now; the camera's rest image is the one from before the last `close`."""
        raise NotImplementedError

    # -- step by step, for the bridge ------------------------------------------------------------------------------
    @property
    def time(self) -> float:
        """Simulated s since `reset`."""
        raise NotImplementedError

    @property
    def pose(self) -> GripperPose:
        """Where the gripper is."""
        raise NotImplementedError

    @property
    def width(self) -> float:
        """M between the pads."""
        raise NotImplementedError

    @property
    def pad_forces(self) -> NDArray[np.float64]:
        """``(2,)`` N normal force on each pad."""
        raise NotImplementedError

    def command(
        self,
        pose: GripperPose | None = None,
        *,
        width: float | None = None,
        force: float | None = None,
    ) -> None:
        """Set targets and return at once: a pose, and either a width (m) to open to or a force (N) to close with."""
        raise NotImplementedError

    def step(self, seconds: float) -> None:
        """Advance; the gripper goes toward its targets at its own speed limits."""
        raise NotImplementedError
