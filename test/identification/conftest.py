"""The shared small model as fixtures."""

from pathlib import Path

import pytest

from tiny import tiny_description, tiny_model_folder


@pytest.fixture
def tiny_yaml() -> Path:
    return tiny_description()


@pytest.fixture
def tiny_model() -> Path:
    return tiny_model_folder()
