"""Images of any stream, cut and reduced to what the model takes: the one place where that is done."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from tacrefine.errors import TouchError
from tacrefine.gripper import PADS, TACTILE_SIZE, GripperPose
from tacrefine.vision.optics import Camera, Image


def model_camera(image: Image, camera: Camera, pose: GripperPose) -> Image:
    """The crop ``(64, 64, 3)`` around a gripper out of a whole image of `camera` in any resolution."""
    return camera.cut(reduced(image, (camera.height, camera.width)), pose)


def model_tactile(images: tuple[Image, ...] | NDArray[np.uint8]) -> NDArray[np.uint8]:
    """``(2, 48, 36, 3)`` of both pads' images in any resolution; TouchError where it is not two."""
    if len(images) != len(PADS):
        raise TouchError(f"Images of {len(PADS)} pads are needed ({', '.join(PADS)}), found {len(images)}.")
    return np.stack([reduced(image, TACTILE_SIZE) for image in images])


def reduced(image: Image, size: tuple[int, int]) -> Image:
    """``(*size, 3)``: each pixel the mean of the area that it covers; TouchError where it is no RGB image."""
    if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8 or 0 in image.shape:
        raise TouchError(
            f"An image must be RGB, uint8 (rows, columns, 3), found {image.dtype} {image.shape}."
        )
    if image.shape[:2] == size:
        return image
    return np.rint(averaged(image, size)).astype(np.uint8)


def averaged(image: NDArray[np.generic], size: tuple[int, int]) -> NDArray[np.float32]:
    """``(*size, C)`` of an image ``(H, W, C)``: each pixel the mean of the area that it covers, not rounded."""
    down, across = _averaging(image.shape[0], size[0]), _averaging(image.shape[1], size[1])
    mean = np.einsum("ij,jkc,lk->ilc", down, image.astype(np.float32), across, optimize=True)
    return np.asarray(mean, np.float32)


@cache
def _averaging(before: int, after: int) -> NDArray[np.float32]:
    """``(after, before)``: which share of each old pixel a new one covers."""
    edges = np.linspace(0.0, before, after + 1)
    pixels = np.arange(before)
    covered = np.minimum(edges[1:, None], pixels + 1.0) - np.maximum(edges[:-1, None], pixels)
    weights = np.clip(covered, 0.0, None)
    return (weights / weights.sum(1, keepdims=True)).astype(np.float32)
