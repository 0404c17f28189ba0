"""Images for a calibration: read from a folder, or taken from a camera one by one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from tacrefine.drivers.optical.device import OpticalDevice
from tacrefine.errors import DataError

Picture = NDArray[np.uint8]

AT_REST = 10
"""frames that are taken of the gel at rest"""
SETTLING = 5
"""frames that are thrown away before each: what the camera had buffered"""
ENDINGS = (".png", ".jpg", ".jpeg", ".bmp")


def read_folder(folder: Path) -> tuple[list[Picture], list[tuple[str, Picture]]]:
    """RGB images named ``rest*`` and ``press*`` (with their names); raises DataError where either is missing."""
    if not folder.is_dir():
        raise DataError(f"{folder}: no such folder; --device takes the images first.")
    files = sorted(file for file in folder.iterdir() if file.suffix.lower() in ENDINGS)
    rest = [_read(file) for file in files if file.stem.startswith("rest")]
    presses = [(file.name, _read(file)) for file in files if file.stem.startswith("press")]
    for found, name in ((rest, "rest"), (presses, "press")):
        if not found:
            raise DataError(f"{folder}: no image is named {name}*.png; wanted are rest*.png and press*.png.")
    return rest, presses


def take(device: OpticalDevice, folder: Path, presses: int, ask: Callable[[str], None]) -> None:
    """Fill a folder with images of the camera; `ask` shows a sentence and returns when the user is ready.

    Raises DeviceError where the camera fails, DataError where the folder has images already.
    """
    if folder.is_dir() and any(file.stem.startswith(("rest", "press")) for file in folder.iterdir()):
        raise DataError(f"{folder}: has images of a calibration; name another folder or leave out --device.")
    folder.mkdir(parents=True, exist_ok=True)
    device.open()
    try:
        ask("Nothing may touch the gel.")
        for number in range(AT_REST):
            _write(device, folder / f"rest_{number:02d}.png", SETTLING if number == 0 else 0)
        for number in range(presses):
            ask(
                f"Press {number + 1} of {presses}: press the ball in, at another place each time, and hold it."
            )
            _write(device, folder / f"press_{number:02d}.png", SETTLING)
    finally:
        device.close()


def _write(device: OpticalDevice, path: Path, skipped: int) -> None:
    for _ in range(skipped):
        device.read()
    image = device.read().image
    rgb = np.repeat(image[..., None], 3, -1) if image.ndim == 2 else image[..., 2::-1]
    Image.fromarray(np.ascontiguousarray(rgb)).save(path)


def _read(path: Path) -> Picture:
    try:
        with Image.open(path) as file:
            return np.asarray(file.convert("RGB"), np.uint8)
    except (UnidentifiedImageError, OSError, ValueError) as error:
        raise DataError(f"{path}: cannot be read as an image ({type(error).__name__}).") from None
