"""Messages of a bag, decoded by the definitions that stand in it: each type alone, and only when it is asked for.

So a topic whose definition nobody can read, a service event or a type without its parts, is that topic's own problem.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from rosbags.typesys import Stores, get_types_from_idl, get_types_from_msg, get_typestore
from rosbags.typesys.store import Typestore

from tacrefine.bags.schemas import EARLIER_FIELDS, typestore
from tacrefine.bags.storage import Channel, type_name
from tacrefine.documents import quoted
from tacrefine.errors import DamagedMessageError, DataError

SEPARATOR = "=" * 80 + "\n"
HEADER = "std_msgs/msg/Header"
Fields = Mapping[str, Any]
"""types by name as `rosbags` describes them: constants and fields of each"""


class Decoder:
    """Decodes the messages of one bag. Raises DataError in one sentence that names the topic or type."""

    def __init__(self, path: Path, channels: Iterable[Channel]) -> None:
        self._path = path
        self._definitions: dict[str, list[Channel]] = {}
        self._stores: dict[str, Typestore] = {}
        self._shorter: dict[str, list[Typestore]] = {}
        for channel in channels:
            self._definitions.setdefault(channel.type, []).append(channel)

    def problem(self, channel: Channel) -> str:
        """Why the messages of a topic cannot be decoded, as half a sentence; empty if they can."""
        if channel.serialisation != "cdr":
            return f"is serialised as '{quoted(channel.serialisation)}', not 'cdr'"
        if not channel.type:
            return "has no type"
        try:
            self._fields(channel.type)
        except ValueError as error:
            return quoted(error)
        return ""

    def begins_with_header(self, channel: Channel) -> bool:
        """Whether a topic's messages carry a stamp at their beginning."""
        if self.problem(channel):
            return False
        fields = self._fields(channel.type)[channel.type][1]
        return bool(fields) and fields[0][1][1] == HEADER

    def decode(self, kind: str, data: bytes) -> Any:
        """One message of a type, with the fields of its definition and arrays as NumPy arrays."""
        store = self.store(kind)
        try:
            return store.deserialize_cdr(data, kind)
        except Exception as error:  # damaged data makes whatever it likes of the code beneath
            for earlier in self._earlier(kind):
                with contextlib.suppress(Exception):
                    return earlier.deserialize_cdr(data, kind)
            reason = quoted(error) or type(error).__name__
            raise DamagedMessageError(
                f"{self._path}: a message of type {quoted(kind)} is damaged ({reason})."
            ) from error

    def store(self, kind: str) -> Typestore:
        """The types that one type is made of, as the bag defines them; what it does not define, as today."""
        if kind not in self._stores:
            try:
                store = get_typestore(Stores.EMPTY)
                store.register(dict(self._fields(kind)))
            except Exception as error:
                topics = ", ".join(channel.topic for channel in self._definitions.get(kind, ()))
                raise DataError(
                    f"{self._path}: topic {quoted(topics)} of type {quoted(kind)} cannot be decoded: {quoted(error)}."
                ) from error
            self._stores[kind] = store
        return self._stores[kind]

    def _earlier(self, kind: str) -> list[Typestore]:
        """The shorter forms that this package's types had before, for bags that do not define them as they are."""
        if kind not in self._shorter:
            fields, forms = self._fields(kind), []
            for name in fields.keys() & EARLIER_FIELDS.keys():
                constants, described = fields[name]
                for count in EARLIER_FIELDS[name]:
                    store = get_typestore(Stores.EMPTY)
                    store.register({**fields, name: (constants, described[:count])})
                    forms.append(store)
            self._shorter[kind] = forms
        return self._shorter[kind]

    def _fields(self, kind: str) -> Fields:
        """A type and all that it is made of; ValueError in half a sentence where that cannot be known."""
        known = typestore().fielddefs
        defined: Fields = {}
        problem = f"the bag does not define {kind}, and it is not known here"
        for channel in self._definitions.get(kind, ()):
            if channel.form:
                try:
                    defined = _parsed(channel)
                    break
                except Exception as error:  # the parser's own, and whatever odd text makes of it
                    problem = f"its definition cannot be read ({_reason(channel, error)})"
        if kind not in defined and (
            kind not in known or any(c.form for c in self._definitions.get(kind, ()))
        ):
            raise ValueError(problem)
        needed: dict[str, Any] = {}
        waiting = [kind]
        while waiting:
            name = waiting.pop()
            if name in needed:
                continue
            if name not in defined and name not in known:
                raise ValueError(f"its definition needs {name}, which the bag does not define")
            needed[name] = defined[name] if name in defined else known[name]
            waiting += parts_of(needed[name][1])
        return needed


def _parsed(channel: Channel) -> Fields:
    if channel.form == "ros2msg":
        return get_types_from_msg(channel.definition.removeprefix(SEPARATOR), channel.type)
    types: dict[str, Any] = {}
    for part in channel.definition.split(SEPARATOR):
        head, _, text = part.partition("\n") if part.startswith(("IDL: ", "MSG: ")) else ("", "", part)
        if head.startswith("MSG: "):
            types.update(get_types_from_msg(text, type_name(head.removeprefix("MSG: ").strip())))
        elif text.strip():
            types.update(get_types_from_idl(text))
    return types


def parts_of(fields: Any) -> Iterator[str]:
    """Names of the types that fields are of, also inside of arrays and sequences."""
    for _, (kind, content) in fields:
        if kind.name in ("ARRAY", "SEQUENCE"):
            yield from parts_of([("", content[0])])
        elif kind.name == "NAME":
            yield content


def _reason(channel: Channel, error: Exception) -> str:
    """Why a definition cannot be read; the parser's own sentence quotes the whole text and the place in it."""
    if channel.definition.removeprefix(SEPARATOR).startswith("SRV: "):
        return "it is that of a service, whose events are not read"
    lines = str(error).splitlines()
    if len(lines) > 2 and lines[0].startswith("Could not parse") and lines[2].isdigit():
        text = f"MSG: {channel.type}\n{channel.definition.removeprefix(SEPARATOR)}"
        return f"at '{quoted(text[int(lines[2]) :].strip().partition(chr(10))[0])}'"
    return quoted(error) or type(error).__name__
