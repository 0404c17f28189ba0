"""Reads rosbag2 bags: sqlite3 or MCAP, compressed or not, by this recorder or by `ros2 bag record`, closed or not."""

from __future__ import annotations

import contextlib
import heapq
import json
import tempfile
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple

from tacrefine.bags.decoding import Decoder
from tacrefine.bags.files import METADATA, BagFiles, files_of, open_storage
from tacrefine.bags.renewal import can_renew, renewed
from tacrefine.bags.schemas import OTHER_TYPES, READ, TACTILE, Topic, typestore
from tacrefine.bags.storage import Channel, Storage, message_bytes, type_name
from tacrefine.documents import quoted
from tacrefine.errors import DamagedMessageError, DataError
from tacrefine.touch.adapters.instead import what_instead


class Recorded(NamedTuple):
    """One message: its topic, its name and type in the bag, when it was received (ns), and its bytes."""

    topic: Topic
    name: str
    type: str
    received: int
    data: bytes


class Bag:
    """One bag, open for reading; a context manager.

    `names` maps relative topic names to those in the bag where they differ; a namespace is found by itself, unless the
    bag holds several. `notes` are sentences about what could not be read and what its metadata says wrongly; they grow
    as messages are read. Raises DataError in one sentence where nothing can be read, or not what is asked for.
    """

    def __init__(self, path: Path, names: Mapping[str, str] | None = None) -> None:
        self.path = path
        self._names = dict(names or {})
        self._stack = contextlib.ExitStack()
        self._storages: list[Storage] = []
        self._damage: dict[str, str] = {}
        self._damaged: dict[str, set[int]] = {}
        with self._guarded():
            self._files = files_of(path)
            self._open()
            self.custom = dict(self._files.custom)
            for storage in self._storages:
                self.custom = storage.custom | self.custom
            self.all_channels = _all(self._storages)
            self._decoder = Decoder(path, self.all_channels)
            self.unfit: dict[Topic, str] = {}
            self.channels: dict[Topic, list[Channel]] = {}
            self._find_topics()
            _compare(self._files, self.all_channels, path)

    def __enter__(self) -> Bag:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()

    @property
    def notes(self) -> list[str]:
        """What could not be read and what does not agree, a sentence each."""
        damaged = [
            f"{self.path}: topic {quoted(topic)}: {len(times)} of its messages cannot be decoded and are left out; "
            f"the first: {self._damage[topic]}"
            for topic, times in self._damaged.items()
        ]
        return [
            *self._files.notes,
            *(note for storage in self._storages for note in storage.notes),
            *damaged,
        ]

    @property
    def counted(self) -> int | None:
        """Messages as the bag's metadata counts them, None where it does not."""
        return self._files.messages

    def fingerprint(self, topic: Topic) -> str:
        """RIHS01 hash of the topic's message type as this bag defines it."""
        return self._decoder.store(topic.type).hash_rihs01(topic.type)

    def is_current(self, topic: Topic) -> bool:
        """Whether this bag defines the topic's message type as it is defined today."""
        return self.fingerprint(topic) == typestore().hash_rihs01(topic.type)

    def can_renew(self, topic: Topic) -> bool:
        """Whether messages of the topic can be given in today's form: fields were added since, and nothing else."""
        return can_renew(self._decoder.store(topic.type), typestore(), topic.type)

    def renewed(self, recorded: Recorded) -> bytes:
        """A message in today's form; see `can_renew`."""
        message = renewed(typestore(), recorded.type, self.read(recorded))
        return bytes(typestore().serialize_cdr(message, recorded.type))

    def listen(self, topics: Iterable[Topic]) -> None:
        """Look for more topics, under these very names; what is of another type is noted in `unfit`."""
        for topic in topics:
            if topic not in self.channels:
                self._find(topic, self._full_name(topic))

    def instead(self, topic: Topic) -> str:
        """What the bag has in the place of a topic that it lacks, as half a sentence."""
        there = {channel.topic: channel.type for channel in self.all_channels}
        name = self._names.get(topic.name.strip("/")) or self._full_name(topic)
        return what_instead(name, _types(topic), there)

    def problem(self, channel: Channel) -> str:
        """Why the messages of a topic cannot be decoded, as half a sentence; empty if they can."""
        return self._decoder.problem(channel)

    def is_stamped(self, channel: Channel) -> bool:
        """Whether a topic's messages begin with a header."""
        return self._decoder.begins_with_header(channel)

    def messages(self, topics: Sequence[Topic]) -> Iterator[Recorded]:
        """Messages of these topics as they were received; topics that the bag lacks are passed over."""
        by_name = {channel.topic: topic for topic in topics for channel in self.channels.get(topic, ())}
        for channel, received, data in self._messages(by_name.keys()):
            topic = by_name[channel.topic]
            if channel.type in _types(topic):
                yield Recorded(topic, channel.topic, channel.type, received, data)

    def arrivals(self) -> Iterator[tuple[Channel, int, bytes]]:
        """Every message of the bag, known here or not: its channel, when it was received (ns), and its bytes."""
        return self._messages({channel.topic for channel in self.all_channels})

    def read(self, recorded: Recorded) -> Any:
        """The message itself, with the fields of its .msg file and arrays as NumPy arrays.

        A message that is damaged raises DamagedMessageError and is counted in `notes`; go on with the next.
        """
        try:
            return self._decoder.decode(recorded.type, recorded.data)
        except DamagedMessageError as error:
            self._note_damage(recorded.name, recorded.received, error)
            raise

    def goals(self) -> list[dict[str, str]]:
        """Goals that the recorder saw: `id`, `target`, `target_id`, `object`; [] where it did not say."""
        try:
            goals = json.loads(self.custom.get("goals", "[]"))
        except (ValueError, RecursionError):
            return []
        return [goal for goal in goals if isinstance(goal, dict)] if isinstance(goals, list) else []

    def _open(self) -> None:
        scratch = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="tacrefine-")))
        faults: list[str] = []
        for number, file in enumerate(self._files.files):
            folder = scratch / str(number)
            folder.mkdir()
            try:
                storage = open_storage(file, folder)
            except DataError as error:
                faults.append(str(error))
                continue
            self._stack.callback(storage.close)
            self._storages.append(storage)
        if not self._storages:
            raise DataError(faults[0])
        self._files.notes += faults

    def _messages(self, names: Collection[str]) -> Iterator[tuple[Channel, int, bytes]]:
        """Messages of the topics with these full names, of all files, as they were received."""
        streams = []
        for number, storage in enumerate(self._storages):
            wanted = [channel.id for channel in storage.channels.values() if channel.topic in names]
            if wanted:
                streams.append(_tagged(number, storage.messages(wanted)))
        messages = heapq.merge(*streams, key=lambda message: message[:2])
        while True:
            with self._guarded():
                found = next(messages, None)
            if found is None:
                return
            received, number, channel, data = found
            described = self._storages[number].channels[channel]
            try:
                content = message_bytes(data, self.path)
            except DamagedMessageError as error:
                self._note_damage(described.topic, received, error)
                continue
            yield described, received, content

    def _note_damage(self, topic: str, received: int, error: DamagedMessageError) -> None:
        self._damage.setdefault(topic, str(error).removeprefix(f"{self.path}: "))
        self._damaged.setdefault(topic, set()).add(received)

    def _find_topics(self) -> None:
        """Fill `channels` with those of the topics that are known here; one of another type is noted in `unfit`."""
        self._place = self._prefix()
        for topic in READ:
            self._find(topic, self._names.get(topic.name.strip("/")) or self._full_name(topic))

    def _full_name(self, topic: Topic) -> str:
        return topic.name if topic.name.startswith("/") else f"{self._place}/{topic.name}"

    def _find(self, topic: Topic, name: str) -> None:
        same = [channel for channel in self.all_channels if channel.topic == name]
        fitting = [channel for channel in same if channel.type in _types(topic)]
        if fitting:
            self.channels[topic] = fitting
        elif same:
            self.unfit[topic] = f"topic {quoted(name)} is of type {quoted(same[0].type)}, not {topic.type}"

    def _prefix(self) -> str:
        """The namespace of the stack in this bag: what stands before 'tactile'."""
        ending = f"/{TACTILE.name}"
        names = {c.topic for c in self.all_channels if c.type == TACTILE.type and c.topic.endswith(ending)}
        if len(names) > 1 and TACTILE.name not in self._names:
            names = self._spoken_on(names)
            if len(names) > 1:
                raise DataError(
                    f"{self.path}: several tactile topics ({quoted(', '.join(sorted(names)))}); say which one with "
                    "tactile=NAME."
                )
        return names.pop().removesuffix(ending) if len(names) == 1 else ""

    def _spoken_on(self, names: set[str]) -> set[str]:
        """Those of these topics that have messages."""
        found: set[str] = set()
        for channel, *_ in self._messages(names):
            found.add(channel.topic)
            if found == names:
                break
        return found

    @contextlib.contextmanager
    def _guarded(self) -> Iterator[None]:
        try:
            yield
        except DataError:
            self._close()
            raise
        except Exception as error:  # a damaged file makes whatever it likes of the readers beneath
            self._close()
            reason = quoted(error).rstrip(".") or type(error).__name__
            raise DataError(f"{self.path}: not a readable bag ({reason}).") from error

    def _close(self) -> None:
        with contextlib.suppress(Exception):  # readers of a damaged bag may fail at that too
            self._stack.close()


def _types(topic: Topic) -> tuple[str, ...]:
    return (topic.type, *OTHER_TYPES.get(topic, ()))


def _tagged(number: int, messages: Iterator[tuple[int, int, bytes]]) -> Iterator[tuple[int, int, int, bytes]]:
    for received, channel, data in messages:
        yield received, number, channel, data


def _all(storages: Sequence[Storage]) -> list[Channel]:
    """Every topic of the files once for each type that it has, in the order in which they name them."""
    found: dict[tuple[str, str], Channel] = {}
    for storage in storages:
        for channel in storage.channels.values():
            known = found.get((channel.topic, channel.type))
            if known is None or (channel.form and not known.form):
                found[channel.topic, channel.type] = channel
    return list(found.values())


def _compare(files: BagFiles, channels: Sequence[Channel], path: Path) -> None:
    """Note where the metadata lists other topics or types than the files have."""
    if files.topics is None:
        return
    types = {channel.topic: channel.type for channel in channels}
    for topic in sorted(files.topics.keys() | types.keys()):
        listed, counted = files.topics.get(topic, ("", 0))
        if topic not in types and counted:
            what = f"counts {counted} messages, the files hold none"
        elif topic not in files.topics:
            what = "does not list it"
        elif topic in types and type_name(listed) != types[topic]:
            what = f"says that it is of type {quoted(listed)}, the files say {quoted(types[topic])}"
        else:
            continue
        files.notes.append(f"{path / METADATA}: topic {quoted(topic)}: the metadata {what}.")
