"""One sqlite3 file of a bag: schemas of all rosbag2 versions, with a write-ahead log beside it, torn or damaged."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
from collections.abc import Collection, Iterator
from pathlib import Path

from tacrefine.bags.sqlite_pages import HEADER, salvage, stated_size
from tacrefine.bags.storage import Channel, embedded_custom_data, type_name
from tacrefine.documents import quoted
from tacrefine.errors import DataError

MAGIC = b"SQLite format 3\x00"
BESIDE = ("-wal", "-journal")
"""endings of files that hold what the database has not taken in yet"""


class SqliteFile:
    """See `tacrefine.bags.storage.Storage`; the file itself is never written to, copies of it are made in `scratch`.

    Raises DataError in one sentence where nothing of it can be read.
    """

    def __init__(self, path: Path, scratch: Path) -> None:
        self.path = path
        self.channels: dict[int, Channel] = {}
        self.custom: dict[str, str] = {}
        self.notes: list[str] = []
        self._stack = contextlib.ExitStack()
        try:
            try:
                self._open(_complete(path, scratch))
            except (sqlite3.Error, ValueError) as error:
                self._stack.close()
                copy, note = salvage(path, scratch)
                self.notes.append(
                    note or f"{path}: is damaged ({quoted(error)}); its whole messages are read."
                )
                self._open(copy)
        except sqlite3.Error as error:
            self._stack.close()
            raise DataError(f"{path}: not a readable bag ({quoted(error)}).") from error
        except BaseException:
            self._stack.close()
            raise

    def close(self) -> None:
        """Let go of the file."""
        self._stack.close()

    def messages(self, ids: Collection[int]) -> Iterator[tuple[int, int, bytes]]:
        """Time of reception (ns), channel id and bytes of the messages of these channels, in order of time."""
        chosen = sorted(set(ids) & self.channels.keys())
        places = ",".join("?" for _ in chosen)
        query = (
            f"SELECT timestamp, topic_id, data FROM messages WHERE topic_id IN ({places}) "  # noqa: S608 - marks only
            "ORDER BY timestamp, rowid"
        )
        try:
            for time, channel, data in self._database.execute(query, chosen):
                if isinstance(time, int) and isinstance(data, bytes):
                    yield time, channel, data
        except sqlite3.Error as error:
            raise DataError(f"{self.path}: a message cannot be read ({quoted(error)}).") from error

    def _open(self, path: Path) -> None:
        """Open a whole database; ValueError where it is not whole."""
        with open(path, "rb") as stream:
            stated = stated_size(stream.read(HEADER))
        if path.stat().st_size < stated:
            raise ValueError("it breaks off")
        database = sqlite3.connect(
            f"{path.resolve().as_uri()}?immutable=1", uri=True, check_same_thread=False
        )
        self._database = self._stack.enter_context(contextlib.closing(database))
        database.text_factory = lambda data: data.decode("utf-8", "replace")
        (verdict,) = database.execute("PRAGMA quick_check(1)").fetchone()
        if verdict != "ok":
            raise ValueError(verdict)
        self.channels = {channel.id: channel for channel in self._described()}
        if _columns(database, "metadata"):
            for (text,) in database.execute("SELECT metadata FROM metadata ORDER BY id"):
                self.custom = embedded_custom_data(str(text), self.path)

    def _described(self) -> Iterator[Channel]:
        definitions: dict[str, tuple[str, str]] = {}
        if _columns(self._database, "message_definitions"):
            query = "SELECT topic_type, encoding, encoded_message_definition FROM message_definitions"
            for kind, form, text in self._database.execute(query):
                definitions[type_name(str(kind))] = (str(form), str(text))
        if not _columns(self._database, "topics") or not _columns(self._database, "messages"):
            raise DataError(
                f"{self.path}: not a bag; it is a database without the tables 'topics' and 'messages'."
            )
        for number, topic, kind, serialisation in self._database.execute(
            "SELECT id, name, type, serialization_format FROM topics ORDER BY id"
        ):
            form, text = definitions.get(type_name(str(kind)), ("", ""))
            known = form in ("ros2msg", "ros2idl")
            yield Channel(
                int(number),
                str(topic),
                type_name(str(kind)),
                str(serialisation),
                form if known else "",
                text if known else "",
            )


def _columns(database: sqlite3.Connection, table: str) -> list[str]:
    """Names of a table's columns; [] where there is no such table."""
    return [row[1] for row in database.execute(f"PRAGMA table_info({table})")]


def _complete(path: Path, scratch: Path) -> Path:
    """The file, or a copy into which sqlite3 has taken what lay beside it."""
    beside = [path.with_name(path.name + ending) for ending in BESIDE]
    beside = [file for file in beside if file.is_file() and file.stat().st_size]
    if beside:
        copy = scratch / path.name
        for file in (path, *beside):
            shutil.copyfile(file, scratch / file.name)
        with contextlib.closing(sqlite3.connect(copy)) as database:
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            database.execute("PRAGMA journal_mode=DELETE").fetchone()
            database.execute("SELECT count(*) FROM sqlite_master").fetchone()
        return copy
    return path
