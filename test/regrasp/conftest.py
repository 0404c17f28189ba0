"""Worlds without ROS and without physics, as fixtures."""

from __future__ import annotations

import pytest
from fake_gripper import QUICK, FakeWorld

from tacrefine.regrasp.settings import RegraspSettings


@pytest.fixture
def make_world():
    def make(**settings) -> FakeWorld:
        return FakeWorld(RegraspSettings(**{**QUICK, **settings}))

    return make


@pytest.fixture
def world(make_world) -> FakeWorld:
    return make_world()
