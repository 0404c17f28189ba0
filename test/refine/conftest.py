"""Worlds without ROS and without physics, as fixtures."""

from __future__ import annotations

import pytest
from fake_world import FakeWorld

from tacrefine.refine.settings import RefineSettings


@pytest.fixture
def make_world():
    def make(arm_backend="streaming", **settings) -> FakeWorld:
        return FakeWorld(RefineSettings(**settings), arm_backend)

    return make


@pytest.fixture
def world(make_world) -> FakeWorld:
    return make_world()
