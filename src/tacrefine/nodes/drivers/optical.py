"""Optical fingertips behind the `driver` node: `image_raw`, and `tactile` where the gel was calibrated."""

from __future__ import annotations

import array

import numpy as np
from builtin_interfaces.msg import Time
from sensor_msgs.msg import Image

from tacrefine.drivers.optical.device import Frame, OpticalDevice, load_mode, open_camera
from tacrefine.drivers.optional import need
from tacrefine.drivers.taxels import PadLayout
from tacrefine.errors import ConfigError, DeviceError, TouchError
from tacrefine.hands import load_hand
from tacrefine.nodes.core.qos import SENSOR
from tacrefine.nodes.drivers.device_driver import DeviceDriver
from tacrefine.nodes.drivers.tactile_output import TactileOutput
from tacrefine.vision.gel.files import load

WIDEST = 640
"""pixels across to which an image is reduced before depth is taken from it"""
REST_LEVEL = 0.03
"""share of full scale up to which a taxel counts as untouched"""


class OpticalDriver(DeviceDriver):
    """A camera that looks at a gel pad: its pictures as they are."""

    stream = "image_raw"

    def make_device(self) -> OpticalDevice:
        """The camera, with what is published of it."""
        p = self.parameters
        need("cv2", "opencv-python-headless")  # while being configured, not when the first frame is due
        source, mode = p.device or "0", load_mode(p.optical_model)
        self._images = self.node.publish_on(Image, "image_raw", SENSOR)
        self._missed = 0
        self._size = ""
        return OpticalDevice(source, lambda: open_camera(source, mode, p.timeout), p.timeout)

    def publish(self, reading: Frame, stamp: Time) -> None:
        """Publish one camera image, as it is or as taxels."""
        image = np.ascontiguousarray(reading.image)
        if image.ndim == 2:
            image = image[:, :, None]
        height, width, channels = image.shape
        self._missed += reading.missed
        self._size = f"{width} x {height}"
        encoding = {1: "mono8", 3: "bgr8", 4: "bgra8"}[channels]
        message = Image(height=height, width=width, encoding=encoding, step=width * channels)
        message.header.stamp, message.header.frame_id = stamp, self.parameters.optical_frame
        message.data = array.array("B", image.tobytes())
        self._images.publish(message)
        self.node.health.tick("image_raw")

    def report(self) -> dict[str, str]:
        """State of the camera."""
        return super().report() | {"frames missed": str(self._missed), "image size": self._size}


class OpticalTaxelDriver(OpticalDriver):
    """The same pictures, and the depth of the gel as taxels of one pad."""

    stream = "tactile"

    def make_device(self) -> OpticalDevice:
        """The camera and the calibration of its gel, with what is published of both."""
        p = self.parameters
        if not p.optical_calibration:
            raise ConfigError(
                "parameter 'optical_calibration' is empty; it must name a file of 'tacrefine calibrate-optical'"
            )
        self._gel = load(p.optical_calibration)
        grid = self._gel.grid
        frame_id = load_hand(p.hand).wrist_frame
        layout = (PadLayout(p.optical_pad, grid.rows, grid.cols),)
        self._output = TactileOutput(self.node, layout, 1.0, frame_id, REST_LEVEL)
        return super().make_device()

    def publish(self, reading: Frame, stamp: Time) -> None:
        """Touch first: it is what the policy answers."""
        image = reading.image
        if image.ndim == 3 and image.shape[1] > WIDEST:
            cv2 = need("cv2", "opencv-python-headless")
            size = (WIDEST, round(image.shape[0] * WIDEST / image.shape[1]))
            image = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
        rgb = np.repeat(image[..., None], 3, -1) if image.ndim == 2 else image[..., 2::-1]
        try:
            taxels = self._gel.taxels(rgb).ravel()
        except TouchError as error:
            raise DeviceError(f"{self.parameters.optical_calibration}: {error}") from error
        self._output.publish(taxels, stamp, self._output.few_touched(taxels))
        super().publish(reading, stamp)

    def report(self) -> dict[str, str]:
        """State of the camera and the taxels."""
        return super().report() | self._output.report()
