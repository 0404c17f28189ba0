"""Tests of programs in benchmarks/: they are imported from there; made-up files come from test/report."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tiny import tiny_description, tiny_model_folder

TEST = Path(__file__).parents[1]
sys.path[:0] = [str(TEST.parent / "benchmarks"), str(TEST / "report")]


@pytest.fixture
def tiny_yaml() -> Path:
    """The description of a training of eight steps."""
    return tiny_description()


@pytest.fixture
def tiny_model() -> Path:
    """The model that it makes."""
    return tiny_model_folder()
