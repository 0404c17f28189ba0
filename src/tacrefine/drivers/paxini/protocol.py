"""Frames of the control box.

Request: head, box, index, main command, two sub commands, length (2, low byte first), data, LRC, tail.
Answer: the same with an error code (1) before the length. The LRC is the two's complement of the sum of everything
between head and LRC.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tacrefine.errors import DeviceError

HEAD, TAIL = bytes.fromhex("55AA7B7B"), bytes.fromhex("55AA7D7D")
ADDRESSES = 5  # box, index, three bytes of command
OVERHEAD = len(HEAD) + ADDRESSES + 1 + 2 + 1 + len(TAIL)


@dataclass(frozen=True)
class Answer:
    """An answer whose tail and checksum were right; `error` is 0 where the box did as it was asked."""

    addresses: bytes
    error: int
    data: bytes


def lrc(data: bytes) -> int:
    """Two's complement of the sum of the bytes."""
    return -sum(data) & 0xFF


def request(box: int, command: bytes, data: bytes = b"") -> bytes:
    """The frame of a request to a box; `command` is main command and sub command (3 bytes)."""
    body = bytes([box, 0]) + command + len(data).to_bytes(2, "little") + data
    return HEAD + body + bytes([lrc(body)]) + TAIL


def missing(received: bytes, longest: int) -> int:
    """How many bytes the answer that begins in `received` still lacks, 0 if it is whole.

    Raises DeviceError where no answer begins like this.
    """
    if not HEAD.startswith(received[: len(HEAD)]) and not received.startswith(HEAD):
        raise DeviceError(f"garbage in the place of an answer: {received[:8].hex(' ')}")
    start = len(HEAD) + ADDRESSES + 1
    if len(received) < start + 2:
        return start + 2 - len(received)
    length = int.from_bytes(received[start : start + 2], "little")
    if length > longest:
        raise DeviceError(f"an answer claims {length} bytes of data, at most {longest} were requested")
    return max(0, OVERHEAD + length - len(received))


def parse(frame: bytes) -> Answer:
    """A whole answer; raises DeviceError for a wrong tail or checksum."""
    body, check, tail = frame[len(HEAD) : -5], frame[-5], frame[-4:]
    if tail != TAIL:
        raise DeviceError(f"an answer ends with {tail.hex(' ')} in the place of {TAIL.hex(' ')}")
    if lrc(body) != check:
        raise DeviceError(f"wrong checksum: {check:#04x} where the data has {lrc(body):#04x}")
    return Answer(body[:ADDRESSES], body[ADDRESSES], body[ADDRESSES + 3 :])


def taxels(data: bytes) -> NDArray[np.int16]:
    """Bytes x, y, z of each taxel as (N, 3): x and y signed, z unsigned."""
    values = np.frombuffer(data, np.uint8).reshape(-1, 3).astype(np.int16)
    values[:, :2] = values[:, :2].astype(np.uint8).view(np.int8)
    return values
