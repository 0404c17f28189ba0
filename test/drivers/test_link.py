"""A device is opened, read, and after any failure opened again, later each time."""

from __future__ import annotations

import pytest

from tacrefine.drivers.link import Link
from tacrefine.drivers.optional import need
from tacrefine.errors import ConfigError, DeviceError


class FakeDevice:
    def __init__(self) -> None:
        self.there = True
        self.fails_reading = False
        self.log: list[str] = []
        self.readings = 0

    def open(self) -> None:
        self.log.append("open")
        if not self.there:
            raise DeviceError("nobody there")

    def read(self) -> int:
        if self.fails_reading:
            raise DeviceError("short frame")
        self.readings += 1
        return self.readings

    def close(self) -> None:
        self.log.append("close")


class FakeClock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def device() -> FakeDevice:
    return FakeDevice()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


def test_a_device_is_opened_once_and_read_again_and_again(device, clock):
    link = Link(device, clock=clock)
    assert [link.step() for _ in range(3)] == [1, 2, 3]
    assert device.log == ["open"]
    assert (link.connected, link.connects, link.failures) == (True, 1, 0)


def test_waits_double_up_to_the_longest_and_start_anew_after_a_reading(device, clock):
    link = Link(device, first_wait=1.0, longest_wait=3.0, clock=clock)
    device.there = False
    waits = []
    for _ in range(4):
        with pytest.raises(DeviceError, match="nobody"):
            link.step()
        waits.append(link.wait())
        clock.now += link.wait()
    assert waits == [1.0, 2.0, 3.0, 3.0]
    device.there = True
    assert link.step() == 1
    device.fails_reading = True
    with pytest.raises(DeviceError):
        link.step()
    assert link.wait() == 1.0


def test_nothing_is_tried_while_waiting(device, clock):
    link = Link(device, first_wait=1.0, clock=clock)
    device.there = False
    with pytest.raises(DeviceError):
        link.step()
    clock.now = 0.9
    assert link.step() is None
    assert device.log.count("open") == 1


def test_a_failed_reading_closes_the_device_and_the_next_one_comes_from_a_new_connection(device, clock):
    link = Link(device, first_wait=1.0, clock=clock)
    link.step()
    device.fails_reading = True
    with pytest.raises(DeviceError, match="short frame"):
        link.step()
    assert not link.connected
    assert device.log == ["open", "close"]
    device.fails_reading = False
    clock.now = 2.0
    assert link.step() == 2
    assert device.log == ["open", "close", "open"]
    assert (link.connects, link.failures, link.last_failure) == (2, 1, "short frame")


def test_a_package_that_is_not_there_is_a_sentence_that_says_how_to_get_it():
    with pytest.raises(ConfigError, match=r"needs the package no-such-thing.*tacrefine\[drivers\]"):
        need("no_such_thing.client", "no-such-thing")
