"""`collector`: moves arm and hand through the grasps of a collection, within the limits of the refine server."""

from __future__ import annotations

import threading
from collections.abc import Callable

from action_msgs.msg import GoalStatus, GoalStatusArray

from tacrefine.collect.machine import CollectMachine
from tacrefine.collect.samples import CollectFeedback, CollectGoal, CollectOutcome
from tacrefine.msg import TactileArray
from tacrefine.nodes.core.convert import to_grasp_target, to_seconds
from tacrefine.nodes.core.qos import LATCHED
from tacrefine.nodes.hand.hand_server import HandServer
from tacrefine.nodes.hand.parameters import ServerParameters
from tacrefine.refine.targets import StoredTarget
from tacrefine.supervision import errors

WORKING = (GoalStatus.STATUS_ACCEPTED, GoalStatus.STATUS_EXECUTING, GoalStatus.STATUS_CANCELING)


class CollectorNode(HandServer[CollectOutcome]):
    """Runs one `CollectGoal` at a time. `begin`, `cancel` and `missing` may be called from any thread."""

    group = ServerParameters
    machine: CollectMachine
    _wanted: CollectGoal | None = None
    _cancelled = False
    on_grasp: Callable[[int], None] = staticmethod(lambda made: None)

    def setup(self) -> None:
        """Listen for goals of the refine server too: one arm has one master."""
        super().setup()
        self.outcome: CollectOutcome | None = None
        self.over = threading.Event()
        self.listen_to(GoalStatusArray, "refine_grasp/_action/status", self._on_status, LATCHED)

    def make_loop(self) -> CollectMachine:
        """Return the machine that collects grasps."""
        return CollectMachine(
            self.parameters,
            self.clock,
            self.arm,
            self.fingers,
            self.guard,
            self.hand,
            self.feedback,
            self.watch,
        )

    def missing(self) -> str:
        """What the robot lacks before anything may begin, as a sentence; empty when it is ready."""
        if self.arm.pose is None:
            return "wrist_pose: no usable message has come"
        return self.fingers_without_subscriber() or self.arm.missing(self.clock.now())

    def begin(self, goal: CollectGoal, target: StoredTarget | None) -> None:
        """Start with the next tick; `over` is set when `outcome` says how it ended."""
        self.outcome, self._cancelled = None, False
        self.over.clear()
        if target is not None:
            self.targets.publish(to_grasp_target(target))
        self._wanted = goal

    def cancel(self) -> None:
        """Open the hand and end."""
        self._cancelled = True

    # ---- the robot's side
    @property
    def is_running(self) -> bool:
        """Whether a collection is under way."""
        return self.machine.phase is not None

    def is_cancelled(self) -> bool:
        """Whether it should end."""
        return self._cancelled

    def feedback(self, feedback: CollectFeedback) -> None:
        """Tell how many grasps are made."""
        if feedback.warning:
            self.get_logger().warning(feedback.warning)
        self.on_grasp(feedback.made)

    def tick(self) -> None:
        """Begin what is wanted, go on with what runs."""
        wanted, self._wanted = self._wanted, None
        if wanted is not None and not self.is_running:
            self.machine.start(wanted)
        super().tick()

    def ended(self, outcome: CollectOutcome) -> None:
        """Wake up whoever waits for the end of the collection."""
        self.outcome = outcome
        self.over.set()

    def _on_tactile(self, message: TactileArray) -> None:
        super()._on_tactile(message)
        self.machine.observe_reading(to_seconds(message.header.stamp))

    def _on_status(self, message: GoalStatusArray) -> None:
        if self.is_running and any(status.status in WORKING for status in message.status_list):
            self.machine.stop(errors.Preempted("refine_server has a goal; one arm has one master"))
