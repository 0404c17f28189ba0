"""Writes a rosbag2 MCAP bag that is whole on disk after every commit, its metadata.yaml included.

`rosbags` lays out the file; what it does only at the end, this does at every commit.
"""

from __future__ import annotations

import contextlib
import struct
import time
from collections.abc import Iterator, Mapping, Sequence
from io import BytesIO
from pathlib import Path

from rosbags.interfaces import Connection, Qos
from rosbags.rosbag2 import CompressionFormat, CompressionMode, StoragePlugin, Writer
from rosbags.rosbag2.storage_mcap import McapWriter, write_channel, write_schema

from tacrefine.bags.durable import DurableFile
from tacrefine.bags.mcap_file import CHUNK, CHUNK_HEAD, HEAD, MESSAGE, MESSAGE_HEAD
from tacrefine.bags.schemas import definition
from tacrefine.errors import DataError

METADATA_S = 5.0
"""between two versions of metadata.yaml, whose counts lag behind by as much; new topics are told at once"""


class _OpenStorage:
    """Stands in for the storage while `rosbags` writes metadata.yaml, so that it stays open."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def close(self, version: int, metadata: str) -> None:
        """Do nothing: nothing is held open."""


class BagRecording:
    """One bag that is being written. Not thread-safe.

    Raises DataError in one sentence where the bag exists already, its folder cannot be made, or the disk is full. Then
    as many messages as fit are on disk, those that came first, and stay readable; the sentence says how many.
    """

    def __init__(self, path: Path, compress: bool = False) -> None:
        self.path = path
        self.messages = 0
        self._writer = Writer(_free(path), version=Writer.VERSION_LATEST, storage_plugin=StoragePlugin.MCAP)
        if compress:
            self._writer.set_compression(CompressionMode.STORAGE, CompressionFormat.ZSTD)
        try:
            self._writer.open()
            storage = self._writer.storage
            assert isinstance(storage, McapWriter)
            storage.bio.flush()
            head = storage.path.read_bytes()
            storage.bio.close()
            self._storage, self._file = storage, DurableFile(storage.path)
            self._file.write(head)
            storage.bio = self._file  # type: ignore[assignment]
        except OSError as error:
            raise DataError(f"{path}: the bag cannot be made ({error.strerror}).") from error
        self._connections: dict[str, Connection] = {}
        self._waiting: list[tuple[Connection, int, bytes]] = []
        self._newest = 0
        self._told = (-float("inf"), -1)
        self.commit()

    @property
    def size(self) -> int:
        """Size of all files of the bag, bytes."""
        return self._file.size

    @property
    def counts(self) -> dict[str, int]:
        """Messages of each topic."""
        return {topic: self._writer.counts[c.id] for topic, c in self._connections.items()}

    def describe(self, values: Mapping[str, str]) -> None:
        """Add texts to the bag's metadata."""
        for key, value in values.items():
            if self._writer.custom_data.get(key) != value:
                self._writer.set_custom_data(key, value)
                self._told = (-float("inf"), -1)

    def add(self, topic: str, kind: str, qos: Sequence[Qos] = ()) -> None:
        """Add a topic with its type and the offered quality of service; one that is there already is left alone."""
        if topic not in self._connections:
            text, digest = definition(kind)
            self._connections[topic] = self._writer.add_connection(
                topic, kind, msgdef=text, rihs01=digest, offered_qos_profiles=qos
            )

    def write(self, topic: str, stamp: int, data: bytes) -> None:
        """Add one serialised message of a topic that was added; `stamp` in ns is when it was received.

        A stamp before the last one becomes the last one: a bag without an index is read in the order of stamps.
        """
        self._newest = max(self._newest, stamp)
        connection = self._connections[topic]
        self._writer.write(connection, self._newest, data)
        self._waiting.append((connection, self._newest, data))
        self.messages += 1

    def commit(self) -> None:
        """Bring everything to the disk; from here on a kill loses nothing of it."""
        with self._safely():
            if self._storage.chunk.bio.tell():
                self._storage.close_chunk()
            self._file.commit()
            self._waiting.clear()
            now, topics = time.monotonic(), len(self._connections)
            if topics > self._told[1] or now - self._told[0] > METADATA_S:
                self._write_metadata()
                self._told = (now, topics)

    def close(self) -> None:
        """Commit, and add the index that makes reading fast."""
        self.commit()
        with self._safely():
            self._writer.close()

    def abandon(self) -> None:
        """Let go of the file as it is; what was committed stays."""
        with contextlib.suppress(OSError):
            self._file.abandon()

    def _write_metadata(self) -> None:
        self._writer.storage = _OpenStorage(self._storage.path)  # type: ignore[assignment]
        try:
            self._writer.close()
        finally:
            self._writer.storage = self._storage

    @contextlib.contextmanager
    def _safely(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            self._save_what_fits()
            self.abandon()
            raise DataError(
                f"{self.path}: the recording ended, nothing more can be written ({error.strerror}); "
                f"what came before is kept, {self.messages} messages are on disk."
            ) from error

    def _save_what_fits(self) -> None:
        """Bring as many of the waiting messages to the disk as it takes, the first ones, found by bisection."""
        fits, too_many = 0, len(self._waiting) + 1
        while too_many - fits > 1:
            tried = (fits + too_many) // 2
            if self._file.put_instead(self._chunk(tried)):
                fits = tried
            else:
                too_many = tried
        if fits:
            self._file.put_instead(self._chunk(fits))
            self._writer.max_timestamp = self._waiting[fits - 1][1]
        for connection, *_ in self._waiting[fits:]:
            self._writer.counts[connection.id] -= 1
            self.messages -= 1
        with contextlib.suppress(OSError):
            self._write_metadata()

    def _chunk(self, messages: int) -> bytes:
        """A chunk with so many of the waiting messages, and the topics that it may be the first to name."""
        content, storage = BytesIO(), self._storage
        for schema in storage.schemas:
            write_schema(content, schema)
        for channel in storage.channels:
            write_channel(content, channel, storage.schemas)
        for connection, stamp, data in self._waiting[:messages]:
            head = MESSAGE_HEAD.pack(connection.id, 0, stamp, stamp)
            content.write(HEAD.pack(MESSAGE, len(head) + len(data)) + head + data)
        data, name = content.getvalue(), storage.compression.encode()
        times = self._waiting[0][1], self._waiting[messages - 1][1]
        packed = storage.compressor(data)
        head = CHUNK_HEAD.pack(*times, len(data), 0) + struct.pack("<I", len(name)) + name
        body = head + struct.pack("<Q", len(packed)) + packed
        return HEAD.pack(CHUNK, len(body)) + body


def _free(path: Path) -> Path:
    """The path, if there is nothing yet."""
    if path.exists():
        raise DataError(f"{path}: exists already and is not overwritten; choose another name for the bag.")
    return path
