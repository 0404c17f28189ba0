"""Optical fingertips behind the `driver` node: `image_raw`."""

from __future__ import annotations

import array

import numpy as np
from builtin_interfaces.msg import Time
from sensor_msgs.msg import Image

from tacrefine.drivers.optical.device import Frame, OpticalDevice, load_mode, open_camera
from tacrefine.drivers.optional import need
from tacrefine.nodes.core.qos import SENSOR
from tacrefine.nodes.drivers.device_driver import DeviceDriver


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
        """One picture."""
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
        self.node.health.tick(self.stream)

    def report(self) -> dict[str, str]:
        """State of the camera."""
        return super().report() | {"frames missed": str(self._missed), "image size": self._size}
