"""Optical fingertips from a video file and from a fake camera that misses frames."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from tacrefine.drivers.link import Link
from tacrefine.drivers.optical.device import OpticalDevice, load_mode, open_camera
from tacrefine.errors import DeviceError


class FakeCamera:
    """Frames from a list; None is a frame that did not come."""

    def __init__(self, frames) -> None:
        self.frames = list(frames)
        self.released = False

    def read(self):
        frame = self.frames.pop(0) if self.frames else None
        return frame is not None, frame

    def release(self) -> None:
        self.released = True


class FakeClock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def picture(value) -> np.ndarray:
    return np.full((4, 6, 3), value, np.uint8)


def device_with(cameras, timeout=0.1):
    clock = FakeClock()
    left = list(cameras)
    return OpticalDevice("cam", lambda: left.pop(0), timeout, clock, clock.sleep), clock


def test_a_missing_frame_is_waited_for_and_counted():
    device, _ = device_with([FakeCamera([picture(1), None, None, picture(2)])])
    device.open()
    assert (device.read().image.max(), device.read().missed) == (1, 2)


def test_a_frame_is_stamped_from_when_it_was_asked_for():
    device, clock = device_with([FakeCamera([None, picture(1)])])
    device.open()
    clock.now = 5.0
    assert device.read().time == pytest.approx(5.01)


def test_a_camera_that_falls_silent_is_reopened():
    first, second = FakeCamera([picture(1)]), FakeCamera([picture(2)])
    device, clock = device_with([first, second])
    link = Link(device, first_wait=0.01, clock=clock)
    assert link.step().image.max() == 1
    with pytest.raises(DeviceError, match=r"cam: no frame for 0\.1 s"):
        link.step()
    assert first.released
    clock.now += 1.0
    assert link.step().image.max() == 2


def test_a_camera_that_is_not_there_is_one_sentence(tmp_path):
    with pytest.raises(DeviceError, match="no such camera"):
        open_camera(str(tmp_path / "video7"), load_mode("digit"), 0.1)
    empty = tmp_path / "broken.avi"
    empty.write_bytes(b"no video")
    with pytest.raises(DeviceError, match=r"broken\.avi: it gives no image"):
        open_camera(str(empty), load_mode("any"), 0.1)


def test_a_video_file_plays_frame_by_frame_and_from_the_start_again(tmp_path):
    file = tmp_path / "press.avi"
    writer = cv2.VideoWriter(str(file), cv2.VideoWriter_fourcc(*"MJPG"), 30, (64, 48))
    for value in (20, 120, 220):
        writer.write(np.full((48, 64, 3), value, np.uint8))
    writer.release()
    device = OpticalDevice(str(file), lambda: open_camera(str(file), load_mode("any"), 0.05), 0.05)
    link = Link(device, first_wait=0.0)
    seen = [link.step() for _ in range(3)]
    assert [
        abs(int(frame.image.mean()) - value) < 5 for frame, value in zip(seen, (20, 120, 220), strict=True)
    ]
    with pytest.raises(DeviceError, match="no frame"):
        link.step()
    assert abs(int(link.step().image.mean()) - 20) < 5
    link.close()
