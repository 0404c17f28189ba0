"""What every bridge has in common: one thread owns the world's time; it steps, reads and publishes.

The executor's thread only takes commands and serves resets; `self.lock` keeps them apart. With `real_time_factor` 1
stamps are the system's time of reading. With any other factor they are simulated time, which is published on /clock,
and the other nodes need `use_sim_time`.
"""

from __future__ import annotations

import threading
from typing import Any

from builtin_interfaces.msg import Time
from rosgraph_msgs.msg import Clock

from tacrefine.nodes.core.base import TacrefineNode
from tacrefine.nodes.core.convert import to_seconds, to_stamp
from tacrefine.nodes.core.qos import SENSOR
from tacrefine.sim.pace import Pace


class SimulationNode(TacrefineNode):
    """See the module. Its parameters have `real_time_factor` and `rate`."""

    # ---- for nodes to override
    def advance(self) -> Any:
        """One period of simulated time; a reading with its simulated `time`, s. Runs with the lock held."""
        raise NotImplementedError

    def publish(self, reading: Any, stamp: Time) -> None:
        """Send a reading."""
        raise NotImplementedError

    # ---- lifecycle
    def setup(self) -> None:
        """Clock and lock."""
        self.lock = threading.Lock()
        self._newest = self._anew = 0.0  # stamps, s
        self._running = threading.Event()
        self._thread: threading.Thread | None = None
        self._real_time = self.parameters.real_time_factor == 1.0
        self._clock_publisher = None if self._real_time else self.publish_on(Clock, "/clock", SENSOR)

    def realtime_priority(self) -> int:
        """Only a simulation that keeps to real time leaves the processor to others in between."""
        return int(self.parameters.realtime_priority) if self.parameters.real_time_factor == 1.0 else 0

    # ---- for nodes to use
    def begin_anew(self) -> None:
        """The world was set anew, with the lock held: commands that are still on their way are about another one."""
        self._anew = self._newest

    def is_outdated(self, stamp: Time) -> bool:
        """Whether a command was sent before the world was set anew; a stamp of zero means now."""
        return 0.0 < to_seconds(stamp) <= self._anew

    def start(self) -> None:
        """Let time run."""
        self._running.set()
        self._thread = threading.Thread(target=self._play, name="simulation", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Let time stand still."""
        self._running.clear()
        if self._thread is not None:
            self._thread.join(timeout=2.0)
            self._thread = None

    def _play(self) -> None:
        pace = Pace(self.parameters.real_time_factor)
        period = 1.0 / self.parameters.rate
        try:
            while self._running.is_set():
                with self.lock:
                    reading = self.advance()
                    stamp = self.get_clock().now().to_msg() if self._real_time else to_stamp(reading.time)
                    self._newest = to_seconds(stamp)
                if self._clock_publisher is not None:
                    self._clock_publisher.publish(Clock(clock=stamp))
                self.publish(reading, stamp)
                pace.wait(period)
        except Exception as error:
            if self._running.is_set():
                self.health.failed = True
                self.complain(f"simulation stopped: {error}")
