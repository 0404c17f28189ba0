"""The stamps in the headers of serialised messages, and what is wrong with them."""

from __future__ import annotations

from typing import Literal

NS = 1_000_000_000
STAMP_AT, STAMP_END = 4, 12
"""bytes of the stamp in a serialised message that begins with a header: after the encapsulation, sec and nanosec"""

ODD_SHARE = 0.1
"""of a topic's stamps that may be zero: a clock that had not begun yet"""


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
        self._first = self._last = 0
        self._is_constant = True
        self._zeros = self._repeated = 0

    def add(self, stamp: int) -> None:
        """Take the next one."""
        self._first = stamp if not self.count else self._first
        self._is_constant = self._is_constant and stamp == self._first
        self._repeated += bool(self.count) and stamp == self._last
        self._zeros += stamp == 0
        self._last = stamp
        self.count += 1

    @property
    def problem(self) -> str:
        """What is wrong: a driver that does not stamp its messages, or always in the same way."""
        if self.count >= 2 and self._is_constant:
            value = "zero" if self._first == 0 else f"{self._first / NS:.3f} s"
            return f"the stamps of all {self.count} messages are {value}"
        if self._zeros > ODD_SHARE * self.count:
            return f"the stamps of {self._zeros} of {self.count} messages are zero"
        return ""

    @property
    def repetition(self) -> str:
        """Half a sentence where stamps are coarser than the messages come, or a device repeats itself."""
        if self._repeated <= self.count / 2:
            return ""
        return f"the stamps of {self._repeated} of {self.count} messages repeat the one before"


def _order(data: bytes) -> Literal["little", "big"]:
    return "little" if data[1] & 1 else "big"
