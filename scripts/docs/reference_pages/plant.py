"""The keys of a plant's file, from its model."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, get_args

from pydantic.fields import FieldInfo

from reference_pages.page import WIDE, Page, table
from tacrefine.config import available
from tacrefine.plants import description as keys

SECTIONS = {
    "mechanics": keys.Mechanics,
    "sensor": keys.SensorNoise,
    "joints": keys.JointNoise,
    "wrist": keys.WristRepeatability,
}


def pages() -> list[Page]:
    """One page."""
    tables = "\n\n".join(f"## `{name}`\n\n{_table(model)}" for name, model in SECTIONS.items())
    shipped = ", ".join(f"`{name}`" for name in available("plants"))
    text = f"""{WIDE}# Plant

The YAML file of a *plant*: the robot with its sensors, simulated or real (control engineering's word). It is what
`--plant` and `plant` of a training name. [Simulated touch](../explanation/simulated_touch.md#plants) explains it,
[Sensor properties](../results/sensor_properties.md) says what real sensors have. Shipped in `config/plants`: {shipped}.

Beside the sections below a file has `name`, `description` (one sentence) and `tactile_model` (`quasistatic` or
`elastic`); `tacrefine calibrate` adds `robot`. Every number is a value, `{{uniform: [low, high]}}` or
`{{log_uniform: [low, high]}}`, from which each robot takes its own. Whatever is left out has its default; all sensor
defaults are those of an ideal sensor. A *share* without another word is one of full scale.

{tables}
"""
    return [Page("reference/plant.md", "Plant", text)]


def _table(model: type[keys.Section]) -> str:
    return table(("key", "type", "unit", "default", "bounds", "meaning"), _rows(model))


def _rows(model: type[keys.Section]) -> Iterator[tuple[str, ...]]:
    for name, info in model.model_fields.items():
        bounds, count = _bounds(info)
        kind = "number" if count == 1 else f"list of {count} numbers"
        default = info.default if count == 1 else info.default[0]
        allowed = f"{bounds.low:g} to {bounds.high:g}"
        yield f"`{name}`", kind, bounds.unit, f"`{default.bounds[0]:g}`", allowed, info.description or ""


def _bounds(info: FieldInfo) -> tuple[keys.Bounds, int]:
    """Bounds of a field's numbers, and how many they are."""
    found = [part for part in info.metadata if isinstance(part, keys.Bounds)]
    if found:
        return found[0], 1
    numbers: tuple[Any, ...] = get_args(info.annotation)
    return next(part for part in numbers[0].__metadata__ if isinstance(part, keys.Bounds)), len(numbers)
