"""The reference page of plants lists every key with its unit, default and bounds."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tacrefine.plants.description import JointNoise, Mechanics, SensorNoise, WristRepeatability

sys.path.insert(0, str(Path(__file__).parents[2] / "scripts" / "docs"))

from reference_pages import plant

ROWS = [line for line in plant.pages()[0].text.splitlines() if line.startswith("| `")]


@pytest.mark.parametrize("model", [Mechanics, SensorNoise, JointNoise, WristRepeatability])
def test_every_key_of_a_plant_stands_in_the_reference_with_a_meaning(model: type) -> None:
    names = {row.split("`")[1]: row for row in ROWS}
    for name in model.model_fields:
        key, kind, unit, default, bounds, meaning = (cell.strip() for cell in names[name].split("|")[1:-1])
        assert (key, kind.split()[0]) in ((f"`{name}`", "number"), (f"`{name}`", "list"))
        assert unit in ("N/m", "m", "rad", "s", "share", "factor")
        assert default.startswith("`")
        assert " to " in bounds
        assert meaning.endswith(".")


def test_the_reference_says_what_the_model_refuses_beyond() -> None:
    row = next(row for row in ROWS if row.startswith("| `cross_talk`"))
    assert "| share | `0` | 0 to 0.8 |" in row
