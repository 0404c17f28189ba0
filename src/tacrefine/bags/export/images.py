"""Images of a bag as arrays, whatever their encoding."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tacrefine.documents import quoted
from tacrefine.errors import DataError

RAW, COMPRESSED = "sensor_msgs/msg/Image", "sensor_msgs/msg/CompressedImage"
IMAGE_TYPES = (RAW, COMPRESSED)
CHANNELS = {"rgb8": 3, "bgr8": 3, "rgba8": 4, "bgra8": 4, "mono8": 1, "8UC1": 1, "8UC3": 3}


def image_of(message: Any, kind: str, path: Path) -> NDArray[np.uint8]:
    """RGB pixels (h, w, 3); DataError for an encoding that is no colour or grey image of 8 bits."""
    if kind == COMPRESSED:
        from PIL import Image

        try:
            with Image.open(io.BytesIO(bytes(message.data))) as picture:
                return np.asarray(picture.convert("RGB"))
        except (OSError, ValueError) as error:
            raise DataError(f"{path}: a compressed image cannot be read ({quoted(error)}).") from error
    count = CHANNELS.get(message.encoding)
    if count is None:
        raise DataError(
            f"{path}: an image has the encoding '{quoted(message.encoding)}'; allowed are {', '.join(CHANNELS)}."
        )
    data = np.frombuffer(bytes(message.data), np.uint8)
    if message.width * count > message.step or data.size < message.height * message.step:
        raise DataError(f"{path}: an image of {message.width} x {message.height} has only {data.size} bytes.")
    rows = data[: message.height * message.step].reshape(message.height, message.step)
    pixels = rows[:, : message.width * count].reshape(message.height, message.width, count)
    if count == 1:
        return np.repeat(pixels, 3, axis=2)
    return np.ascontiguousarray(pixels[..., 2::-1] if message.encoding.startswith("bgr") else pixels[..., :3])


def png(pixels: NDArray[np.uint8]) -> bytes:
    """An image as PNG."""
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()
