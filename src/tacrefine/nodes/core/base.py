"""The lifecycle base class of all nodes: parameters, transitions, diagnostics, autostart, safe shutdown.

A node overrides `setup` (build things, may raise TacrefineError), `start` and `stop`. An error in `setup` becomes
one sentence in the log and the node stays up, unconfigured, so that it can be configured again after the cause is
mended. What is made through `publish_on`, `listen_to`, `serve` and `keep` goes away with cleanup, shutdown and a
failed `setup`.
"""

from __future__ import annotations

import gc
import os
import signal
import sys
import time
from collections.abc import Callable
from typing import Any, ClassVar

import rclpy
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from rclpy.clock import Clock, ClockType
from rclpy.executors import Executor, SingleThreadedExecutor
from rclpy.lifecycle import LifecycleNode, LifecycleState, TransitionCallbackReturn
from rclpy.node import Node
from rclpy.qos import QoSProfile
from rclpy.signals import SignalHandlerOptions

from tacrefine.documents import quoted
from tacrefine.errors import TacrefineError
from tacrefine.nodes.core.health import Health
from tacrefine.nodes.core.parameters import declare, read
from tacrefine.nodes.core.presence import INSTANCE, Presence

OK = TransitionCallbackReturn.SUCCESS
REFUSED = TransitionCallbackReturn.FAILURE


class RosClock:
    """A node's time in seconds: `now` is ROS time, which may be simulated; `steady` is the monotonic clock."""

    def __init__(self, node: Node) -> None:
        self._clock = node.get_clock()

    @property
    def is_simulated(self) -> bool:
        """Whether ROS time comes from /clock."""
        return bool(self._clock.ros_time_is_active)

    def now(self) -> float:
        """ROS time."""
        return float(self._clock.now().nanoseconds) * 1e-9

    def steady(self) -> float:
        """Monotonic time."""
        return time.monotonic()


class TacrefineNode(LifecycleNode):
    """See the module. `parameters` holds the filled table from `setup` on."""

    group: ClassVar[type]
    answers_at_once: ClassVar[bool] = False
    """whether the time between a message and its callback matters"""
    parameters: Any

    def __init__(self, name: str, **options: Any) -> None:
        super().__init__(name, **options)
        declare(self, self.group)
        self._drops: list[Callable[[], object]] = []
        self.health = Health()
        self.steady = Clock(clock_type=ClockType.STEADY_TIME)
        self._diagnostics = self.create_publisher(DiagnosticArray, "/diagnostics", 10)
        self.presence = Presence(self)
        self._report_timer = self.create_timer(1.0, self._report, clock=self.steady)

    # ---- for nodes to override
    def setup(self) -> None:
        """Build everything from `self.parameters`; runs in configure."""

    def start(self) -> None:
        """Begin to work; runs in activate, after lifecycle publishers were activated."""

    def stop(self) -> None:
        """Cease to work, leaving the robot safe; runs in deactivate, before publishers fall silent."""

    def realtime_priority(self) -> int:
        """Priority to ask for; 0 leaves the node with ordinary scheduling."""
        return int(self.parameters.realtime_priority)

    def before_report(self) -> None:
        """Bring `self.health.values` up to date; runs before each report on /diagnostics."""

    # ---- for nodes to use
    def publish_on(self, kind: type, topic: str, qos: QoSProfile) -> Any:
        """A publisher that is silent unless the node is active."""
        publisher = self.create_lifecycle_publisher(kind, topic, qos)
        self.keep(lambda: self.destroy_lifecycle_publisher(publisher))
        return publisher

    def listen_to(self, kind: type, topic: str, callback: Callable[[Any], None], qos: QoSProfile) -> None:
        """A subscription."""
        subscription = self.create_subscription(kind, topic, callback, qos)
        self.keep(lambda: self.destroy_subscription(subscription))

    def serve(self, kind: type, name: str, callback: Callable[[Any, Any], Any], **options: Any) -> None:
        """A service."""
        service = self.create_service(kind, name, callback, **options)
        self.keep(lambda: self.destroy_service(service))

    def keep(self, drop: Callable[[], object]) -> None:
        """Call `drop` when what `setup` made has to go; last made, first dropped."""
        self._drops.append(drop)

    @property
    def is_active(self) -> bool:
        """Whether the node is in the lifecycle state 'active'."""
        return self.state_label == "active"

    @property
    def state_label(self) -> str:
        """Name of the present lifecycle state."""
        return str(self._state_machine.current_state[1])

    def complain(self, error: Exception | str) -> None:
        """Report an error in one sentence: in the log, without flooding it, and on /diagnostics."""
        if self.health.error(str(error)):
            self.get_logger().error(str(error))

    # ---- lifecycle
    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Read parameters, then `setup`."""
        try:
            self.parameters = read(self, self.group)
            self._schedule(self.realtime_priority())
            self.setup()
        except TacrefineError as error:
            self.health.failed = True
            self.complain(error)
            self._drop_all()
            return REFUSED
        self.health.failed = False
        return super().on_configure(state)

    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Activate publishers, then `start`."""
        result = super().on_activate(state)
        self.start()
        self.get_logger().info("active")
        return result

    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """`stop`, then silence publishers."""
        self.stop()
        return super().on_deactivate(state)

    def on_cleanup(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Back to unconfigured."""
        self._drop_all()
        return super().on_cleanup(state)

    def on_shutdown(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Leave the robot safe and let go of everything."""
        if state.label == "active":
            self.stop()
        self._drop_all()
        return super().on_shutdown(state)

    def autostart(self) -> None:
        """Configure and activate if the parameter says so; a refusal was already logged."""
        if self.get_parameter("autostart").value is not False and self.trigger_configure() == OK:
            self.trigger_activate()

    def _schedule(self, priority: int) -> None:
        if priority == 0:
            return
        try:
            for thread in os.listdir("/proc/self/task"):  # those of DDS too: they hand over the messages
                os.sched_setscheduler(int(thread), os.SCHED_RR, os.sched_param(priority))
        except OSError:
            self.get_logger().info(f"no privilege for realtime_priority {priority}; running as usual")

    def _drop_all(self) -> None:
        while self._drops:
            self._drops.pop()()

    def _report(self) -> None:
        self.before_report()
        message = DiagnosticArray()
        message.header.stamp = self.get_clock().now().to_msg()
        status = DiagnosticStatus(name=self.get_fully_qualified_name(), hardware_id="tacrefine")
        status.level = bytes([self.health.level(self.state_label)])
        status.message = self.state_label if not self.health.failed else self.health.last_error
        status.values = [KeyValue(key=key, value=value) for key, value in self.health.report().items()]
        status.values.append(KeyValue(key=INSTANCE, value=self.presence.instance))
        message.status = [status]
        self._diagnostics.publish(message)


def run(
    node_class: type[TacrefineNode],
    name: str,
    args: list[str] | None = None,
    goes_on: Callable[[Any], bool] = lambda node: True,
) -> int:
    """Start a node, run it until SIGINT or SIGTERM, and shut it down while it can still send its last commands.

    `goes_on(node)` is asked ten times a second or more; False ends the run as a signal does.
    """
    stopping: list[int] = []
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda received, _frame: stopping.append(received))
    try:
        rclpy.init(args=sys.argv if args is None else args, signal_handler_options=SignalHandlerOptions.NO)
        node = node_class(name)
    except RuntimeError as error:  # what rcl says of arguments, parameter files and security
        print(f"{name}: ROS cannot start the node ({quoted(error, 500)}).", file=sys.stderr, flush=True)
        rclpy.try_shutdown()
        return 2
    executor = make_executor(node_class.answers_at_once)
    executor.add_node(node)
    try:
        node.autostart()
        gc.collect()
        gc.freeze()  # what setup made stays; collections in operation need not look at it again
        while not stopping and rclpy.ok() and goes_on(node):
            executor.spin_once(timeout_sec=0.1)
        if node.state_label not in ("finalized", "unknown"):
            node.trigger_shutdown()
        for _ in range(10):  # results of goals that the shutdown ended still have to leave
            executor.spin_once(timeout_sec=0.02)
    finally:
        executor.remove_node(node)
        node.destroy_node()
        rclpy.try_shutdown()
    return 0


def make_executor(at_once: bool) -> Executor:
    """One thread for all callbacks; with `at_once` the events executor, where rclpy has it (Kilted and newer).

    It hands over a message 0.2 ms sooner, since it does not ask every service and timer of the node before.
    """
    if at_once:
        try:
            from rclpy.experimental import EventsExecutor

            return EventsExecutor()
        except ImportError:
            pass
    return SingleThreadedExecutor()
