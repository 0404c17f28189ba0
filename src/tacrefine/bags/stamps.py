"""The stamps in the headers of serialised messages, and what is wrong with them."""

from __future__ import annotations

from typing import Literal

NS = 1_000_000_000
STAMP_AT, STAMP_END = 4, 12
"""bytes of the stamp in a serialised message that begins with a header: after the encapsulation, sec and nanosec"""


def stamp_of(data: bytes) -> int:
    """The header's stamp in ns."""
    order = _order(data)
    sec = int.from_bytes(data[STAMP_AT : STAMP_AT + 4], order, signed=True)
    return sec * NS + int.from_bytes(data[STAMP_AT + 4 : STAMP_END], order)


def restamped(data: bytes, stamp: int) -> bytes:
    """The same message with another stamp (ns) in its header."""
    order = _order(data)
    sec, nanosec = divmod(stamp, NS)
    return (
        data[:STAMP_AT] + sec.to_bytes(4, order, signed=True) + nanosec.to_bytes(4, order) + data[STAMP_END:]
    )


class Stamps:
    """Stamps of one topic as they come, ns. `problem` is half a sentence, empty while nothing is wrong with them."""

    def __init__(self, topic: str) -> None:
        self.topic = topic
        self.count = 0
        self._first = 0
        self._is_constant = True

    def add(self, stamp: int) -> None:
        """Take the next one."""
        self._first = stamp if not self.count else self._first
        self._is_constant = self._is_constant and stamp == self._first
        self.count += 1

    @property
    def problem(self) -> str:
        """What is wrong: a driver that does not stamp its messages, or always in the same way."""
        if self.count < 2 or not self._is_constant:
            return ""
        value = "zero" if self._first == 0 else f"{self._first / NS:g} s"
        return f"the stamps of all {self.count} messages are {value}"


def _order(data: bytes) -> Literal["little", "big"]:
    return "little" if data[1] & 1 else "big"
