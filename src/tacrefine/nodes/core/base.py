"""The lifecycle base class of all nodes: parameters, transitions, errors, diagnostics, autostart.

A node overrides `setup` (build things), `start` and `stop`. Whatever they raise becomes one sentence in the log and on
/diagnostics, and the node stays up, so that it can be configured again once the cause is fixed. What is made with the
methods for publishers, subscriptions, services and clients goes away with cleanup, shutdown and a failed configure.
"""

from __future__ import annotations

import os
import time
import traceback
from collections.abc import Mapping
from fnmatch import fnmatch
from typing import Any, ClassVar

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from rclpy.lifecycle import LifecycleState, TransitionCallbackReturn

from tacrefine.documents import quoted
from tacrefine.errors import TacrefineError
from tacrefine.nodes.core.duplicate_nodes import INSTANCE, STATE, DuplicateWatch
from tacrefine.nodes.core.health import WARN, Health
from tacrefine.nodes.core.interface_node import InterfaceNode
from tacrefine.nodes.core.ros_parameters import LiveParameters, ParameterGate, declare, read
from tacrefine.supervision.restarts import Restarts

OK = TransitionCallbackReturn.SUCCESS
FAILURE = TransitionCallbackReturn.FAILURE
ERROR = TransitionCallbackReturn.ERROR


class TacrefineNode(InterfaceNode):
    """A lifecycle node with the parameter table `group`; `parameters` holds its values from configure on."""

    group: ClassVar[type]
    live_parameters: ClassVar[tuple[str, ...]] = ()
    """patterns of the parameters that may be set while the node is active"""
    fixed_parameters: ClassVar[tuple[str, ...]] = ()
    """names that match such a pattern and may not"""
    low_latency: ClassVar[bool] = False
    """whether the time between a message and its callback matters"""
    parameters: Any

    def __init__(self, name: str, **options: Any) -> None:
        super().__init__(name, **options)
        declare(self, self.group)
        ParameterGate(
            self, self.group, self.is_live, lambda: self.state_label, self.busy, self._change_parameters
        )
        self.health = Health()
        self._lingers_until = 0.0
        self._active_since = float("inf")
        self._restarts = Restarts()
        self._diagnostics = self.create_publisher(DiagnosticArray, "/diagnostics", 10)
        self.duplicates = DuplicateWatch(self, lambda sentence: self.report_error(sentence, "duplicate node"))
        self._report_timer = self.create_timer(1.0, self._publish_report, clock=self.steady)

    # ---- for nodes to override
    def setup(self) -> None:
        """Build everything from `self.parameters`; runs in configure."""

    def start(self) -> None:
        """Begin to work; runs in activate, after lifecycle publishers were activated."""

    def stop(self) -> None:
        """Stop working and leave the robot safe; runs in deactivate, before publishers are deactivated."""

    def realtime_priority(self) -> int:
        """Priority to ask for; 0 leaves the node with ordinary scheduling."""
        return int(self.parameters.realtime_priority)

    def busy(self) -> str:
        """Why live parameters may not change now, as a sentence; empty: they may."""
        return ""

    def parameters_changed(self) -> None:
        """Pass new values of live parameters on to parts that copied the old ones; runs between goals."""

    def before_report(self) -> None:
        """Bring `self.health` up to date; runs before each report on /diagnostics."""

    # ---- for nodes to use
    def is_live(self, name: str) -> bool:
        """Whether a parameter may be set while the node is active."""
        return name not in self.fixed_parameters and any(fnmatch(name, p) for p in self.live_parameters)

    def report_error(self, error: Exception | str, kind: str) -> None:
        """Report an error in one sentence: in the log, one of a kind in five seconds, and on /diagnostics."""
        line = self.health.error(str(error), kind)
        if line:
            self.get_logger().error(line)

    def fail(self, error: Exception | str, kind: str) -> None:
        """Report an error after which the node does not work until it is configured anew."""
        self.health.failure = str(error)
        self.report_error(error, kind)

    def linger(self, seconds: float) -> None:
        """Stay on the wire for so long if the node is shut down now: something has still to reach others."""
        self._lingers_until = time.monotonic() + seconds

    @property
    def active_seconds(self) -> float:
        """For how long the node has been active; 0 before the first time."""
        return max(0.0, time.monotonic() - self._active_since)

    @property
    def is_lingering(self) -> bool:
        """Whether something that the node sent has still to reach others."""
        return time.monotonic() < self._lingers_until

    # ---- lifecycle
    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Read parameters, then `setup`; the node stays unconfigured if that fails."""
        try:
            self.parameters = LiveParameters(read(self, self.group))
            self._schedule(self.realtime_priority())
            self.setup()
            result = super().on_configure(state)
        except Exception as error:
            self._clean_up()
            self._fail_transition("configure", error)
            return FAILURE
        self.health.failure = ""
        return result

    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Activate publishers, then `start`; the node stays inactive if that fails."""
        try:
            result = super().on_activate(state)
            self.health.failure = ""
            self.start()
        except Exception as error:
            self._try_to_stop()
            super().on_deactivate(state)
            self._fail_transition("activate", error)
            return FAILURE
        self._active_since = time.monotonic()
        self.get_logger().info("active")
        return result

    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """`stop`, then deactivate publishers; if that fails everything is cleaned up, and the node is unconfigured."""
        stopped = self._try_to_stop()
        result = super().on_deactivate(state)
        return result if stopped else ERROR

    def on_cleanup(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Release everything; the node is unconfigured then."""
        self._clean_up()
        return super().on_cleanup(state)

    def on_shutdown(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Leave the robot safe and let go of everything."""
        if state.label == "active":
            self._try_to_stop()
        if self.is_lingering:
            self.create_timer(0.05, self._clean_up_after_lingering, clock=self.steady)
        else:
            self._clean_up()
        return super().on_shutdown(state)

    def on_error(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Back to unconfigured after a transition that failed; what went wrong was reported."""
        self._clean_up()
        return super().on_error(state)

    def autostart(self) -> None:
        """Configure and activate if the parameter says so; a failure was reported."""
        if self.get_parameter("autostart").value is not False and self.trigger_configure() == OK:
            self.trigger_activate()

    def _change_parameters(self, values: Mapping[str, Any]) -> None:
        self.parameters.change(values)
        self.parameters_changed()

    def _try_to_stop(self) -> bool:
        try:
            self.stop()
        except Exception as error:
            self._fail_transition("deactivate", error)
            return False
        return True

    def _clean_up(self) -> None:
        for fault in self.clean_up():
            self._fail_transition("cleanup", fault)

    def _clean_up_after_lingering(self) -> None:
        if not self.is_lingering:
            self._clean_up()

    def _fail_transition(self, transition: str, error: Exception) -> None:
        """One sentence for whatever a transition raised; for a defect the log at level debug has the traceback too."""
        if isinstance(error, TacrefineError):
            self.fail(error, transition)
            return
        self.get_logger().debug(traceback.format_exc())
        name = type(error).__name__
        self.fail(f"{transition} failed: {quoted(error, 500) or 'no message'} ({name})", transition)

    def _schedule(self, priority: int) -> None:
        if priority == 0:
            return
        try:
            for thread in os.listdir("/proc/self/task"):  # those of DDS too: they hand over the messages
                os.sched_setscheduler(int(thread), os.SCHED_RR, os.sched_param(priority))
        except OSError:
            self.get_logger().info(f"no privilege for realtime_priority {priority}; running as usual")

    def _publish_report(self) -> None:
        self.before_report()
        message = DiagnosticArray()
        message.header.stamp = self.get_clock().now().to_msg()
        status = DiagnosticStatus(name=self.get_fully_qualified_name(), hardware_id="tacrefine")
        level = self.health.level(self.state_label)
        status.level = bytes([max(level, WARN) if self._restarts.is_recent else level])
        status.message = self.health.failure or self.state_label
        about = {
            **self.health.report(),
            **self._restarts.report(),
            STATE: self.state_label,
            INSTANCE: self.duplicates.instance,
        }
        status.values = [KeyValue(key=key, value=value) for key, value in about.items()]
        message.status = [status]
        self._diagnostics.publish(message)
