"""One MCAP file, read record by record: without an index, torn, or with damaged chunks, as far as it is whole."""

from __future__ import annotations

import heapq
import struct
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO
from zlib import crc32

from backports import zstd
from lz4.frame import LZ4FrameDecompressor

from tacrefine.bags.storage import Channel, embedded_custom_data, type_name
from tacrefine.documents import quoted
from tacrefine.errors import DataError

MAGIC = b"\x89MCAP0\r\n"
HEADER, FOOTER, SCHEMA, CHANNEL, MESSAGE, CHUNK, MESSAGE_INDEX = 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07
CHUNK_INDEX, METADATA, DATA_END = 0x08, 0x0C, 0x0F
HEAD = struct.Struct("<BQ")
"""of a record: its kind and its length"""
MESSAGE_HEAD = struct.Struct("<HIQQ")
CHUNK_HEAD = struct.Struct("<QQQI")
LARGEST_CHUNK = 2**31
RUN = 1000
"""messages outside of chunks that are taken together"""
DAMAGE = (zstd.ZstdError, RuntimeError, EOFError, ValueError, struct.error, IndexError)


@dataclass
class _Block:
    """A chunk, or a run of messages outside of chunks: where its data lies, and the times (ns) that it spans."""

    start: int
    stop: int
    at: int
    size: int
    compression: str = ""
    uncompressed: int = 0
    crc: int = 0
    is_torn: bool = False
    channels: set[int] = field(default_factory=set)
    messages: int = 0


class McapFile:
    """See `tacrefine.bags.storage.Storage`. Raises DataError in one sentence where nothing of it can be read."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.channels: dict[int, Channel] = {}
        self.custom: dict[str, str] = {}
        self.notes: list[str] = []
        self._schemas: dict[int, tuple[str, str, str]] = {}
        self._blocks: list[_Block] = []
        self._stream: BinaryIO = open(path, "rb")  # noqa: SIM115 - until it is closed
        try:
            self._scan()
        except BaseException:
            self._stream.close()
            raise

    def close(self) -> None:
        """Let go of the file."""
        self._stream.close()

    def messages(self, ids: Collection[int]) -> Iterator[tuple[int, int, bytes]]:
        """Time of reception (ns), channel id and bytes of the messages of these channels, in order of time."""
        wanted, number = set(ids), 0
        waiting: list[tuple[int, int, int, bytes]] = []
        for block in sorted(self._blocks, key=lambda block: block.start):
            while waiting and waiting[0][0] < block.start:
                time, _, channel, data = heapq.heappop(waiting)
                yield time, channel, data
            if block.channels and block.channels.isdisjoint(wanted):
                continue
            for channel, time, data in self._messages_in(block):
                if channel in wanted:
                    heapq.heappush(waiting, (time, number, channel, data))
                    number += 1
        while waiting:
            time, _, channel, data = heapq.heappop(waiting)
            yield time, channel, data

    # ---- what the file holds
    def _scan(self) -> None:
        """Find blocks, channels and metadata; stops where records end to make sense."""
        stream = self._stream
        size = stream.seek(0, 2)
        stream.seek(0)
        if stream.read(len(MAGIC)) != MAGIC:
            raise DataError(f"{self.path}: not an MCAP file; it does not begin like one.")
        at, run, is_closed, resumed = len(MAGIC), None, False, 0
        while at < size:
            stream.seek(at)
            head = stream.read(HEAD.size)
            if head == MAGIC or (is_closed and head.startswith(MAGIC)):
                break
            kind, length = HEAD.unpack(head) if len(head) == HEAD.size else (0, 0)
            content, end = at + HEAD.size, at + HEAD.size + length
            if kind == 0 or end > size or (at == len(MAGIC) and kind != HEADER):
                summary = 0 if resumed or at == len(MAGIC) else self._summary(size)
                if kind == CHUNK and not summary > at:
                    stream.seek(content)
                    self._note_chunk(content, size - content, False)
                self._torn(at, summary or size)
                if not summary > at:
                    break
                at, resumed = summary, at
                continue
            if kind == CHUNK:
                self._note_chunk(content, length, True)
            elif kind == CHUNK_INDEX and resumed:
                self._resume(content, resumed)
            else:
                run = self._note(kind, content, length, run if kind == MESSAGE else None)
                is_closed = is_closed or kind == FOOTER
            at = end
        named = set().union(*(block.channels for block in self._blocks))
        if not is_closed or not self.channels or not named <= self.channels.keys():
            self._look_into_blocks()
        if at == len(MAGIC):
            raise DataError(f"{self.path}: nothing was written before the recording broke off.")

    def _torn(self, at: int, end: int) -> None:
        whole = "; what is whole of them is read" if any(block.is_torn for block in self._blocks) else ""
        self.notes.append(
            f"{self.path}: breaks off or is damaged; {end - at} bytes from byte {at} on are no whole record{whole}."
        )

    def _summary(self, size: int) -> int:
        """Where the summary begins at the end of a closed file, 0 where there is none."""
        length = HEAD.size + 20 + len(MAGIC)
        self._stream.seek(max(0, size - length))
        end = self._stream.read(length)
        if len(end) < length or end[0] != FOOTER or not end.endswith(MAGIC):
            return 0
        (start,) = struct.unpack_from("<Q", end, HEAD.size)
        return int(start) if start < size - length else 0

    def _resume(self, content: int, since: int) -> None:
        """Take up a chunk that lies behind the place at which the records break off, as the summary lists it."""
        _, _, offset, length = struct.unpack("<QQQQ", self._stream.read(32))
        self._stream.seek(offset)
        head = self._stream.read(HEAD.size)
        if offset > since and offset + length < content and head == HEAD.pack(CHUNK, length - HEAD.size):
            self._note_chunk(offset + HEAD.size, length - HEAD.size, True)

    def _note(self, kind: int, content: int, length: int, run: _Block | None) -> _Block | None:
        """Take note of one record; returns the run of messages that the next message may go on."""
        if kind == MESSAGE and length >= MESSAGE_HEAD.size:
            channel, _, time, _ = MESSAGE_HEAD.unpack(self._stream.read(MESSAGE_HEAD.size))
            if run is None or run.messages >= RUN:
                run = _Block(time, time, content - HEAD.size, 0)
                self._blocks.append(run)
            run.start, run.stop = min(run.start, time), max(run.stop, time)
            run.size = run.uncompressed = content + length - run.at
            run.channels.add(channel)
            run.messages += 1
            return run
        if kind in (SCHEMA, CHANNEL, METADATA):
            try:
                self._describe(kind, self._stream.read(length))
            except DAMAGE as error:
                self.notes.append(f"{self.path}: a record at byte {content} is damaged ({quoted(error)}).")
        elif kind == MESSAGE_INDEX and self._blocks and length >= 6:
            channel, entries = struct.unpack("<HI", self._stream.read(6))
            self._blocks[-1].channels.add(channel)
            self._blocks[-1].messages += entries // 16
        return None

    def _note_chunk(self, content: int, length: int, is_whole: bool) -> None:
        try:
            start, stop, uncompressed, crc = CHUNK_HEAD.unpack(self._stream.read(CHUNK_HEAD.size))
            named = struct.unpack("<I", self._stream.read(4))[0]
            compression = self._stream.read(min(named, 64)).decode("ascii", "replace")
            (size,) = struct.unpack("<Q", self._stream.read(8))
        except struct.error:
            return
        at = content + CHUNK_HEAD.size + 4 + named + 8
        size = min(size, max(0, content + length - at))
        self._blocks.append(_Block(start, stop, at, size, compression, uncompressed, crc, not is_whole))

    def _describe(self, kind: int, record: bytes) -> None:
        if kind == SCHEMA:
            (number,), at = struct.unpack_from("<H", record), 2
            name, at = _text(record, at)
            form, at = _text(record, at)
            self._schemas[number] = (name, form, _text(record, at)[0])
        elif kind == CHANNEL:
            number, schema = struct.unpack_from("<HH", record)
            topic, at = _text(record, 4)
            serialisation, _ = _text(record, at)
            name, form, definition = self._schemas.get(schema, ("", "", ""))
            known = form if form in ("ros2msg", "ros2idl", "omgidl") else ""
            self.channels[number] = Channel(
                number,
                topic,
                type_name(name),
                serialisation,
                known.replace("omg", "ros2"),
                definition if known else "",
            )
        else:
            name, at = _text(record, 0)
            if name == "rosbag2":
                key, at = _text(record, at + 4)
                if key == "serialized_metadata":
                    self.custom = embedded_custom_data(_text(record, at)[0], self.path)

    def _look_into_blocks(self) -> None:
        """Channels of a file that was never closed stand only inside its chunks."""
        for block in self._blocks:
            for _ in self._messages_in(block, describe=True):
                pass

    # ---- what a block holds
    def _messages_in(self, block: _Block, describe: bool = False) -> Iterator[tuple[int, int, bytes]]:
        """Channel, time (ns) and bytes of each message, sorted by time; of a damaged block as many as are whole."""
        found: list[tuple[int, int, bytes]] = []
        try:
            data = self._data(block)
            at = 0
            while at + HEAD.size <= len(data):
                kind, length = HEAD.unpack_from(data, at)
                at += HEAD.size
                if at + length > len(data):
                    raise ValueError("its last record is cut off")
                if kind == MESSAGE:
                    channel, _, time, _ = MESSAGE_HEAD.unpack_from(data, at)
                    found.append((channel, time, data[at + MESSAGE_HEAD.size : at + length]))
                elif describe and kind in (SCHEMA, CHANNEL):
                    self._describe(kind, data[at : at + length])
                at += length
        except DAMAGE as error:
            self._damaged(block, len(found), quoted(error))
        return iter(sorted(found, key=lambda message: message[1]))

    def _data(self, block: _Block) -> bytes:
        self._stream.seek(block.at)
        data = self._stream.read(block.size)
        if block.uncompressed > LARGEST_CHUNK:
            raise ValueError(f"it says that it has {block.uncompressed} bytes, allowed are {LARGEST_CHUNK}")
        if block.compression == "zstd":
            data = zstd.ZstdDecompressor().decompress(data, max(block.uncompressed, 1))
        elif block.compression == "lz4":
            data = LZ4FrameDecompressor().decompress(data, max_length=max(block.uncompressed, 1))
        elif block.compression:
            raise ValueError(f"compression '{block.compression}' is unknown; known are lz4 and zstd")
        if not block.is_torn:
            if len(data) != block.uncompressed:
                raise ValueError(f"it has {len(data)} bytes of {block.uncompressed}")
            if block.crc and crc32(data) != block.crc:
                raise ValueError("its checksum is wrong")
        return data

    def _damaged(self, block: _Block, read: int, reason: str) -> None:
        if block.is_torn:
            return
        lost = f"{block.messages - read} of its messages" if block.messages > read else "messages in it"
        note = f"{self.path}: a chunk at byte {block.at} is damaged ({reason}); {lost} are lost."
        if note not in self.notes:
            self.notes.append(note)


def _text(record: bytes, at: int) -> tuple[str, int]:
    (length,) = struct.unpack_from("<I", record, at)
    end = at + 4 + length
    if end > len(record):
        raise ValueError("a text in it is cut off")
    return record[at + 4 : end].decode("utf-8", "replace"), end
