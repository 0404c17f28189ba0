"""What the two kinds of bag files have in common: topics, messages, and what could not be read."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from backports import zstd

from tacrefine.documents import parse_yaml, quoted
from tacrefine.errors import DamagedMessageError, DataError

LARGEST_MESSAGE = 2**30
"""bytes of one message once it is decompressed"""
LARGEST_FILE = 2**37
"""bytes of one file once it is decompressed"""
ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
"""first bytes of data in zstd; a serialised message begins with zero"""
SHORT_TYPE = 2
"""parts of a type's name without its folder, as some recorders write it: package/Name"""


class Channel(NamedTuple):
    """A topic in one file: its type 'package/msg/Name', its serialisation ('cdr') and the text that defines the type.

    `form` is 'ros2msg', 'ros2idl' or '' where the file does not define the type.
    """

    id: int
    topic: str
    type: str
    serialisation: str
    form: str
    definition: str


class Storage(Protocol):
    """One open file of a bag. `notes` are sentences about what could not be read; `custom` is its own metadata."""

    path: Path
    channels: dict[int, Channel]
    custom: dict[str, str]
    notes: list[str]

    def messages(self, ids: Collection[int]) -> Iterator[tuple[int, int, bytes]]:
        """Time of reception (ns), channel id and bytes of the messages of these channels, in order of time."""

    def close(self) -> None:
        """Let go of the file."""


def type_name(text: str) -> str:
    """A type's full name; 'package/Name' means 'package/msg/Name'."""
    parts = text.split("/")
    return f"{parts[0]}/msg/{parts[1]}" if len(parts) == SHORT_TYPE else text


def message_bytes(data: bytes, path: Path) -> bytes:
    """A message as it was serialised, compressed or not; DamagedMessageError where it is damaged."""
    if not data.startswith(ZSTD_MAGIC):
        return data
    try:
        reader = zstd.ZstdDecompressor()
        whole = reader.decompress(data, LARGEST_MESSAGE)
    except zstd.ZstdError as error:
        raise DamagedMessageError(f"{path}: a compressed message is damaged ({quoted(error)}).") from error
    if not reader.eof:
        raise DamagedMessageError(
            f"{path}: a compressed message is cut off or larger than {LARGEST_MESSAGE} bytes."
        )
    return whole


def custom_data(content: Any) -> dict[str, str]:
    """The texts that a recorder added to a bag's metadata; {} where it added none, or nothing that can be used."""
    about = content.get("rosbag2_bagfile_information", content) if isinstance(content, dict) else None
    custom = about.get("custom_data") if isinstance(about, dict) else None
    if not isinstance(custom, dict):
        return {}
    return {quoted(key): value if isinstance(value, str) else str(value) for key, value in custom.items()}


def embedded_custom_data(text: str, path: Path) -> dict[str, str]:
    """The same from the copy of the metadata that lies in a file itself."""
    try:
        return custom_data(parse_yaml(text, path, DataError))
    except DataError:
        return {}
