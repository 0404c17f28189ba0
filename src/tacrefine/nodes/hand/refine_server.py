"""`refine_server`: the action `refine_grasp`, the services `capture_target` and `estimate_grasp`.

All decisions are taken by `tacrefine.refine.machine.RefineMachine`; this node only carries messages. How goals wait,
preempt each other and are cancelled stands in `tacrefine.nodes.core.goal_server`. Captures are coroutines too.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping
from contextlib import suppress
from typing import NamedTuple

import numpy as np

from tacrefine.action import RefineGrasp
from tacrefine.errors import TacrefineError
from tacrefine.msg import PoseCorrection, TactileArray
from tacrefine.nodes.core.convert import (
    correction_sample,
    to_grasp_target,
    to_pose,
    to_seconds,
    to_transform,
)
from tacrefine.nodes.core.goal_server import GoalServer
from tacrefine.nodes.core.qos import RELIABLE
from tacrefine.nodes.core.running import run
from tacrefine.nodes.hand.capture_service import CaptureService
from tacrefine.nodes.hand.estimates import Estimates, TellingEstimator
from tacrefine.nodes.hand.hand_server import HandServer
from tacrefine.nodes.hand.held_object_output import HeldObjectOutput
from tacrefine.nodes.hand.parameters import ServerParameters
from tacrefine.refine.estimator import TargetEstimator
from tacrefine.refine.estimator_settings import EstimatorSettings
from tacrefine.refine.machine import RefineMachine
from tacrefine.refine.samples import Feedback, Goal, Outcome
from tacrefine.refine.strategy import Strategy, strategy_of
from tacrefine.refine.targets import StoredTarget
from tacrefine.srv import CaptureTarget, EstimateGrasp
from tacrefine.supervision import errors
from tacrefine.touch.comparison import TouchComparison


class Asked(NamedTuple):
    """What a request asks for."""

    goal: Goal
    target: StoredTarget


class RefineServer(GoalServer[RefineGrasp.Goal, Asked, Outcome, RefineGrasp.Result], HandServer[Outcome]):
    """Lifecycle node that serves the action `refine_grasp` and captures targets."""

    group = ServerParameters
    action = RefineGrasp
    action_name = "refine_grasp"

    machine: RefineMachine

    # ---- lifecycle
    def setup(self) -> None:
        """Action and service around the machine."""
        super().setup()
        self.listen_to_sensor(PoseCorrection, "correction", self._on_correction, RELIABLE)
        capture = CaptureService(self, self.parameters)
        self.estimates = Estimates(self, self.hand)
        self.serve_waiting(CaptureTarget, "capture_target", capture.serve)
        self.serve_waiting(EstimateGrasp, "estimate_grasp", self._on_estimate)
        self.held_object = HeldObjectOutput(self, self.get_clock(), self.hand.wrist_frame)
        self._asked: Asked | None = None

    # ---- goals
    def sole_topics(self) -> tuple[str, ...]:
        """Touch, wrist pose and corrections, wherever they come from; many may publish TF."""
        return (*self.inputs.sole_topics("touch", "wrist"), "correction")

    def understand(self, request: RefineGrasp.Goal) -> Asked:
        """The goal with defaults filled in, and its target; raises GoalError in one sentence."""
        p = self.parameters
        tolerances = {
            "position_tolerance": (request.position_tolerance or p.position_tolerance, 0.1, "m"),
            "rotation_tolerance": (request.rotation_tolerance or p.rotation_tolerance, math.pi, "rad"),
        }
        for name, (value, limit, unit) in tolerances.items():
            if not 0.0 < value <= limit:
                raise errors.InvalidGoal(
                    f"{name} is {value} {unit}; allowed is 0 (default) to {limit:g} {unit}"
                )
        if request.max_steps > 50:
            raise errors.InvalidGoal(f"max_steps is {request.max_steps}; allowed is 0 (default) to 50")
        try:
            target = self.store.load(request.target)
        except errors.GoalError:
            raise
        except TacrefineError as error:
            raise errors.UnknownTarget(str(error)) from error
        if target.signature != self.hand.signature:
            raise errors.ModelMismatch(
                f"target '{target.name}' was captured with hand '{target.hand}', not '{self.hand.name}'"
            )
        item = self.objects.get(target.object)
        goal = Goal(
            target_id=target.id,
            observable=np.array(target.observable_axes, bool),
            max_steps=request.max_steps or p.max_steps,
            position_tolerance=tolerances["position_tolerance"][0],
            rotation_tolerance=tolerances["rotation_tolerance"][0],
            prior=None if item is None else item.half_range / np.sqrt(3.0),
            shown=target.touch(self.hand),
            strategy=strategy_of(request.strategy),
        )
        return Asked(goal, target)

    def begin(self, asked: Asked) -> None:
        """Tell the policy what is wanted, and start."""
        self._asked = asked
        self.targets.publish(to_grasp_target(asked.target))
        self.machine.start(asked.goal)

    def ended(self, outcome: Outcome) -> None:
        """Tell how the object sits in the hand, if the goal has found out."""
        if outcome.held is not None and self._asked is not None:
            self.held_object.publish(outcome.held, self._asked.target)
        super().ended(outcome)

    def before_report(self) -> None:
        """A hand that somebody else has opened holds nothing."""
        super().before_report()
        if self.is_active and self.fingers.is_open():
            self.held_object.opened()

    def refusal(self, error: errors.GoalError) -> Outcome:
        """Return the result of a goal that is refused before anything has moved."""
        return Outcome(error.code, str(error), 0, self.arm.pose, math.nan, math.nan, errors.UNTOUCHED)

    def make_loop(self) -> RefineMachine:
        """Return the machine that runs a goal."""
        return RefineMachine(
            self.parameters,
            self.clock,
            self.arm,
            self.fingers,
            self.guard,
            self.hand,
            self.make_estimator,
            self.feedback,
            self.watch,
            TouchComparison(self.hand),
        )

    def make_estimator(self, goal: Goal) -> TargetEstimator:
        """Corrections of all grasps, fused."""
        settings = EstimatorSettings.of(goal, self.parameters)
        return TellingEstimator(self.estimates.decided, settings, goal.prior)

    def title(self, request: RefineGrasp.Goal) -> str:
        """The goal in the log."""
        return f"{self.action_name} '{request.target}'"

    def result(self, outcome: Outcome, asked: Asked | None) -> RefineGrasp.Result:
        """The outcome as a message."""
        result = RefineGrasp.Result(error_code=outcome.code, message=outcome.message, steps=outcome.steps)
        result.final_wrist_pose.header.stamp = self.get_clock().now().to_msg()
        result.final_wrist_pose.header.frame_id = self.base_frame
        if outcome.wrist is not None:
            result.final_wrist_pose.pose = to_pose(outcome.wrist)
        result.remaining_position_error = outcome.remaining_m
        result.remaining_rotation_error = outcome.remaining_rad
        result.safe_state = outcome.safe_state
        if asked is not None:
            result.observable_axes = list(asked.target.observable_axes)
        result.weak_axes = outcome.weak_axes.tolist()
        result.degraded = outcome.degraded
        result.touch_difference = outcome.touch_difference
        result.differing_finger = outcome.differing_finger
        if outcome.held is not None:
            result.compensation = to_transform(outcome.held.compensation)
        return result

    async def _on_estimate(
        self, request: EstimateGrasp.Request, response: EstimateGrasp.Response
    ) -> EstimateGrasp.Response:
        """A goal that compensates, with its estimate as the answer."""
        try:
            name = request.target or (self._asked.target.name if self._asked else "")
            if not name:
                raise errors.UnknownTarget("target is empty, and no target was used before; name one")
            goal = RefineGrasp.Goal(target=name, strategy=str(Strategy.COMPENSATE))
            asked, outcome = await self.run_for_service(goal)
            response.error_code, response.message = outcome.code, outcome.message
            response.success = outcome.code == errors.SUCCESS and outcome.held is not None
            if outcome.held is not None:
                response.object_in_hand = self.held_object.message(outcome.held, asked.target)
        except errors.GoalError as error:
            response.error_code, response.message = error.code, str(error)
        if not response.success:
            response.message = f"estimate_grasp: {response.message}"
            self.report_error(response.message, "estimate_grasp")
        return response

    def _send_fingers(self, positions: Mapping[str, float], seconds: float) -> None:
        """What opens lets go."""
        if dict(positions) == self.fingers.open_positions and not self.parameters.dry_run:
            self.held_object.opened()
        super()._send_fingers(positions, seconds)

    # ---- machine to wire
    def feedback(self, feedback: Feedback) -> None:
        """Publish phase, step and expected error to the client."""
        if self.running is None:
            return
        self.estimates.entered(feedback.phase)
        message = RefineGrasp.Feedback(
            state=int(feedback.phase), state_name=feedback.phase.name.lower(), step=feedback.step
        )
        message.remaining_position_error = feedback.remaining_m
        message.remaining_rotation_error = feedback.remaining_rad
        message.standard_deviation = np.asarray(feedback.standard_deviation, float)
        message.weak_axes = feedback.weak_axes.tolist()
        message.degraded = feedback.degraded
        message.touch_difference = feedback.touch_difference
        message.differing_finger = feedback.differing_finger
        self.running.publish_feedback(message)

    # ---- wire to machine
    def felt(self, message: TactileArray) -> None:
        """Readings of the settled grasp are compared with the target's."""
        if not self.machine.wants_touch:
            return
        stamp = to_seconds(message.header.stamp)
        with suppress(TacrefineError):  # the watch explains what is wrong with it
            self.machine.observe_touch(stamp, self.stream.frame(stamp, self.watch.usable()))

    def _on_correction(self, message: PoseCorrection) -> None:
        try:
            self.machine.observe_correction(correction_sample(message))
        except ValueError as error:
            self.report_error(f"correction: its increment {error}", "correction")


def main() -> int:
    """Entry point of the executable."""
    return run(RefineServer, "refine_server")


if __name__ == "__main__":
    sys.exit(main())
