"""The world without ROS of test/refine, collected from."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "refine"))
from collect_world import CollectWorld

from tacrefine.refine.settings import RefineSettings


@pytest.fixture
def make_world():
    def make(**settings) -> CollectWorld:
        return CollectWorld(RefineSettings(**settings))

    return make


@pytest.fixture
def world(make_world) -> CollectWorld:
    return make_world()
