"""Messages of older bags in today's types: fields that were added since get their default."""

from __future__ import annotations

from typing import Any

import numpy as np
from rosbags.interfaces import Nodetype
from rosbags.typesys.store import Typestore


def can_renew(old: Typestore, new: Typestore, kind: str) -> bool:
    """Whether today's type has every field of the older one, of the same type, and at most some more."""
    fields = dict(new.fielddefs[kind][1])
    return all(
        name in fields and _fits(old, new, described, fields[name])
        for name, described in old.fielddefs[kind][1]
    )


def renewed(new: Typestore, kind: str, message: Any) -> Any:
    """An older message, decoded, as one of today's type; see `can_renew`."""
    values = [
        _renewed(new, described, getattr(message, name))
        if hasattr(message, name)
        else _default(new, described)
        for name, described in new.fielddefs[kind][1]
    ]
    return new.types[kind](*values)


def _fits(old: Typestore, new: Typestore, before: Any, now: Any) -> bool:
    if before[0] is not now[0]:
        return False
    if now[0] is Nodetype.NAME:
        return bool(before[1] == now[1]) and can_renew(old, new, now[1])
    if now[0] is Nodetype.BASE:
        return bool(before[1][0] == now[1][0])
    return before[1][1] == now[1][1] and _fits(old, new, before[1][0], now[1][0])


def _renewed(new: Typestore, described: Any, value: Any) -> Any:
    node, content = described
    if node is Nodetype.NAME:
        return renewed(new, content, value)
    if node in (Nodetype.ARRAY, Nodetype.SEQUENCE) and content[0][0] is Nodetype.NAME:
        return [renewed(new, content[0][1], element) for element in value]
    return value


def _default(new: Typestore, described: Any) -> Any:
    node, content = described
    if node is Nodetype.BASE:
        return "" if content[0].endswith("string") else np.zeros((), content[0]).item()
    if node is Nodetype.NAME:
        return new.types[content](*[_default(new, each) for _, each in new.fielddefs[content][1]])
    count = content[1] if node is Nodetype.ARRAY else 0
    if content[0][0] is Nodetype.BASE and not content[0][1][0].endswith("string"):
        return np.zeros(count, content[0][1][0])
    return [_default(new, content[0]) for _ in range(count)]
