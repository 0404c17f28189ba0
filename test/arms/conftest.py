"""A guard with a goal running, and links that write down what they are told."""

from __future__ import annotations

import pytest

from tacrefine.arms.servo import Request
from tacrefine.geometry import transform
from tacrefine.refine.settings import RefineSettings
from tacrefine.supervision.guard import Guard
from tacrefine.supervision.limits import Limits

CENTRE = transform((0, 0, -0.07163))
NOMINAL = transform((0.45, 0.10, 0.37), (0.0, 0.0, 0.6))


class FakeLink:
    """A wire to any kind of controller. `log` holds everything in order."""

    def __init__(self) -> None:
        self.log: list = []
        self.answers: list[Request] = []
        self.lacks, self.failure = "", ""

    @property
    def poses(self) -> list:
        return [what for kind, what in self.log if kind == "pose"]

    def missing(self) -> str:
        return self.lacks

    def send(self, what) -> None:
        self.log.append(("path" if hasattr(what, "times") else "pose", what))

    def stop(self, path) -> None:
        self.log.append(("stop", path))

    def expect_poses(self) -> Request:
        return self._ask("switch_command_type", "poses")

    def pause(self, paused: bool) -> Request:
        return self._ask("pause_servo", paused)

    def _ask(self, name: str, value) -> Request:
        self.log.append((name, value))
        self.answers.append(Request(f"servo_node/{name}"))
        return self.answers[-1]


@pytest.fixture
def link() -> FakeLink:
    return FakeLink()


@pytest.fixture
def make_guard():
    def make(wrist=NOMINAL, clock=None, **values) -> Guard:
        settings = RefineSettings(**values)
        guard = Guard(settings, Limits(settings, CENTRE), clock)
        guard.begin()
        guard.observe_wrist(wrist)
        guard.set_origin(wrist)
        return guard

    return make


@pytest.fixture
def guard(make_guard) -> Guard:
    return make_guard()


def ticks(arm, start: float, seconds: float, period: float = 0.01) -> bool:
    """Tick at a steady rate; returns what the last one said."""
    done = False
    for k in range(1 + round(seconds / period)):
        done = arm.tick(start + k * period)
    return done


@pytest.fixture
def tick_for():
    return ticks
