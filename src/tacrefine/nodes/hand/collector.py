"""`collector`: moves arm and hand through the grasps of an itinerary, within the limits of the refine server."""

from __future__ import annotations

import threading
from collections.abc import Callable

from action_msgs.msg import GoalStatus, GoalStatusArray

from tacrefine.collect.grasp_sequence import GraspSequence, collection_goal, sign_of_life
from tacrefine.msg import TactileArray
from tacrefine.nodes.core.convert import to_grasp_target, to_seconds
from tacrefine.nodes.core.qos import LATCHED
from tacrefine.nodes.hand.hand_server import HandServer
from tacrefine.nodes.hand.parameters import ServerParameters
from tacrefine.refine.samples import Feedback, Goal, Outcome
from tacrefine.refine.targets import StoredTarget
from tacrefine.supervision import errors

OUT_OF_REACH = (errors.Unreachable.code, errors.LimitExceeded.code, errors.WorkspaceExceeded.code)
"""a pose that may not or cannot be reached is passed over"""
MOST_SKIPPED = 20
WORKING = (GoalStatus.STATUS_ACCEPTED, GoalStatus.STATUS_EXECUTING, GoalStatus.STATUS_CANCELING)


class CollectorNode(HandServer):
    """See the module. Its methods may be called from another thread than the executor's."""

    group = ServerParameters
    _itinerary: GraspSequence | None = None
    _wanted: GraspSequence | None = None
    _cancelled = False
    on_grasp: Callable[[int], None] = staticmethod(lambda made: None)

    def setup(self) -> None:
        """Listen for goals of the refine server too: one arm has one master."""
        super().setup()
        self.outcome: Outcome | None = None
        self.over = threading.Event()
        self._others: set[bytes] = set()
        self.listen_to(GoalStatusArray, "refine_grasp/_action/status", self._on_status, LATCHED)

    def missing(self) -> str:
        """What the robot lacks before anything may begin, as a sentence; empty when it is ready."""
        if self.arm.pose is None:
            return "wrist_pose: no usable message has come"
        hand = self.unheard(self._trajectories, "hand/joint_trajectory")
        return hand.partition(";")[0] or self.arm.missing(self.clock.now())

    def begin(self, itinerary: GraspSequence, target: StoredTarget | None) -> None:
        """Start with the next tick; `over` is set when `outcome` says how it ended."""
        self.outcome, self._cancelled = None, False
        self.over.clear()
        if target is not None:
            self.targets.publish(to_grasp_target(target))
        self._wanted = itinerary

    def cancel(self) -> None:
        """Open the hand and end."""
        self._cancelled = True

    # ---- the robot's side
    @property
    def is_running(self) -> bool:
        """Whether an itinerary is under way."""
        return self._itinerary is not None

    def is_cancelled(self) -> bool:
        """Whether it should end."""
        return self._cancelled

    def make_estimator(self, goal: Goal) -> GraspSequence:
        """The itinerary itself."""
        assert self._itinerary is not None
        return self._itinerary

    def feedback(self, feedback: Feedback) -> None:
        """Tell how many grasps are made."""
        if self._itinerary is not None:
            self.on_grasp(self._itinerary.made)

    def tick(self) -> None:
        """Begin what is wanted, go on with what runs."""
        wanted, self._wanted = self._wanted, None
        if wanted is not None and self._itinerary is None:
            self._itinerary = wanted
            self.machine.start(collection_goal(wanted))
        super().tick()

    def ended(self, outcome: Outcome) -> None:
        """Go on after a pose that is out of reach, else tell whoever waits."""
        itinerary, self._itinerary = self._itinerary, None
        assert itinerary is not None
        if outcome.code in OUT_OF_REACH and not itinerary.is_over and itinerary.skipped < MOST_SKIPPED:
            itinerary.skip()
            self.get_logger().warning(f"a pose is passed over: {outcome.message}")
            self._wanted = itinerary
            return
        self.outcome = outcome
        self.over.set()

    def _on_tactile(self, message: TactileArray) -> None:
        super()._on_tactile(message)
        if self.is_running:
            self.machine.observe_correction(sign_of_life(to_seconds(message.header.stamp)))

    def _on_status(self, message: GoalStatusArray) -> None:
        if self.is_running and any(status.status in WORKING for status in message.status_list):
            self.machine.stop(errors.Preempted("refine_server has a goal; one arm has one master"))
