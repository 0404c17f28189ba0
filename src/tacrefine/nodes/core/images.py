"""Between `sensor_msgs/Image` and arrays."""

from __future__ import annotations

from array import array

import numpy as np
from builtin_interfaces.msg import Time
from numpy.typing import NDArray
from sensor_msgs.msg import Image

from tacrefine.errors import TouchError

MILLIMETRE = 1e-3
COLOURS = ("rgb8", "bgr8")
DEPTHS = ("32FC1", "16UC1")
CHANNELS = {"rgb8": 3, "bgr8": 3, "32FC1": 1, "16UC1": 1}
TYPES = {"rgb8": "u1", "bgr8": "u1", "32FC1": "f4", "16UC1": "u2"}


def to_image(pixels: NDArray, stamp: Time, frame_id: str) -> Image:
    """Colours ``(H, W, 3)`` uint8 as rgb8, or depth ``(H, W)`` m as 32FC1."""
    encoding = "rgb8" if pixels.ndim == 3 else "32FC1"
    data = np.ascontiguousarray(pixels, "<" + TYPES[encoding])
    message = Image(
        height=data.shape[0], width=data.shape[1], encoding=encoding, step=data.strides[0], is_bigendian=0
    )
    message.header.stamp, message.header.frame_id = stamp, frame_id
    message.data = array("B", data.tobytes())  # an ndarray would be copied number by number
    return message


def from_image(message: Image, size: tuple[int, int], depth: bool = False) -> NDArray:
    """Colours ``(H, W, 3)`` RGB uint8, or depth ``(H, W)`` float32 m, infinite where nothing was measured.

    Raises TouchError in one sentence unless encoding, size (rows, columns) and data are what is needed.
    """
    allowed = DEPTHS if depth else COLOURS
    if message.encoding not in allowed:
        raise TouchError(f"its encoding is '{message.encoding}'; allowed are {' and '.join(allowed)}")
    if (message.height, message.width) != size:
        raise TouchError(
            f"it is {message.height} x {message.width} pixels; allowed are {size[0]} x {size[1]}"
        )
    kind = np.dtype((">" if message.is_bigendian else "<") + TYPES[message.encoding])
    row = message.width * CHANNELS[message.encoding] * kind.itemsize
    if message.step < row or len(message.data) != message.step * message.height:
        raise TouchError(
            f"it has {len(message.data)} bytes in rows of {message.step}, which is no whole image"
        )
    rows = np.frombuffer(message.data, np.uint8).reshape(message.height, message.step)[:, :row]
    pixels = np.ascontiguousarray(rows).view(kind)
    if not depth:
        colours = pixels.reshape(*size, 3)
        return colours[..., ::-1].copy() if message.encoding == "bgr8" else colours.copy()
    metres = pixels.astype(np.float32) * (MILLIMETRE if message.encoding == "16UC1" else 1.0)
    return np.where(np.isfinite(metres) & (metres > 0.0), metres, np.inf).astype(np.float32)
