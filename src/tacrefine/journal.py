"""Finished parts of long work in a file, line by line, so that what was broken off goes on where it was."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tacrefine.errors import DataError

FOLDER = Path("out/evaluations")


def journal_of(identity: dict[str, Any]) -> Path:
    """Return where the parts of work that was given no file are kept until it is done: another path for other work."""
    return FOLDER / f"{hashlib.sha256(repr(identity).encode()).hexdigest()[:12]}.jsonl"


class Journal:
    """JSON lines: first what the work is, then one line for each part that is done."""

    def __init__(self, path: Path, identity: dict[str, Any]) -> None:
        """Open or begin the file; DataError where it is of other work or cannot be written."""
        self.path = path
        first = json.dumps(identity)
        try:
            if not path.exists():
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(first + "\n", encoding="utf-8")
            lines = path.read_text(encoding="utf-8", errors="replace").splitlines() or [""]
        except OSError as error:
            raise DataError(f"{path}: cannot be used as a journal ({error.strerror}).") from error
        if lines[0] != first:
            raise DataError(f"{path}: is of another evaluation; delete it or name another file.")
        self._lines = lines[1:]
        # A line that was broken off must not swallow the next one.
        if not path.read_bytes().endswith(b"\n"):
            self._write("")

    def parts(self) -> Iterator[Any]:
        """What was done before; a line that was broken off is forgotten."""
        for line in self._lines:
            try:
                yield json.loads(line)
            except ValueError:
                continue

    def add(self, part: Any) -> None:
        """Append one finished part and make it durable."""
        self._write(json.dumps(part))

    def _write(self, line: str) -> None:
        with open(self.path, "a", encoding="utf-8") as stream:
            stream.write(line + "\n")
