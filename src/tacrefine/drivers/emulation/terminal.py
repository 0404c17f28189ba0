"""A device on a pseudo-terminal under a fixed name, as udev makes them: it survives unplugging."""

from __future__ import annotations

import contextlib
import os
import random
import select
import termios
import threading
import time
import tty
from pathlib import Path
from typing import TypeVar

from tacrefine.drivers.emulation.faults import Fault

STEP_S = 0.005
"""between two looks at what arrived and what is due"""

Self = TypeVar("Self", bound="TerminalEmulator")


class TerminalEmulator:
    """`port` is a link to the terminal; a thread answers what arrives and sends what is due of itself.

    `fault` takes effect with the next answer; `faults_left` counts those that are still faulty, below 0 all of them.
    `late_s` is how long Fault.LATE waits.
    """

    def __init__(self, port: Path, late_s: float = 1.0) -> None:
        self.port = port
        self.fault = Fault.NONE
        self.faults_left = -1
        self.late_s = late_s
        self.questions = 0
        self.lock = threading.Lock()
        self.noise = random.Random(0)
        self._master = self._slave = -1
        self._unplugged = threading.Event()
        self._thread: threading.Thread | None = None

    def __enter__(self: Self) -> Self:
        self.plug()
        return self

    def __exit__(self, *_: object) -> None:
        self.unplug()

    def plug(self) -> None:
        """A new terminal under the old name, and a device that has just been switched on."""
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)
        os.set_blocking(self._master, False)
        self.restart()
        self.port.unlink(missing_ok=True)
        self.port.symlink_to(os.ttyname(self._slave))
        self._unplugged.clear()
        self._thread = threading.Thread(target=self._talk, daemon=True)
        self._thread.start()

    def unplug(self) -> None:
        """The terminal is gone, in the middle of whatever was said."""
        self.port.unlink(missing_ok=True)
        self._unplugged.set()
        if self._thread is not None:
            self._thread.join(timeout=self.late_s + 5.0)
            self._thread = None
        for end in (self._master, self._slave):
            with contextlib.suppress(OSError):
                os.close(end)

    def speed(self) -> int:
        """What the other side set as baud rate, as a constant of `termios`."""
        return int(termios.tcgetattr(self._slave)[4])

    # ---- for devices to override
    def restart(self) -> None:
        """Start again as after power-up, without what was set before."""

    def answer(self, received: bytes) -> tuple[bytes, bytes]:
        """What to send for the first whole question in `received`, and the rest; nothing taken: it is not whole."""
        return b"", received

    def due(self, now: float) -> bytes:
        """What to send at monotonic time `now` without a question."""
        return b""

    # ---- for devices to use
    def take_fault(self) -> Fault:
        """The fault of the answer that is being made."""
        fault = self.fault if self.faults_left else Fault.NONE
        self.faults_left -= fault is not Fault.NONE and self.faults_left > 0
        return fault

    def _talk(self) -> None:
        received = b""
        while not self._unplugged.is_set():
            try:
                if select.select([self._master], [], [], STEP_S)[0]:
                    received += os.read(self._master, 4096)
            except OSError:
                return
            while True:
                with self.lock:
                    sent, rest = self.answer(received)
                if rest == received:
                    break
                received = rest
                self.questions += 1
                self._send(sent)
            with self.lock:
                own = self.due(time.monotonic())
            self._send(own)

    def _send(self, data: bytes) -> None:
        if data:
            # What nobody reads is lost, as on a real line.
            with contextlib.suppress(OSError):
                os.write(self._master, data)
