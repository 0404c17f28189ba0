"""What every bridge has in common: one thread owns the simulated world; it steps, reads and publishes.

The executor's thread never touches the world and never waits for it: commands and requests are done by the simulation's
thread between two readings. With `real_time_factor` 1 stamps are the system's time of reading. With any other factor
they are simulated time, which is published on /clock, and the other nodes need `use_sim_time`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

from builtin_interfaces.msg import Time
from rclpy.task import Future
from rosgraph_msgs.msg import Clock

from tacrefine.documents import quoted
from tacrefine.errors import TacrefineError
from tacrefine.nodes.core.base import TacrefineNode
from tacrefine.nodes.core.convert import to_seconds, to_stamp
from tacrefine.nodes.core.qos import SENSOR
from tacrefine.sim.pace import Pace

Answer = TypeVar("Answer")


class SimulationNode(TacrefineNode):
    """A node with a simulated world. Its parameters have `real_time_factor` and `rate`."""

    # ---- for nodes to override
    def advance(self) -> Any:
        """Let one period of simulated time pass; a reading with its simulated `time`, s."""
        raise NotImplementedError

    def publish(self, reading: Any, stamp: Time) -> None:
        """Publish one reading of all sensors."""
        raise NotImplementedError

    # ---- lifecycle
    def setup(self) -> None:
        """Clock and queue of commands."""
        self._jobs: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self._newest = self._placed = 0.0  # stamps, s
        self._running = threading.Event()
        self._gate, self._playing = threading.Lock(), False
        self._thread: threading.Thread | None = None
        self._real_time = self.parameters.real_time_factor == 1.0
        self._clock_publisher = None if self._real_time else self.publish_on(Clock, "/clock", SENSOR)

    def realtime_priority(self) -> int:
        """Only a simulation that keeps to real time leaves the processor to others in between."""
        return int(self.parameters.realtime_priority) if self.parameters.real_time_factor == 1.0 else 0

    def start(self) -> None:
        """Start simulated time."""
        self._running.set()
        self._playing = True
        self._thread = threading.Thread(target=self._play, name="simulation", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Let time stand still."""
        self._running.clear()
        if self._thread is not None:
            self._thread.join(timeout=2.0)

    # ---- for nodes to use, on the executor's thread
    def command(self, topic: str, stamp: Time, act: Callable[[], None]) -> None:
        """Carry out a command before the next step, unless the world was set anew after its stamp.

        A stamp of zero means now. What `act` raises as TacrefineError is reported under the topic's name.
        """

        def job() -> None:
            if 0.0 < to_seconds(stamp) <= self._placed:
                return
            try:
                act()
            except TacrefineError as error:
                self.report_error(error, topic)

        self._do(job)

    async def ask(self, act: Callable[[], Answer]) -> Answer:
        """The result of `act`, which is done before the next step; raises what it raises."""
        future: Future[Answer] = Future(executor=self.executor)

        def job() -> None:
            try:
                future.set_result(act())
            except Exception as error:
                future.set_exception(error)
            if self.executor is not None:
                self.executor.wake()

        self._do(job)
        return await future

    def begin_anew(self) -> None:
        """The world was set anew: commands that are still on their way are about another one."""
        self._placed = self._newest

    # ---- simulation thread
    def _do(self, job: Callable[[], None]) -> None:
        with self._gate:
            self._jobs.put(job)
            playing = self._playing
        if not playing:
            self._do_jobs()

    def _do_jobs(self) -> None:
        while True:
            try:
                job = self._jobs.get_nowait()
            except Empty:
                return
            job()

    def _play(self) -> None:
        pace = Pace(self.parameters.real_time_factor)
        period = 1.0 / self.parameters.rate
        try:
            while self._running.is_set():
                self._do_jobs()
                reading = self.advance()
                stamp = self.stamp() if self._real_time else to_stamp(reading.time)
                self._newest = to_seconds(stamp)
                if self._clock_publisher is not None:
                    self._clock_publisher.publish(Clock(clock=stamp))
                self.publish(reading, stamp)
                pace.wait(period)
        except Exception as error:
            if self._running.is_set():
                self.fail(f"simulation stopped: {quoted(error)} ({type(error).__name__})", "simulation")
        finally:
            with self._gate:
                self._playing = False
            self._do_jobs()  # whoever asked waits for an answer
