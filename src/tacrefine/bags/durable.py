"""A growing MCAP file that any reader can open at any moment, even if its writer was killed.

Between commits everything waits in memory. A commit writes it together with an end of file (an empty summary, which
readers answer with a scan) in one call, and the next commit overwrites that end.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

MAGIC = b"\x89MCAP0\r\n"
DATA_END = b"\x0f" + (4).to_bytes(8, "little") + bytes(4)
FOOTER = b"\x02" + (20).to_bytes(8, "little") + bytes(20)
ENDING = DATA_END + FOOTER + MAGIC
"""of a file without a summary"""


class DurableFile:
    """What the MCAP writer of rosbags writes into, in the place of the file that it has opened."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_TRUNC)
        self._pending = bytearray()
        self._committed = 0

    @property
    def size(self) -> int:
        """Bytes on disk, without the end."""
        return self._committed

    def write(self, data: Any) -> int:
        """Append bytes-like data to what is written next; returns its length."""
        self._pending += data
        return len(data)

    def tell(self) -> int:
        """Where the next byte will lie in the file."""
        return self._committed + len(self._pending)

    def commit(self) -> None:
        """Bring everything to the disk; raises OSError where that fails, and leaves the file as the last one did."""
        self._replace_end(bytes(self._pending) + ENDING)
        self._committed += len(self._pending)
        self._pending.clear()

    def put_instead(self, data: bytes) -> bool:
        """Bring `data` to the disk instead of what waits; False, with the file as before, where it does not fit."""
        try:
            self._replace_end(data + ENDING)
        except OSError:
            return False
        return True

    def close(self) -> None:
        """Bring the rest, which ends the file itself, to the disk; raises OSError like `commit`."""
        try:
            self._replace_end(bytes(self._pending))
        finally:
            os.close(self._file)

    def abandon(self) -> None:
        """Close and leave the file as it was after the last commit."""
        os.close(self._file)

    def _replace_end(self, data: bytes) -> None:
        try:
            self._write(data)
            os.ftruncate(self._file, self._committed + len(data))
            os.fsync(self._file)
        except OSError:
            os.ftruncate(self._file, self._committed)
            self._write(ENDING)  # there was room for it before
            raise

    def _write(self, data: bytes) -> None:
        at = self._committed
        while data:
            written = os.pwrite(self._file, data, at)
            at, data = at + written, data[written:]
