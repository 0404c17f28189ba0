"""Takes messages from a listener's thread and writes them from its own, so that a slow disk loses none of them."""

from __future__ import annotations

import contextlib
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence

from rosbags.interfaces import Qos

from tacrefine.bags.recording import BagRecording
from tacrefine.bags.schemas import FEEDBACK, STATUS, TARGET, Topic
from tacrefine.bags.session import Session
from tacrefine.errors import DataError

PERIOD_S = 0.4
"""between commits: what a kill may lose, and the disk has as long again before it is a second"""
MOST_WAITING = 256 * 2**20
"""bytes in memory from which on the disk is called too slow"""
TOO_SLOW = "the recording ended, the disk takes less than what comes in"
TELLING = (TARGET, STATUS, FEEDBACK)


class Recorder:
    """One bag. `put` may be called from any thread; `failure` is a sentence once the recording has ended by itself."""

    def __init__(self, recording: BagRecording, session: Session, period: float = PERIOD_S) -> None:
        self.recording, self.session = recording, session
        self.failure = ""
        self._period = period
        self._waiting: deque[tuple[Topic, str, int, bytes]] = deque()
        self._offered: dict[str, Callable[[], Sequence[Qos]]] = {}
        self._taken = self._written = 0  # bytes, each counted by one thread alone
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="recorder", daemon=True)
        self._begun = time.monotonic()
        self._thread.start()

    @property
    def seconds(self) -> float:
        """Since the recording began."""
        return time.monotonic() - self._begun

    def offer(self, name: str, qos: Callable[[], Sequence[Qos]]) -> None:
        """How to learn the quality of service that a topic's publishers offer, asked at its first message."""
        self._offered[name] = qos

    def put(self, topic: Topic, name: str, data: bytes) -> None:
        """A serialised message that has just been received on the topic that is called `name` here."""
        if self.failure or self._stopping.is_set():
            return
        self._waiting.append((topic, name, time.time_ns(), data))
        self._taken += len(data)
        if self._taken - self._written > MOST_WAITING:
            self.failure = f"{self.recording.path}: {TOO_SLOW}; it is closed with what came before."

    def stop(self) -> None:
        """Write what is waiting and close the bag; raises DataError if the recording had failed, or fails now."""
        self._stopping.set()
        self._thread.join()
        if self.failure:
            raise DataError(self.failure)

    def _run(self) -> None:
        try:
            while not self._stopping.wait(self._period) and not self.failure:
                self._write()
                self.recording.commit()
            self._write()
            self.recording.describe(self.session.texts())
            self.recording.close()
            if self.failure:
                kept = f"what came before is kept, {self.recording.messages} messages are on disk"
                self.failure = f"{self.recording.path}: {TOO_SLOW}; {kept}."
        except DataError as error:
            self.failure = str(error)
        except Exception as error:  # whatever it is, the user must hear that nothing is recorded any more
            self.failure = f"{self.recording.path}: the recording ended, {type(error).__name__}: {error}"

    def _write(self) -> None:
        while self._waiting:
            topic, name, stamp, data = self._waiting.popleft()
            self._written += len(data)
            self.recording.add(name, topic.type, self._offered.get(name, tuple)())
            if topic in TELLING:
                with contextlib.suppress(Exception):  # metadata must never end a recording
                    self.session.note(topic, data)
            self.recording.write(name, stamp, data)
        self.recording.describe(self.session.texts())
