"""Made-up JSON files as fixtures."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from made_up import CONTENTS


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str, Any], Path]:
    """Writes content as a JSON file into the folder of this test."""

    def file(name: str, content: Any) -> Path:
        path = tmp_path / f"{name}.json"
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        return path

    return file


@pytest.fixture
def one_of_each(write: Callable[[str, Any], Path]) -> dict[str, Path]:
    return {name: write(name, content()) for name, content in CONTENTS.items()}
