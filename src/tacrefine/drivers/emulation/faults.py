"""How an emulated device misbehaves."""

from __future__ import annotations

from enum import StrEnum


class Fault(StrEnum):
    """One fault at a time, until it is set back to NONE."""

    NONE = "none"
    DROP = "drop"  # the connection is closed in the middle of a question
    SILENT = "silent"  # questions stay without answer
    LATE = "late"  # the right answer, after the driver has given up
    SHORT = "short"  # an answer that breaks off
    FEWER = "fewer"  # a whole frame with less data than asked for
    GARBAGE = "garbage"  # noise in the place of an answer
    WRONG_ID = "wrong_id"  # an answer to another question
    EXCEPTION = "exception"  # the device refuses
    CHECKSUM = "checksum"  # an answer with a wrong checksum
