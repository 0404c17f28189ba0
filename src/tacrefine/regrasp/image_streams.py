"""Keeps the newest image of each stream and tells which stream fails."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tacrefine.gripper import PADS
from tacrefine.supervision.errors import DeadPad, GoalError, InvalidImage, NoImage
from tacrefine.supervision.samples import JUMP_S, Clock

CAMERA, DEPTH = "camera", "depth"
ALL = (CAMERA, *PADS)
"""streams that must deliver through a whole goal; depth is needed only to look at the table"""
UNIFORM = 1.0
"""grey levels: a picture that varies less shows nothing"""
FROZEN = 10
"""equal pictures in a row: those of a working sensor differ by their noise"""

Image = NDArray[Any]


@dataclass
class Stream:
    """The newest image of one topic, and how often it came unchanged."""

    topic: str
    stamp: float = -float("inf")
    image: Image | None = None
    received: float = -float("inf")
    refusal: str = ""
    equal: int = 0


class ImageStreams:
    """`topics` maps names of streams to topics; `image_timeout` (s) is both topic timeout and greatest age."""

    def __init__(self, topics: Mapping[str, str], image_timeout: float, clock: Clock) -> None:
        self._streams = {name: Stream(topic) for name, topic in topics.items()}
        self.timeout, self._clock = image_timeout, clock

    def take(self, name: str, stamp: float, image: Image) -> None:
        """Take an image, rows first; its stamp is the time of exposure, s."""
        stream = self._streams[name]
        stream.refusal = ""
        if stream.stamp - JUMP_S < stamp <= stream.stamp:
            return
        same = stream.image is not None and np.array_equal(stream.image, image)
        stream.equal = stream.equal + 1 if same else 0
        stream.stamp, stream.image, stream.received = stamp, image, self._clock.steady()

    def refuse(self, name: str, reason: str) -> None:
        """An image of this stream could not be read."""
        self._streams[name].refusal = reason

    def restart(self) -> None:
        """A goal begins: equal images are counted anew."""
        for stream in self._streams.values():
            stream.equal = 0

    def since(self, stamp: float, names: Sequence[str]) -> dict[str, Image] | None:
        """The newest images of these streams if all are newer than `stamp`, s."""
        found = {}
        for name in names:
            stream = self._streams[name]
            if stream.image is None or stream.stamp <= stamp:
                return None
            found[name] = stream.image
        return found

    def fault(self, names: Sequence[str] = ALL) -> GoalError | None:
        """Which stream does not deliver, None if all do."""
        for name in names:
            stream = self._streams[name]
            if self._clock.steady() - stream.received > self.timeout:
                if stream.refusal:
                    return InvalidImage(f"{stream.topic}: {stream.refusal}")
                return NoImage(f"{stream.topic}: no new image for {self.timeout:g} s (image_timeout)")
            age = self._clock.now() - stream.stamp
            if age > self.timeout:
                return NoImage(
                    f"{stream.topic}: the newest stamp is {age:.2f} s old, allowed are {self.timeout:g} s "
                    "(image_timeout); stamps must be the time of exposure, on the clock of this node"
                )
        return None

    def dead_pad(self) -> DeadPad | None:
        """The pad whose images show nothing, or never change; None if both work."""
        for pad in PADS:
            stream = self._streams[pad]
            if stream.image is not None and float(stream.image.std(axis=(0, 1)).max()) < UNIFORM:
                return DeadPad(f"{stream.topic}: every pixel looks the same; is the {pad} pad's light on?")
            if stream.equal >= FROZEN:
                return DeadPad(
                    f"{stream.topic}: the last {stream.equal} images are equal to the last bit; the {pad} pad is frozen"
                )
        return None
