"""What is left of an MCAP file whose writer was killed in the middle: every whole record before the torn one."""

from __future__ import annotations

import shutil
from pathlib import Path

from tacrefine.bags.durable import ENDING, MAGIC

HEADER, DATA_END, FOOTER = 0x01, 0x0F, 0x02
RECORD_HEAD = 9
"""bytes: one of the kind, eight of the length"""


def is_whole(path: Path) -> bool:
    """Whether the file ends as an MCAP file ends."""
    with open(path, "rb") as stream:
        stream.seek(0, 2)
        if stream.tell() < len(MAGIC) + len(ENDING):
            return False
        stream.seek(-len(MAGIC), 2)
        return stream.read() == MAGIC


def intact_length(path: Path) -> int:
    """Bytes up to the end of the last whole record of data; 0 if not even the beginning is there."""
    size = path.stat().st_size
    with open(path, "rb") as stream:
        if stream.read(len(MAGIC)) != MAGIC:
            return 0
        end = len(MAGIC)
        while True:
            head = stream.read(RECORD_HEAD)
            if len(head) < RECORD_HEAD or head[0] in (DATA_END, FOOTER):
                break
            following = end + RECORD_HEAD + int.from_bytes(head[1:], "little")
            if following > size or head[0] == 0 or (end == len(MAGIC) and head[0] != HEADER):
                break
            end = following
            stream.seek(end)
    return end if end > len(MAGIC) else 0


def salvage(path: Path, folder: Path) -> Path | None:
    """A copy of what is whole, with an end, in `folder`; None if there is nothing. The file itself is left alone."""
    length = intact_length(path)
    if length == 0:
        return None
    copy = folder / path.name
    shutil.copyfile(path, copy)
    with open(copy, "r+b") as stream:
        stream.truncate(length)
        stream.seek(length)
        stream.write(ENDING)
    return copy
