"""A camera in a fingertip as a `tacrefine.drivers.link.Device`: one frame is one reading."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from tacrefine.config import Description, load_yaml, resolve
from tacrefine.drivers.optional import need
from tacrefine.errors import DeviceError

MISSED_S = 0.01
"""s to wait after a frame that did not come"""


class CameraMode(Description):
    """The image size (pixels) and rate (Hz) to request; 0: the camera's default. `view_width`: m that it shows."""

    width: int = Field(ge=0)
    height: int = Field(ge=0)
    fps: float = Field(ge=0)
    view_width: float = Field(default=0.0, ge=0, le=1.0)


class OpticalDescription(Description):
    """The file `config/drivers/optical.yaml`."""

    gelsight_mini: CameraMode
    digit: CameraMode
    any: CameraMode


class Capture(Protocol):
    """The part of `cv2.VideoCapture` that is used."""

    def read(self) -> tuple[bool, Any]:
        """Whether a frame came, and the frame (H, W, 3) uint8 BGR."""
        ...

    def release(self) -> None:
        """Close the camera."""


@dataclass(frozen=True, eq=False)
class Frame:
    """`image` (H, W, 3) uint8 BGR; `time`: monotonic clock before it was asked for; `missed` frames just before it."""

    time: float
    image: NDArray[np.uint8]
    missed: int


def load_mode(model: str) -> CameraMode:
    """The camera mode of a fingertip model; raises ConfigError."""
    modes = load_yaml(resolve("drivers", "optical"), OpticalDescription)
    return CameraMode.model_validate(getattr(modes, model))


def open_camera(source: str, mode: CameraMode, timeout: float) -> Capture:
    """A camera by number, by path (/dev/v4l/by-id/...), or a video file; raises DeviceError, ConfigError."""
    cv2 = need("cv2", "opencv-python-headless")
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)  # failures become our own sentences
    is_file = Path(source).is_file()
    if not is_file and not source.isdecimal() and not Path(source).exists():
        raise DeviceError(f"{source}: no such camera or file")
    capture = cv2.VideoCapture(int(source) if source.isdecimal() else source)
    if not capture.isOpened():
        capture.release()
        raise DeviceError(f"{source}: it gives no image")
    if not is_file:
        # One buffered frame: an older one would be taken for new. Backends that know neither ignore them.
        settings = [(cv2.CAP_PROP_BUFFERSIZE, 1), (cv2.CAP_PROP_READ_TIMEOUT_MSEC, 1000 * timeout)]
        wanted = [
            (cv2.CAP_PROP_FRAME_WIDTH, mode.width),
            (cv2.CAP_PROP_FRAME_HEIGHT, mode.height),
            (cv2.CAP_PROP_FPS, mode.fps),
        ]
        for key, value in settings + [(key, value) for key, value in wanted if value]:
            capture.set(key, value)
    opened: Capture = capture
    return opened


class OpticalDevice:
    """Frames of one camera. A missing frame is waited for, up to `timeout` s; then the camera is reopened."""

    def __init__(
        self,
        source: str,
        opener: Callable[[], Capture],
        timeout: float,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._source, self._opener, self._timeout = source, opener, timeout
        self._clock, self._sleep = clock, sleep
        self._capture: Capture | None = None

    def open(self) -> None:
        """Open the camera anew."""
        self.close()
        self._capture = self._opener()

    def close(self) -> None:
        """Close the camera; safe at any time."""
        if self._capture is not None:
            self._capture.release()
            self._capture = None

    def read(self) -> Frame:
        """The next frame that comes; raises DeviceError when none does."""
        if self._capture is None:
            raise DeviceError(f"{self._source}: not open")
        started, missed = self._clock(), 0
        while True:
            began = self._clock()
            there, image = self._capture.read()
            if there and image is not None and image.size:
                return Frame(began, np.asarray(image, np.uint8), missed)
            missed += 1
            if self._clock() - started > self._timeout:
                raise DeviceError(f"{self._source}: no frame for {self._timeout:g} s")
            self._sleep(MISSED_S)
