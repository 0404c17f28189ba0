"""Reads rosbag2 bags: sqlite3 or MCAP, compressed or not, by this recorder or by `ros2 bag record`, closed or not."""

from __future__ import annotations

import contextlib
import json
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple

from rosbags.highlevel import AnyReader
from rosbags.interfaces import Connection, MessageDefinition
from rosbags.rosbag2 import storage_mcap
from rosbags.rosbag2.reader import Reader
from rosbags.typesys.store import Typestore

from tacrefine.bags.repair import is_whole, salvage
from tacrefine.bags.schemas import RECORDED, TACTILE, Topic, typestore
from tacrefine.documents import quoted, read_yaml
from tacrefine.errors import DataError

METADATA = "metadata.yaml"
FILES = (".mcap", ".db3")


def _definition(schema: storage_mcap.Schema | None) -> MessageDefinition:
    """A schema's definition, none where its encoding is 'unknown': so rosbag2 marks types that it did not find."""
    if schema is not None and schema.encoding not in ("ros2msg", "ros2idl", "omgidl", ""):
        schema = schema._replace(encoding="")
    return _strict_definition(schema)


_strict_definition, storage_mcap.get_msgdef = storage_mcap.get_msgdef, _definition


class Recorded(NamedTuple):
    """One message: its topic, its name in the bag, when it was received (ns), and its bytes."""

    topic: Topic
    name: str
    received: int
    data: bytes


class Bag:
    """One bag, open for reading; a context manager.

    `names` maps relative topic names to those in the bag where they differ; a namespace is found by itself, unless the
    bag holds several. Raises DataError in one sentence wherever the bag cannot be read.
    """

    def __init__(self, path: Path, names: Mapping[str, str] | None = None) -> None:
        self.path = path
        self._names = dict(names or {})
        self._stack = contextlib.ExitStack()
        self.custom: dict[str, str] = {}
        with self._guarded():
            self._reader = self._stack.enter_context(
                AnyReader(_files(path, self._stack), default_typestore=typestore())
            )
            for reader in self._reader.readers:
                metadata = getattr(reader.storage, "metadata", None) if isinstance(reader, Reader) else None
                custom = (metadata.custom if metadata is not None else None) or {}
                self.custom |= {quoted(key): str(value) for key, value in dict(custom).items()}
            self.connections = self._by_topic()

    def __enter__(self) -> Bag:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()

    def fingerprint(self, topic: Topic) -> str:
        """RIHS01 hash of the topic's message type as this bag defines it."""
        return self._store(topic.type).hash_rihs01(topic.type)

    @property
    def all_connections(self) -> Sequence[Connection]:
        """Everything in the bag, also what is not known here."""
        return self._reader.connections

    def messages(self, topics: Sequence[Topic]) -> Iterator[Recorded]:
        """Messages of these topics as they were received; topics that the bag lacks are passed over."""
        wanted = {id(c): topic for topic in topics for c in self.connections.get(topic, ())}
        chosen = [c for topic in topics for c in self.connections.get(topic, ())]
        if not chosen:
            return
        topic_of = {(c.topic, c.msgtype): wanted[id(c)] for c in chosen}
        messages = self._reader.messages(chosen)
        while True:
            with self._guarded():
                found = next(messages, None)
            if found is None:
                return
            connection, received, data = found
            key = (connection.topic, connection.msgtype)
            yield Recorded(topic_of[key], connection.topic, received, bytes(data))

    def arrivals(self) -> Iterator[tuple[Connection, int]]:
        """Every message of the bag, known here or not: its connection, and when it was received (ns)."""
        messages = self._reader.messages()
        while True:
            with self._guarded():
                found = next(messages, None)
            if found is None:
                return
            yield found[0], found[1]

    def read(self, recorded: Recorded) -> Any:
        """The message itself, with the fields of its .msg file and arrays as NumPy arrays."""
        with self._guarded():
            return self._store(recorded.topic.type).deserialize_cdr(recorded.data, recorded.topic.type)

    def goals(self) -> list[dict[str, str]]:
        """Goals that the recorder saw: `id`, `target`, `target_id`, `object`; [] where it did not say."""
        try:
            goals = json.loads(self.custom.get("goals", "[]"))
        except (ValueError, RecursionError):
            return []
        return [goal for goal in goals if isinstance(goal, dict)] if isinstance(goals, list) else []

    def _store(self, kind: str) -> Typestore:
        """Types as the bag defines them; what it does not define, as older recorders leave out, as today."""
        defined = self._reader.typestore
        return defined if kind in defined.fielddefs else typestore()

    def _by_topic(self) -> dict[Topic, list[Connection]]:
        """The connections of the topics that are known here."""
        prefix = self._prefix()
        found: dict[Topic, list[Connection]] = {}
        for topic in RECORDED:
            name = self._names.get(topic.name) or (
                topic.name if topic.name.startswith("/") else f"{prefix}/{topic.name}"
            )
            same = [c for c in self._reader.connections if c.topic == name]
            if same and same[0].msgtype != topic.type:
                raise DataError(
                    f"{self.path}: topic {quoted(name)} is of type {quoted(same[0].msgtype)}, not {topic.type}; "
                    "name the right one."
                )
            if same:
                found[topic] = same
        return found

    def _prefix(self) -> str:
        """The namespace of the stack in this bag: what stands before 'tactile'."""
        ending = f"/{TACTILE.name}"
        names = sorted(
            {
                c.topic
                for c in self._reader.connections
                if c.msgtype == TACTILE.type and c.topic.endswith(ending) and c.msgcount
            }
        )
        if len(names) > 1 and TACTILE.name not in self._names:
            raise DataError(
                f"{self.path}: several tactile topics ({quoted(', '.join(names))}); say which one with tactile=NAME."
            )
        return names[0].removesuffix(ending) if len(names) == 1 else ""

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


def find_bags(paths: Sequence[Path]) -> list[Path]:
    """The bags that these paths are or hold, sorted; DataError where one holds none."""
    found: list[Path] = []
    for path in paths:
        if not path.exists():
            raise DataError(f"{path}: no such bag or folder.")
        if path.is_file() or _is_bag(path):
            found.append(path)
            continue
        inside = sorted(folder for folder in path.rglob("*") if folder.is_dir() and _is_bag(folder))
        inside += sorted(f for f in path.rglob("*") if f.suffix in FILES and f.parent not in inside)
        if not inside:
            raise DataError(
                f"{path}: holds no bag; a bag is a folder with {METADATA}, or a .mcap or .db3 file."
            )
        found += inside
    return list(dict.fromkeys(found))


def _is_bag(folder: Path) -> bool:
    return (folder / METADATA).is_file() or any(f.suffix in FILES for f in folder.iterdir())


def _check_names(folder: Path) -> None:
    """The files of a bag lie in its own folder: DataError where its metadata leads elsewhere."""
    content = read_yaml(folder / METADATA, DataError)
    about = content.get("rosbag2_bagfile_information") if isinstance(content, dict) else None
    names = about.get("relative_file_paths") if isinstance(about, dict) else None
    if not isinstance(names, list) or not names:
        raise DataError(f"{folder / METADATA}: not the metadata of a bag; it must list relative_file_paths.")
    for name in names:
        if not isinstance(name, str) or Path(name).name != name or name in ("", ".", ".."):
            raise DataError(
                f"{folder / METADATA}: names the file '{quoted(name)}'; allowed are files of the bag's own folder."
            )


def _files(path: Path, stack: contextlib.ExitStack) -> list[Path]:
    """What to hand to the readers: the folder if it is whole, else its files, torn ones as salvaged copies."""
    if path.is_file() and path.suffix not in FILES:
        raise DataError(f"{path}: not a bag; a bag is a folder with {METADATA}, or a .mcap or .db3 file.")
    files = [path] if path.is_file() else sorted(f for f in path.iterdir() if f.suffix in FILES)
    torn = [f for f in files if f.suffix == ".mcap" and not is_whole(f)]
    if path.is_dir() and not torn and (path / METADATA).is_file():
        _check_names(path)
        return [path]
    if not files:
        raise DataError(f"{path}: no {METADATA} and no .mcap or .db3 file; a closed bag has both.")
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tacrefine-"))) if torn else path
    readable = [salvage(f, folder) if f in torn else f for f in files]
    whole = [f for f in readable if f is not None]
    if not whole:
        raise DataError(f"{path}: nothing was written before the recording broke off.")
    return whole
