"""What images tell a regrasp: the object on the table, the state for the model, what the pads feel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from tacrefine.gripper import PADS, GripperPose, State
from tacrefine.regrasp.image_streams import CAMERA, DEPTH, Image
from tacrefine.vision.contact_patch import feels, slide
from tacrefine.vision.cylinder import DEPTH_STEP, Cylinder, fit_cylinder, left_behind
from tacrefine.vision.optics import Camera

Images = Mapping[str, Image]
"""whole images by stream, as `tacrefine.regrasp.image_streams` has them"""


@dataclass(frozen=True)
class Snapshot:
    """Images, and the gripper's pose when they were taken."""

    images: Images
    pose: GripperPose


class Perception(Protocol):
    """What the machine needs to see and feel."""

    def find(self, images: Images) -> Cylinder | None:
        """Return the object on the table, None where there is none."""

    def state(self, rest: Snapshot, now: Snapshot, force: float) -> State:
        """Return what the model is given: `rest` is from before the gripper closed with the commanded force (N)."""

    def left_behind(self, images: Images, pose: GripperPose, risen: float) -> bool:
        """Return whether the object stands on the table although the gripper has risen by `risen` m."""

    def felt(self, state: State) -> tuple[bool, bool]:
        """Return whether the left and the right pad feel something."""

    def slide(self, before: State, now: State) -> float:
        """Return how far (m) the object has slid down both pads from one state to the next."""


class CameraPerception:
    """Perceives with one RGB-D camera and two optical pads, whose images already have the model's size."""

    def __init__(self, camera: Camera) -> None:
        self._camera = camera

    def find(self, images: Images) -> Cylinder | None:
        """Return a cylinder around what rises from the table."""
        return fit_cylinder(_thinned(images[DEPTH]), self._camera, DEPTH_STEP)

    def state(self, rest: Snapshot, now: Snapshot, force: float) -> State:
        """Return the crops around the gripper and both pads' images."""
        return State(
            camera=self._camera.cut(now.images[CAMERA], now.pose),
            camera_rest=self._camera.cut(rest.images[CAMERA], rest.pose),
            tactile=np.stack([now.images[pad] for pad in PADS]),
            tactile_rest=np.stack([rest.images[pad] for pad in PADS]),
            pose=now.pose.array(),
            force=force,
        )

    def left_behind(self, images: Images, pose: GripperPose, risen: float) -> bool:
        """Return whether points near the gripper lie between the table and what hangs."""
        return left_behind(_thinned(images[DEPTH]), self._camera, pose, risen, DEPTH_STEP)

    def felt(self, state: State) -> tuple[bool, bool]:
        """Return which pads' images differ from their background."""
        return felt(state)

    def slide(self, before: State, now: State) -> float:
        """Return how far the patches of contact have moved down."""
        return slide_between(before, now)


def felt(state: State) -> tuple[bool, bool]:
    """Return whether the left and the right pad feel something: their images differ from their background."""
    left, right = (feels(now, rest) for now, rest in zip(state.tactile, state.tactile_rest, strict=True))
    return left, right


def slide_between(before: State, now: State) -> float:
    """Return how far (m) the object has slid down both pads from one state to the next."""
    return slide(before.tactile, now.tactile, now.tactile_rest)


def _thinned(depth: Image) -> Image:
    """Every second pixel: enough, and what the thresholds were found with."""
    return depth[::DEPTH_STEP, ::DEPTH_STEP]
