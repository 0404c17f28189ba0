"""Parameter tables: types, units and bounds stand beside the name, and what does not fit is named."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from tacrefine.errors import ConfigError
from tacrefine.parameters import build, parameter, specs


@dataclass(frozen=True)
class Group:
    speed: float = parameter(0.5, "m/s", "how fast", low=0.0, high=1.0)
    count: int = parameter(3, "", "how many", low=1, high=9)
    kind: str = parameter("a", "", "which", choices=("a", "b"))
    on: bool = parameter(True, "", "whether")


def test_a_parameter_table_knows_types_units_and_bounds():
    table = specs(Group)
    assert list(table) == ["speed", "count", "kind", "on"]
    assert table["speed"].kind is float
    assert table["speed"].unit == "m/s"
    assert table["count"].high == 9
    assert build(Group, {"speed": 1, "count": 2}) == Group(speed=1.0, count=2)


@pytest.mark.parametrize(
    "values",
    [
        {"speed": 2.0},
        {"speed": "fast"},
        {"count": 0},
        {"count": 2.5},
        {"count": True},
        {"kind": "c"},
        {"on": 1},
        {"speed": float("nan")},
        {"colour": "red"},
    ],
)
def test_a_bad_parameter_is_named_in_one_sentence(values):
    with pytest.raises(ConfigError, match=next(iter(values))) as caught:
        build(Group, values)
    assert "\n" not in str(caught.value)
