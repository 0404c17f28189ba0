"""Writes a rosbag2 MCAP bag that is whole on disk after every commit, its metadata.yaml included.

`rosbags` lays out the file; what it does only at the end, this does at every commit.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from rosbags.interfaces import Connection, Qos
from rosbags.rosbag2 import CompressionFormat, CompressionMode, StoragePlugin, Writer
from rosbags.rosbag2.storage_mcap import McapWriter

from tacrefine.bags.durable import DurableFile
from tacrefine.bags.schemas import definition
from tacrefine.errors import DataError

METADATA_S = 5.0
"""between two versions of metadata.yaml, whose counts lag behind by as much; new topics are told at once"""


class _OpenStorage:
    """Stands in for the storage while `rosbags` writes metadata.yaml, so that it stays open."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def close(self, version: int, metadata: str) -> None:
        """Nothing to close."""


class BagRecording:
    """One bag that is being written. Not thread-safe.

    Raises DataError in one sentence where the bag exists already, its folder cannot be made, or the disk is full; what
    had been committed before stays readable.
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
        self._newest = 0
        self._told = (-float("inf"), -1)
        self.commit()

    @property
    def size(self) -> int:
        """Bytes on disk."""
        return self._file.size

    @property
    def counts(self) -> dict[str, int]:
        """Messages of each topic."""
        return {topic: self._writer.counts[c.id] for topic, c in self._connections.items()}

    def describe(self, values: Mapping[str, str]) -> None:
        """What the bag's metadata says besides the topics."""
        for key, value in values.items():
            if self._writer.custom_data.get(key) != value:
                self._writer.set_custom_data(key, value)
                self._told = (-float("inf"), -1)

    def add(self, topic: str, kind: str, qos: Sequence[Qos] = ()) -> None:
        """A topic with its type and the offered quality of service; one that is there already is left alone."""
        if topic not in self._connections:
            text, digest = definition(kind)
            self._connections[topic] = self._writer.add_connection(
                topic, kind, msgdef=text, rihs01=digest, offered_qos_profiles=qos
            )

    def write(self, topic: str, stamp: int, data: bytes | memoryview) -> None:
        """One serialised message of a topic that was added; `stamp` in ns is when it was received.

        A stamp before the last one becomes the last one: a bag without an index is read in the order of stamps.
        """
        self._newest = max(self._newest, stamp)
        with self._safely():
            self._writer.write(self._connections[topic], self._newest, data)
        self.messages += 1

    def commit(self) -> None:
        """Bring everything to the disk; from here on a kill loses nothing of it."""
        with self._safely():
            if self._storage.chunk.bio.tell():
                self._storage.close_chunk()
            self._file.commit()
            now, topics = time.monotonic(), len(self._connections)
            if topics > self._told[1] or now - self._told[0] > METADATA_S:
                self._write_metadata()
                self._told = (now, topics)

    def close(self) -> None:
        """Commit, and add the index that makes reading fast."""
        with self._safely():
            self._writer.close()

    def abandon(self) -> None:
        """Let go without another word; what was committed stays."""
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
            self.abandon()
            raise DataError(
                f"{self.path}: the recording ended after {self.messages} messages, nothing more can be written "
                f"({error.strerror}); what came before is kept."
            ) from error


def _free(path: Path) -> Path:
    """The path, if there is nothing yet."""
    if path.exists():
        raise DataError(f"{path}: exists already and is not overwritten; choose another name for the bag.")
    return path
