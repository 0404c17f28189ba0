"""The keys of an adapter's file, from its model."""

from __future__ import annotations

from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from reference_pages.page import WIDE, Page, table
from tacrefine.config import available
from tacrefine.touch.adapters import description as keys

SECTIONS = (
    ("The file", keys.AdapterDescription),
    ("`touch`: a list, one entry a topic", keys.TouchSource),
    ("A pad of `touch.pads` with keys of its own", keys.PadField),
    ("`joints`: a list, one entry a topic", keys.JointSource),
    ("A joint of `joints.positions` with keys of its own", keys.PositionField),
    ("`wrist`", keys.WristSource),
    ("`wrist.tf`", keys.Frames),
)
WORDS = {
    "Path": "path",
    "SignedPath": "path",
    "StampPath": "path",
    "Kind": "type",
    "Topic": "topic",
    str: "text",
    float: "number",
    int: "integer",
    bool: "true, false",
    type(None): "",
}


def pages() -> list[Page]:
    """One page."""
    tables = "\n\n".join(f"## {title}\n\n{_table(model)}" for title, model in SECTIONS)
    shipped = ", ".join(f"`{name}`" for name in available("adapters"))
    text = f"""{WIDE}# Adapter

The YAML file that says where touch, joints and wrist are on a robot: `adapter` of the nodes, `--adapter` of `tacrefine
up`, `record`, `collect`, `bags info` and `bags convert`. [Connect your topics](../how_to/connect_your_topics.md) shows
its use. Shipped in `config/adapters`: {shipped}.

A *path* leads to fields of a message: `thumb.tip`, `data[0:99]`, `data[2::3]` (every third value from the third on),
`fingers[*].taxels[*].z` (of all elements), `sensors[sensor_pos=1].forces[*].z` (of the element whose field has that
value). A value becomes `sign * scale * (value - rest)`, in the `unit` of its source.

{tables}
"""
    return [Page("reference/adapter.md", "Adapter", text)]


def _table(model: type[BaseModel]) -> str:
    rows = (
        (f"`{name}`", _type(info.annotation), _default(info), info.description or _shared(name))
        for name, info in model.model_fields.items()
    )
    return table(("key", "type", "default", "meaning"), rows)


def _shared(name: str) -> str:
    """What keys mean that need no word in the model."""
    return {
        "topic": "name of the topic",
        "touch": "topics with touch, merged by stamp where there are several",
        "joints": "topics with positions of joints, merged joint by joint",
        "wrist": "where the wrist's pose is",
        "field": "path of the value",
        "type": "message type by its full name",
    }.get(name, "")


def _default(info: FieldInfo) -> str:
    if info.is_required():
        return "needed"
    return "" if info.default in (None, (), {}) else f"`{info.default}`"


def _type(annotation: Any) -> str:
    origin, parts = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return ", ".join(map(str, parts))
    if origin in (Union, UnionType):
        return " or ".join(filter(None, dict.fromkeys(_type(part) for part in parts)))
    if origin is tuple:
        return f"list of {_type(parts[0])}"
    if origin is dict:
        return f"mapping to {_type(parts[1])}"
    if origin is not None and hasattr(annotation, "__metadata__"):
        return _type(parts[0])
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return "keys, see below"
    return WORDS.get(annotation, "text")
