"""What is whole of a torn or damaged sqlite3 bag, page by page, without the trees that lead to the pages.

The file format is described on https://www.sqlite.org/fileformat2.html. A row is whole if its page and the pages that
its data flows over to are all there. Rows of a bag tell by their shape which table they are of.
"""

from __future__ import annotations

import contextlib
import mmap
import sqlite3
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tacrefine.errors import DataError

MAGIC = b"SQLite format 3\x00"
LEAF = 0x0D
"""kind of a page that holds rows of a table"""
HEADER = 100
"""bytes before the first page's own content"""
SIZES = {1: 1, 2: 2, 3: 3, 4: 4, 5: 6, 6: 8}
"""bytes of an integer, by its serial type"""
TABLES = """
CREATE TABLE topics(id INTEGER PRIMARY KEY, name TEXT, type TEXT, serialization_format TEXT);
CREATE TABLE message_definitions(id INTEGER PRIMARY KEY, topic_type TEXT, encoding TEXT,
  encoded_message_definition TEXT);
CREATE TABLE metadata(id INTEGER PRIMARY KEY, metadata TEXT);
CREATE TABLE messages(id INTEGER PRIMARY KEY, topic_id INTEGER, timestamp INTEGER, data BLOB);
"""


def stated_size(header: bytes) -> int:
    """Bytes that a database says it has in its first 100 bytes; 0 where an older program wrote it last."""
    if len(header) < HEADER:
        return 0
    size = struct.unpack_from(">H", header, 16)[0]
    changes, pages, valid = (struct.unpack_from(">I", header, at)[0] for at in (24, 28, 92))
    return pages * (65536 if size == 1 else size) if changes == valid else 0


def salvage(path: Path, scratch: Path) -> tuple[Path, str]:
    """A new database in `scratch` with every whole row of the bag, and a sentence about what is lost.

    DataError where no topic or message is whole.
    """
    copy = scratch / f"salvaged_{path.name}"
    copy.unlink(missing_ok=True)
    with contextlib.closing(sqlite3.connect(copy, isolation_level=None)) as database:
        database.executescript(TABLES)
        database.execute("BEGIN")
        with open(path, "rb") as stream:
            size = stream.seek(0, 2)
            if size < HEADER:
                raise DataError(f"{path}: nothing was written before the recording broke off.")
            with contextlib.closing(mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)) as data:
                pages = _Pages(path, data)
                for number, row in pages.rows():
                    _insert(database, number, row)
        database.execute("CREATE INDEX by_time ON messages(timestamp)")
        database.execute("COMMIT")
        found, last = database.execute("SELECT count(*), max(id) FROM messages").fetchone()
        topics = database.execute("SELECT count(*) FROM topics").fetchone()[0]
    if not topics or not found:
        what = "topic" if not topics else "message"
        raise DataError(f"{path}: breaks off or is damaged so early that no {what} in it is whole.")
    return copy, _loss(path, size, pages, found, last)


def _loss(path: Path, size: int, pages: _Pages, found: int, last: int) -> str:
    missing = pages.expected - size
    if missing > 0:
        lost = f"breaks off; {missing} of {pages.expected} bytes ({missing / pages.expected:.0%}) are missing"
    else:
        lost = "is damaged"
    between = f", {last - found} messages before the last of them are lost" if last > found else ""
    return f"{path}: {lost}; {found} messages are whole and read{between}."


class _Pages:
    """The pages of a database as far as they are there."""

    def __init__(self, path: Path, data: mmap.mmap) -> None:
        self._data = data
        size, reserved = struct.unpack_from(">H", data, 16)[0], data[20]
        self.size = 65536 if size == 1 else size
        if data[:16] != MAGIC or self.size < 512 or self.size & (self.size - 1):
            raise DataError(f"{path}: not an sqlite3 file; its first bytes are not those of one.")
        self._usable = self.size - reserved
        self.count = len(data) // self.size
        self.expected = stated_size(data[:HEADER]) or len(data)

    def rows(self) -> Iterator[tuple[int, list[Any]]]:
        """Row number and values of every whole row of every table; what cannot be decoded is passed over."""
        for number in range(self.count):
            page = self._data[number * self.size : (number + 1) * self.size]
            start = HEADER if number == 0 else 0
            if page[start] != LEAF:
                continue
            (cells,) = struct.unpack_from(">H", page, start + 3)
            for index in range(min(cells, self.size // 4)):
                with contextlib.suppress(IndexError, struct.error, ValueError):
                    (at,) = struct.unpack_from(">H", page, start + 8 + 2 * index)
                    yield self._row(page, at)

    def _row(self, page: bytes, at: int) -> tuple[int, list[Any]]:
        length, at = _varint(page, at)
        number, at = _varint(page, at)
        return number, _values(self._payload(page, at, length))

    def _payload(self, page: bytes, at: int, length: int) -> bytes:
        """A row's data, from its page and those that it flows over to; ValueError where one is missing."""
        most = self._usable - 35
        if length > len(self._data):
            raise ValueError("the row is longer than the file")
        if length <= most:
            return _slice(page, at, length)
        least = (self._usable - 12) * 32 // 255 - 23
        here = least + (length - least) % (self._usable - 4)
        here = here if here <= most else least
        parts, left = [_slice(page, at, here)], length - here
        (following,) = struct.unpack_from(">I", page, at + here)
        while left > 0:
            if not 0 < following <= self.count:
                raise ValueError("the row flows over to a page that is not there")
            start = (following - 1) * self.size
            take = min(left, self._usable - 4)
            parts.append(self._data[start + 4 : start + 4 + take])
            (following,) = struct.unpack_from(">I", self._data, start)
            left -= take
        return b"".join(parts)


def _insert(database: sqlite3.Connection, number: int, row: list[Any]) -> None:
    """A row into the table that it is of by its shape; others, of tables that are not needed, are left out."""
    kinds = [type(value) for value in row]
    if kinds == [type(None), int, int, bytes]:
        database.execute("INSERT OR IGNORE INTO messages VALUES (?, ?, ?, ?)", (number, *row[1:]))
    elif len(row) >= 4 and kinds[0] is type(None) and set(kinds[1:]) == {str}:
        table = "topics" if row[1].startswith("/") else "message_definitions"
        database.execute(f"INSERT OR IGNORE INTO {table} VALUES (?, ?, ?, ?)", (number, *row[1:4]))  # noqa: S608
    elif kinds == [type(None), int, str] and row[2].lstrip().startswith(
        ("rosbag2", "version", "compression")
    ):
        database.execute("INSERT OR IGNORE INTO metadata VALUES (?, ?)", (number, row[2]))


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = 0
    for index in range(8):
        byte = data[at + index]
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            return value, at + index + 1
    return value << 8 | data[at + 8], at + 9


def _values(payload: bytes) -> list[Any]:
    """A row's columns: None, int, float, str or bytes."""
    end, at = _varint(payload, 0)
    types = []
    while at < end:
        kind, at = _varint(payload, at)
        types.append(kind)
    values: list[Any] = []
    for kind in types:
        if kind == 0:
            values.append(None)
        elif kind in SIZES:
            values.append(int.from_bytes(_slice(payload, at, SIZES[kind]), "big", signed=True))
            at += SIZES[kind]
        elif kind == 7:
            values.append(struct.unpack_from(">d", payload, at)[0])
            at += 8
        elif kind in (8, 9):
            values.append(kind - 8)
        elif kind >= 12:
            length = (kind - 12) // 2
            part = _slice(payload, at, length)
            values.append(part.decode("utf-8", "replace") if kind % 2 else part)
            at += length
        else:
            raise ValueError(f"serial type {kind} is reserved")
    return values


def _slice(data: bytes, at: int, length: int) -> bytes:
    part = data[at : at + length]
    if len(part) != length:
        raise ValueError("the row is cut off")
    return part
