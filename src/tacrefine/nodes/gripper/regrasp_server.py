"""`regrasp_server`: the action `regrasp`.

`tacrefine.regrasp.strategy` decides, `tacrefine.regrasp.machine` carries out; this node only carries messages. How
goals wait, preempt each other and are cancelled stands in `tacrefine.nodes.core.goal_server`, what every node that
moves an arm has in common in `tacrefine.nodes.core.arm_node`.
"""

from __future__ import annotations

import math
import sys
from functools import partial

import numpy as np
from sensor_msgs.msg import Image, JointState
from trajectory_msgs.msg import JointTrajectory

from tacrefine.action import Regrasp
from tacrefine.errors import TacrefineError
from tacrefine.geometry import transform
from tacrefine.gripper import PADS, TACTILE_SIZE
from tacrefine.nodes.core.convert import to_pose
from tacrefine.nodes.core.goal_server import GoalServer
from tacrefine.nodes.core.hand_links import GripperActionLink
from tacrefine.nodes.core.images import from_image
from tacrefine.nodes.core.qos import SENSOR
from tacrefine.nodes.core.running import run
from tacrefine.nodes.gripper.messages import COMMAND, IMAGES, POSE, PREFIX, grip_message, gripper_sample
from tacrefine.nodes.gripper.parameters import RegraspServerParameters
from tacrefine.policy.regrasp.predictor import RegraspModel
from tacrefine.regrasp.actions import load_action_box
from tacrefine.regrasp.choice import Predictor
from tacrefine.regrasp.goals import rules_of, understand
from tacrefine.regrasp.image_streams import DEPTH, ImageStreams
from tacrefine.regrasp.machine import RegraspMachine
from tacrefine.regrasp.perception import CameraPerception
from tacrefine.regrasp.samples import GRIPPER_PHASES, RegraspFeedback, RegraspGoal, RegraspOutcome
from tacrefine.regrasp.strategy import RegraspStrategy
from tacrefine.supervision import errors
from tacrefine.supervision.gripper import STATES, StateGripper, gated
from tacrefine.supervision.guard import Guard
from tacrefine.supervision.limits import Limits


class RegraspServer(GoalServer[Regrasp.Goal, RegraspGoal, RegraspOutcome, Regrasp.Result]):
    """Lifecycle node that serves the action `regrasp` with a gripper, two gels and a camera."""

    group = RegraspServerParameters
    action = Regrasp
    action_name = "regrasp"
    prefix = PREFIX
    pose_topic = POSE
    exclusive_topics = (f"{PREFIX}{POSE}", STATES, *IMAGES.values())

    machine: RegraspMachine

    # ---- lifecycle
    def setup(self) -> None:
        """Model and machine, then the interfaces around them."""
        p = self.parameters
        self._box = load_action_box(p.actions)
        self._model = self.load_model()
        camera = p.camera
        sizes = {name: TACTILE_SIZE if name in PADS else (camera.height, camera.width) for name in IMAGES}
        super().setup()
        if p.gripper_interface == "action" and not p.dry_run:
            self._send_grip = GripperActionLink(self, p.gripper_controller, p.gripper_joint).send
        else:
            self._grip = self.command_on(JointTrajectory, COMMAND)
            self._send_grip = self._publish_grip
        self.listen_to_sensor(JointState, STATES, self._on_state, SENSOR)
        for name, topic in IMAGES.items():
            self.listen_to_sensor(Image, topic, partial(self._on_image, name, sizes[name]), SENSOR)

    def parameters_changed(self) -> None:
        """Images age by the new timeout."""
        super().parameters_changed()
        self._sight.timeout = self.parameters.image_timeout

    def load_model(self) -> Predictor:
        """What predicts how a grasp ends."""
        return RegraspModel.load(self.parameters.regrasp_model)

    def make_guard(self) -> Guard:
        """The grasp centre is the wrist."""
        p = self.parameters
        return Guard(p, Limits(p, transform()), self.clock, GRIPPER_PHASES)

    def make_machine(self) -> RegraspMachine:
        """Return the machine that runs a goal."""
        p = self.parameters
        gripper = StateGripper(gated(lambda width, force: self._send_grip(width, force), self.guard), p)
        self._sight = ImageStreams(IMAGES, p.image_timeout, self.clock)
        rng = np.random.default_rng(p.seed)
        return RegraspMachine(
            p,
            self.clock,
            self.arm,
            gripper,
            self.guard,
            self._sight,
            self._feedback,
            perception=CameraPerception(p.camera),
            make_strategy=lambda goal: RegraspStrategy.by_model(
                self._model, goal.box, rules_of(goal, p), rng
            ),
        )

    # ---- goals
    def understand(self, request: Regrasp.Goal) -> RegraspGoal:
        """The goal with defaults filled in; raises GoalError in one sentence."""
        return understand(
            request.objective, request.min_force, request.max_force, request.tries, self._box, self.parameters
        )

    def begin(self, asked: RegraspGoal) -> None:
        """Start the machine on a goal that was accepted."""
        self.machine.start(asked)

    def refusal(self, error: errors.GoalError) -> RegraspOutcome:
        """Return the result of a goal that is refused before anything has moved."""
        return RegraspOutcome(error.code, str(error), errors.UNTOUCHED, wrist=self.arm.pose)

    def result(self, outcome: RegraspOutcome, asked: RegraspGoal | None) -> Regrasp.Result:
        """The outcome as a message."""
        result = Regrasp.Result(
            error_code=outcome.code,
            message=outcome.message,
            lifted=outcome.lifted,
            force=float(outcome.force),
            tries=outcome.tries,
            probability=float(outcome.probability),
            safe_state=outcome.safe_state,
        )
        result.final_tcp_pose.header.stamp = self.get_clock().now().to_msg()
        result.final_tcp_pose.header.frame_id = self.base_frame
        if outcome.wrist is not None:
            result.final_tcp_pose.pose = to_pose(outcome.wrist)
        return result

    # ---- machine to wire
    def _feedback(self, feedback: RegraspFeedback) -> None:
        if self.running is None:
            return
        message = Regrasp.Feedback(
            state=int(feedback.phase),
            state_name=feedback.phase.name.lower(),
            tries=feedback.tries,
            probability=float(feedback.probability),
            force=float(feedback.force),
        )
        motion = (math.nan,) * 4 if feedback.action is None else feedback.action[:4]
        message.motion = np.array(motion, float)
        self.running.publish_feedback(message)

    def _publish_grip(self, width: float, force: float) -> None:
        message = grip_message(width, force)
        message.header.stamp = self.get_clock().now().to_msg()
        self._grip.publish(message)

    # ---- wire to machine
    def _on_state(self, message: JointState) -> None:
        try:
            self.machine.observe_gripper(gripper_sample(message))
        except TacrefineError as error:
            self.machine.refuse_gripper(str(error))
            self.report_error(error, STATES)
            return
        self.health.tick(STATES)

    def _on_image(self, name: str, size: tuple[int, int], message: Image) -> None:
        try:
            pixels = from_image(message, size, depth=name == DEPTH)
        except TacrefineError as error:
            self._sight.refuse(name, str(error))
            self.report_error(f"{IMAGES[name]}: {error}", IMAGES[name])
            return
        stamp = message.header.stamp
        self._sight.take(name, stamp.sec + stamp.nanosec * 1e-9, pixels)
        self.health.tick(name)


def main() -> int:
    """Entry point of the executable."""
    return run(RegraspServer, "regrasp_server")


if __name__ == "__main__":
    sys.exit(main())
