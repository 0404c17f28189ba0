"""A folder of numbered shards that one process at a time completes, and that a kill at any moment leaves whole.

The folder is bound to the settings that its shards follow from; the index is written last and names exactly them.
"""

from __future__ import annotations

import fcntl
import json
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from tacrefine.documents import write_atomically
from tacrefine.errors import DataError
from tacrefine.workers import Executor

INDEX = "dataset.json"
SETTINGS = "settings.json"
Entry = dict[str, Any]
"""of a shard in the index: name, sha256 and how much is in it"""


@contextmanager
def claimed(folder: Path, settings: BaseModel, command: str) -> Iterator[None]:
    """Bind the folder to these settings and to this process; DataError says why not, and names the command."""
    path, text = folder / SETTINGS, settings.model_dump_json(indent=2) + "\n"
    with open(path, "a+", encoding="utf-8") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise DataError(f"{folder}: another {command} is writing there; wait for it.") from error
        stream.seek(0)
        found = stream.read()
        if not found:
            stream.write(text)
            stream.flush()
        elif found != text:
            raise DataError(
                f"{path}: the folder holds a dataset of other settings; choose another folder or delete it."
            )
        yield


def numbered_shards(
    executor: Executor,
    numbers: Iterable[int],
    existing: Callable[[int], Entry | None],
    pack: Callable[[int], bytes],
    write: Callable[[int, bytes], Entry],
) -> Iterator[Entry]:
    """Index entries of the shards `numbers`, in that order; a few shards are made ahead.

    `existing` returns the entry of a shard that is there already. The others are made by `pack` on the executor (so it
    must be picklable: a function of the module, or a partial of one) and written by `write` in this process.
    """
    waiting: deque[tuple[int, Entry | Future[bytes]]] = deque()

    def next_entry() -> Entry:
        number, found = waiting.popleft()
        return write(number, found.result()) if isinstance(found, Future) else found

    for number in numbers:
        waiting.append((number, existing(number) or executor.submit(pack, number)))
        if len(waiting) > executor.ahead:
            yield next_entry()
    while waiting:
        yield next_entry()


def remove_others(folder: Path, names: set[str]) -> None:
    """Remove shards that were made ahead, and what a kill left half-written."""
    for path in (*folder.glob("shard-*.safetensors"), *folder.glob(".shard-*"), *folder.glob(f".{INDEX}.*")):
        if path.name not in names:
            path.unlink(missing_ok=True)


def finish(folder: Path, index: dict[str, Any]) -> None:
    """Remove what is none of the index's `shards`, then write the index in one step."""
    remove_others(folder, {entry["name"] for entry in index["shards"]})
    write_atomically(folder / INDEX, json.dumps(index, indent=2) + "\n")
